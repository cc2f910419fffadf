"""The live connection of open pages: numbered hints, never content.

Server: hello with the last numbers, then hints; reload when the browser has to fetch everything again.
Browser: resume with the numbers it has seen. Close codes: 4401 signed out or access changed, 4400 not understood, 1009
too large. On SIGTERM uvicorn closes with 1012 and the browser comes back after a random while.
"""

import asyncio
import contextlib
import json
import logging
from collections import deque
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from worklist.live.access import LiveAccess, access_of_session, hints_missed, numbers_for, session_digest

logger = logging.getLogger(__name__)

RECHECK_SECONDS = 60.0
MAXIMUM_FRAME = 4096
SIGNED_OUT, NOT_UNDERSTOOD, TOO_LARGE = 4401, 4400, 1009


class LiveConsumer(AsyncWebsocketConsumer):
    access: LiveAccess | None = None
    recheck_task: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Greet a signed-in browser; accept others too, since only an open socket can be told the reason."""
        await self.accept()
        self.joined: set[str] = set()
        self.sent: deque[tuple[int | None, int]] = deque(maxlen=256)
        session = self.scope.get("session")
        self.session_key: str = getattr(session, "session_key", None) or ""
        access = await database_sync_to_async(access_of_session)(self.session_key)
        if access is None:
            await self.close(SIGNED_OUT)
            return
        await self._adopt(access)
        # The groups are joined first, so no event falls between the numbers and the first hint.
        await self._send({"type": "hello", "numbers": await database_sync_to_async(numbers_for)(access)})
        self.recheck_task = asyncio.create_task(self._recheck_for_ever())

    async def disconnect(self, code: int) -> None:
        if self.recheck_task is not None:
            self.recheck_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.recheck_task
        for group in getattr(self, "joined", ()):
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer a frame of the browser, after looking again at what it may hear."""
        if len(text_data or bytes_data or "") > MAXIMUM_FRAME:
            await self.close(TOO_LARGE)
            return
        if not await self._recheck():
            return
        seen = _seen_numbers(text_data)
        if seen is None:
            await self.close(NOT_UNDERSTOOD)
            return
        assert self.access is not None
        hints = await database_sync_to_async(hints_missed)(self.access, seen)
        if hints is None:
            await self._send({"type": "reload"})
        for hint in hints or ():
            await self._send(hint | {"type": "hint"})

    async def live_hint(self, message: dict[str, Any]) -> None:
        """Pass a hint on once, though it may come by the hospital's group and by the user's."""
        access, number = self.access, (message["hospital_id"], message["number"])
        if access is None or number in self.sent:
            return
        self.sent.append(number)
        user_ids = message["ids"].get("user_ids", ())
        if message["event"] == "AccessChanged" and access.user_id in user_ids:
            await self.close(SIGNED_OUT)
            return
        if message["hospital_id"] is None:
            is_for_us = access.hears_network
        else:
            is_for_us = message["hospital_id"] in access.scope.hospital_ids and (
                access.hears_hospitals or access.user_id in user_ids
            )
        if is_for_us:
            await self._send(access.hint_for(message) | {"type": "hint"})

    async def live_signed_out(self, message: dict[str, Any]) -> None:
        if message["session"] == session_digest(self.session_key):
            await self.close(SIGNED_OUT)

    async def _recheck_for_ever(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            try:
                await self._recheck()
            except Exception as error:
                logger.warning("Live access not looked up: %s", type(error).__name__)

    async def _recheck(self) -> bool:
        """Follow a changed scope, close when there is nothing more to hear; return whether the socket stays open."""
        access = await database_sync_to_async(access_of_session)(self.session_key)
        if access is None or self.access is None or access.role != self.access.role:
            await self.close(SIGNED_OUT)
            return False
        if access.groups != self.access.groups:
            await self._adopt(access)
            await self._send({"type": "reload"})
        return True

    async def _adopt(self, access: LiveAccess) -> None:
        self.access = access
        for group in access.groups - self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        for group in self.joined - access.groups:
            await self.channel_layer.group_discard(group, self.channel_name)
        self.joined = set(access.groups)

    async def _send(self, message: dict[str, Any]) -> None:
        await self.send(json.dumps(message, separators=(",", ":")))


def _seen_numbers(text: str | None) -> dict[str, int] | None:
    """Read {"type": "resume", "numbers": {"1": 17}}; None when the frame is something else."""
    try:
        frame = json.loads(text or "")
    except ValueError:
        return None
    numbers = frame.get("numbers") if isinstance(frame, dict) and frame.get("type") == "resume" else None
    if not isinstance(numbers, dict):
        return None
    if not all(type(number) is int and 0 <= number < 2**63 for number in numbers.values()):
        return None
    return numbers
