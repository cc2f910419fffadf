"""The event channel of a subscriber of workitems (PS3.18 8.10.4): reports in the DICOM JSON model, one a frame.

Close codes: 4401 signed out, 4403 role without the right.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from pacs_core.access.websocket_principal import principal_of
from pacs_core.network.workitems.roles import SEARCHING_ROLES
from pacs_core.network.workitems.subscriptions import subscriber_group

RECHECK_SECONDS = 60.0
SIGNED_OUT, NOT_PERMITTED = 4401, 4403


class WorkitemConsumer(AsyncWebsocketConsumer):
    group = ""
    user_id = 0
    recheck_task: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Listen; accept whoever may not too, since only an open socket can be told the reason."""
        await self.accept()
        code = await self._refusal()
        if code:
            await self.close(code)
            return
        ae_title = self.scope.get("url_route", {})["kwargs"]["ae_title"]
        self.group = subscriber_group(user_id=self.user_id, ae_title=ae_title)
        await self.channel_layer.group_add(self.group, self.channel_name)
        self.recheck_task = asyncio.create_task(self._recheck_for_ever())

    async def disconnect(self, code: int) -> None:
        if self.recheck_task is not None:
            self.recheck_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.recheck_task
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def workitem_report(self, message: dict[str, Any]) -> None:
        """Pass a report on, if this user may still hear it."""
        code = await self._refusal()
        if code:
            await self.close(code)
            return
        await self.send(json.dumps(message["model"], separators=(",", ":")))

    async def _recheck_for_ever(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            if code := await self._refusal():
                await self.close(code)
                return

    @database_sync_to_async
    def _refusal(self) -> int:
        """Return the close code for who may not listen now, 0 for who may."""
        user = principal_of(self.scope)
        if user is None:
            return SIGNED_OUT
        self.user_id = user.pk
        return 0 if user.role in SEARCHING_ROLES else NOT_PERMITTED
