"""The report editor's WebSocket: saves come in, answers and notices go out.

Close codes: 4401 signed out, 4403 another role, 4404 no such report in the person's hospitals. A save is answered
after its transaction has committed. Each frame and each notice looks again at who may see the report.
"""

import json
from collections import deque
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from hospitals.models import User
from hospitals.selectors.scopes import scope_of_user
from pacs_core.access.errors import NotVisible, PermissionRefused
from pacs_core.access.scopes import open_scope
from pacs_core.events.live import hospital_group, user_group
from reporting.draft_messages import message_of
from reporting.errors import ReportError
from reporting.models import Report
from reporting.notices import NoticeContext, notice_of_hint
from reporting.selectors.reports import report_for_reader
from reporting.services.drafts import save_draft
from reporting.services.opening import is_free_for
from worklist.live.access import access_of_session, session_digest


class SignedOut(Exception):
    """The session of the socket has ended, or its account was closed."""


CLOSE_CODES: dict[type[Exception], int] = {SignedOut: 4401, PermissionRefused: 4403, NotVisible: 4404}
# Five sections of text at their limit, in JSON, with room for escapes.
LARGEST_FRAME = 400_000


class ReportConsumer(AsyncWebsocketConsumer):
    """One editor on one report."""

    groups_joined: tuple[str, ...] = ()

    async def connect(self) -> None:
        """Join before accepting, so that an open socket misses nothing; refuse after it, so that browsers see why."""
        self.report_id = int(dict[str, Any](self.scope)["url_route"]["kwargs"]["report_id"])
        self.session_key: str = getattr(self.scope.get("session"), "session_key", None) or ""
        self.seen: deque[tuple[int | None, int | None]] = deque(maxlen=50)
        try:
            self.context = await database_sync_to_async(self._read_context)()
        except tuple(CLOSE_CODES) as error:
            await self.accept()
            await self.close(_close_code(error))
            return
        self.groups_joined = (hospital_group(self.context.hospital_id), user_group(self.context.user_id))
        for group in self.groups_joined:
            await self.channel_layer.group_add(group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        for group in self.groups_joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        message = _decode(text_data)
        if message is None:
            await self._send(_refusal("", "The message is not one that this socket knows."))
            return
        try:
            answer = await database_sync_to_async(self._save)(message)
        except (SignedOut, NotVisible) as error:
            await self.close(_close_code(error))
            return
        except (ReportError, PermissionRefused) as error:
            answer = _refusal(message["request_id"], str(error))
        await self._send(answer)

    async def live_hint(self, hint: dict[str, Any]) -> None:
        """Turn a hint about this report's examination into a notice, for whoever may still see it."""
        if not self.groups_joined or not self.context.concerns(hint) or self._was_seen(hint):
            return
        try:
            context = await database_sync_to_async(self._read_context)()
        except tuple(CLOSE_CODES) as error:
            await self.close(_close_code(error))
            return
        before, self.context = self.context, context
        notice = await database_sync_to_async(self._notice)(hint, before)
        if notice is not None:
            await self._send(notice)

    async def live_signed_out(self, message: dict[str, Any]) -> None:
        if message["session"] == session_digest(self.session_key):
            await self.close(CLOSE_CODES[SignedOut])

    def _was_seen(self, hint: dict[str, Any]) -> bool:
        """Say whether the hint came before: the person's own group may carry what the hospital's carries."""
        number = (hint["hospital_id"], hint["number"])
        if number in self.seen:
            return True
        self.seen.append(number)
        return False

    def _read_context(self) -> NoticeContext:
        user = self._current_user()
        with open_scope(scope_of_user(user, address=self._address())):
            report = report_for_reader(report_id=self.report_id, user=user)
            return _context_of(report, user)

    def _save(self, message: dict[str, Any]) -> dict[str, Any]:
        user = self._current_user()
        with open_scope(scope_of_user(user, address=self._address())):
            outcome = save_draft(
                report_id=self.report_id,
                user=user,
                base_version=message["base_version"],
                sections=message["sections"],
                request_id=message["request_id"],
            )
            return message_of(outcome, request_id=message["request_id"])

    def _notice(self, hint: dict[str, Any], before: NoticeContext) -> dict[str, Any] | None:
        user = self._current_user()
        with open_scope(scope_of_user(user, address=self._address())):
            return notice_of_hint(hint, before=before, now=self.context)

    def _current_user(self) -> User:
        """Return the session's user as the database has it now; it may have ended since the handshake."""
        access = access_of_session(self.session_key)
        if access is None:
            raise SignedOut
        return User.objects.get(pk=access.user_id)

    def _address(self) -> str:
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    async def _send(self, message: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(message))


def _context_of(report: Report, user: User) -> NoticeContext:
    item = report.worklist_item
    return NoticeContext(
        user_id=user.pk,
        hospital_id=report.hospital_id,
        report_id=report.pk,
        worklist_item_id=item.pk,
        study_id=item.study_id,
        order_id=item.order_id,
        holder_id=item.claimed_by_id,
        holder_name=item.claimed_by.name if item.claimed_by else "",
        assigned_name=item.assigned_to.name if item.assigned_to else "",
        is_free=is_free_for(item, user),
    )


def _close_code(error: Exception) -> int:
    return next(code for kind, code in CLOSE_CODES.items() if isinstance(error, kind))


def _decode(text: str | None) -> dict[str, Any] | None:
    """Return a well-formed save with its request_id as UUID, or None."""
    if text is None or len(text) > LARGEST_FRAME:
        return None
    try:
        message = json.loads(text)
        if message["type"] != "save" or not isinstance(message["base_version"], int):
            return None
        return message | {"request_id": UUID(message["request_id"]), "sections": message["sections"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _refusal(request_id: UUID | str, reason: str) -> dict[str, Any]:
    return {"type": "refused", "request_id": str(request_id), "reason": reason}
