"""Django under ASGI without changing threads in the middle of a request."""

from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class OneThreadHandler(ASGIHandler):
    """Run middleware and view in one thread.

    Our middleware and views are synchronous. Django's own handler goes from the thread of the middleware back into an
    event loop of its own, and from there into the thread again, for each request. Bodies still stream: they are sent
    by the server's event loop.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


def make_asgi_handler() -> Any:
    """Set Django up and return its application, as get_asgi_application does."""
    import django

    django.setup(set_prefix=False)
    return OneThreadHandler()
