"""A browser's WebSocket in the process of the test, with its session cookie (channels.testing needs daphne)."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.conf import settings
from django.test import Client

from pacs_core.flow import websocket_urlpatterns


class LiveSocket(ApplicationCommunicator):
    """Speaks ASGI WebSocket messages with the routes of flow.py, behind the authentication of the web process."""

    def __init__(self, client: Client | None) -> None:
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value if client else "nonsense"
        scope = {
            "type": "websocket",
            "path": "/ws/live/",
            "query_string": b"",
            "headers": [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode())],
            "subprotocols": [],
        }
        super().__init__(AuthMiddlewareStack(URLRouter(websocket_urlpatterns())), scope)

    async def connect(self) -> None:
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output(5))["type"] == "websocket.accept"

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5)

    async def send_text(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def resume(self, numbers: dict[str, int]) -> None:
        await self.send_text(json.dumps({"type": "resume", "numbers": numbers}))

    async def receive_json(self) -> Any:
        message = await self.receive_output(5)
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def close_code(self) -> int:
        message = await self.receive_output(5)
        assert message["type"] == "websocket.close", message
        await self.disconnect()
        return message["code"]

    async def hears_nothing(self) -> bool:
        return await self.receive_nothing(0.3)
