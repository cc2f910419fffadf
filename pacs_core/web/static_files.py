"""Static files, without ServeStatic in the way of every other request."""

from collections.abc import Callable

from asgiref.sync import async_to_sync
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from servestatic.middleware import ServeStaticMiddleware


class StaticFilesMiddleware:
    """Answer a static file by ServeStatic's middleware, and go on with everything else at once.

    That middleware is asynchronous only. Among synchronous ones it costs each request two changes of threads, more than
    all others together.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._servestatic = ServeStaticMiddleware(_nothing_else)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info in self._servestatic.files:
            return async_to_sync(self._servestatic)(request)
        return self.get_response(request)


async def _nothing_else(request: HttpRequest) -> HttpResponseBase:
    raise AssertionError("only static files are asked for")
