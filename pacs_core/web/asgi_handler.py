"""Django under ASGI without changing threads in the middle of a request."""

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context, copy_context
from tempfile import SpooledTemporaryFile
from typing import Any

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.db import close_old_connections
from django.http.response import HttpResponseBase
from django.urls import get_resolver, set_script_prefix

# Nearly each of them waits for a connection of the pool, which has fewer.
THREADS = 40


class OneThreadHandler(ASGIHandler):
    """Run a request's signals, middleware and view in one thread of a pool.

    Our middleware and views are synchronous. Django's own handler makes a thread for each request and goes into it
    three times. Bodies still stream: they are sent by the server's event loop, until the client leaves.
    """

    # Server and kernel divide what is sent as they like.
    chunk_size = 2**22

    def __init__(self) -> None:
        super().__init__()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        # What the request sets, its language for one, holds while its body is made too.
        context = copy_context()
        loop = asyncio.get_running_loop()
        try:
            response = await loop.run_in_executor(self._threads, context.run, self._answer, scope, body)
            if response.streaming:
                await self._stream(response, receive, send, context)
            else:
                await self.send_response(response, send)
        finally:
            body.close()

    def _answer(self, scope: Any, body: SpooledTemporaryFile) -> HttpResponseBase:
        """Return the response; one that is whole is closed already, of one that streams the database is let go."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refused = self.create_request(scope, body)
        response = self.get_response(request) if request is not None else refused
        response._handler_class = self.__class__
        if response.streaming:
            close_old_connections()
        else:
            response.close()
        return response

    async def _stream(self, response: HttpResponseBase, receive: Any, send: Any, context: Context) -> None:
        leaving = asyncio.create_task(self.listen_for_disconnect(receive))
        sending = asyncio.create_task(self.send_response(response, send), context=context)
        try:
            await asyncio.wait((leaving, sending), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (leaving, sending):
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task
            await asyncio.get_running_loop().run_in_executor(self._threads, context.run, response.close)


def make_asgi_handler() -> Any:
    """Set Django up and return its application, as get_asgi_application does."""
    import django

    django.setup(set_prefix=False)
    handler = OneThreadHandler()
    # Every view is imported before the first request; the collector need not look at all that again and again.
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
    return handler
