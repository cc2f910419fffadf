"""A WebSocket client in the process of the test.

channels.testing cannot be imported without daphne, which Meridian does not use (it keeps request bodies in memory).
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from django.test import Client

from hospitals.models import User


class SocketClient(ApplicationCommunicator):
    """Speaks the ASGI WebSocket messages with one application."""

    def __init__(self, application: Any, path: str, session: Any) -> None:
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": b"",
            "headers": [],
            "subprotocols": [],
            "client": ("127.0.0.1", 1),
            "session": session,
        }
        super().__init__(application, scope)

    async def send_text(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def receive_json(self, timeout: float = 5) -> Any:
        message = await self.receive_output(timeout)
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def receive_close_code(self) -> int:
        message = await self.receive_output(5)
        assert message["type"] == "websocket.close", message
        return message["code"]


def session_of(user: User | None) -> Any:
    """Return a signed-in session, or an empty one for nobody."""
    browser = Client()
    if user is not None:
        browser.force_login(user)
    return browser.session


@asynccontextmanager
async def open_socket(application: Any, path: str, user: Any) -> AsyncIterator[SocketClient]:
    client = SocketClient(application, path, await database_sync_to_async(session_of)(user))
    await client.send_input({"type": "websocket.connect"})
    assert (await client.receive_output(5))["type"] == "websocket.accept"
    try:
        yield client
    finally:
        await client.send_input({"type": "websocket.disconnect", "code": 1000})
        await client.wait(5)
