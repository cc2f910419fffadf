"""Refuse an oversized body before Django spools it to the disk."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class BodyLimit:
    """ASGI wrapper: 413 as soon as Content-Length, or what has arrived without one, exceeds `maximum_bytes`.

    Django's handler writes a request's whole body to a temporary file before it calls a view, so a view's own check
    comes after the disk was filled.
    """

    def __init__(self, application: Application, *, maximum_bytes: int) -> None:
        self._application = application
        self._maximum_bytes = maximum_bytes

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        if _announced_length(scope) > self._maximum_bytes:
            await self._refuse(send)
            return
        arrived = 0

        async def limited_receive() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            # Django drops and closes what it has spooled when the client leaves, and answers nothing.
            return message if arrived <= self._maximum_bytes else {"type": "http.disconnect"}

        await self._application(scope, limited_receive, send)
        if arrived > self._maximum_bytes:
            await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        detail = f"The body is larger than the {self._maximum_bytes} bytes that are taken. Maybe send less at once."
        body = json.dumps({"status": 413, "title": "Too large", "detail": detail}).encode("utf-8")
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode("ascii")),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _announced_length(scope: Message) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
