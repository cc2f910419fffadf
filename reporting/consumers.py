"""The report editor's WebSocket: saves come in, answers and notices go out.

Close codes: 4401 signed out, 4403 another role, 4404 no such report in the person's hospitals. A save is answered
after its transaction has committed. Each frame and each notice looks again at who may see the report.
"""

import json
import logging
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.sessions.backends.db import SessionStore

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

logger = logging.getLogger(__name__)

SIGNED_OUT, REFUSED, NOT_VISIBLE = 4401, 4403, 4404
# Five sections of text at their limit, in JSON, with room for escapes.
LARGEST_FRAME = 400_000


class ReportConsumer(AsyncWebsocketConsumer):
    """One editor on one report."""

    groups_joined: tuple[str, ...] = ()

    async def connect(self) -> None:
        await self.accept()  # a browser learns the close code only of a socket that was opened
        self.report_id = int(self.scope["url_route"]["kwargs"]["report_id"])
        context = await self._look()
        if context is None:
            return
        self.context = context
        self.groups_joined = (hospital_group(context.hospital_id), user_group(context.user_id))
        for group in self.groups_joined:
            await self.channel_layer.group_add(group, self.channel_name)

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
        except NotVisible:
            await self.close(NOT_VISIBLE)
            return
        except (ReportError, PermissionRefused) as error:
            answer = _refusal(message["request_id"], str(error))
        except _SignedOut:
            await self.close(SIGNED_OUT)
            return
        await self._send(answer)

    async def live_hint(self, hint: dict[str, Any]) -> None:
        """Turn a hint about this report's examination into a notice, for whoever may still see it."""
        if not self.groups_joined or not self.context.concerns(hint):
            return
        context = await self._look()
        if context is None:
            return
        before, self.context = self.context, context
        notice = await database_sync_to_async(self._notice)(hint, before)
        if notice is not None:
            await self._send(notice)

    async def _look(self) -> NoticeContext | None:
        """Return what the socket has to know of the report, or close and return None."""
        try:
            return await database_sync_to_async(self._read_context)()
        except _SignedOut:
            await self.close(SIGNED_OUT)
        except NotVisible:
            await self.close(NOT_VISIBLE)
        except PermissionRefused:
            await self.close(REFUSED)
        return None

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
        """Return the user as the database has it now; the session may have ended since the handshake."""
        scope_user = self.scope.get("user")
        if scope_user is None or not scope_user.is_authenticated:
            raise _SignedOut
        session = self.scope.get("session")
        if session is not None and not SessionStore().exists(session.session_key or ""):
            raise _SignedOut
        user = User.objects.filter(pk=scope_user.pk, is_active=True).first()
        if user is None:
            raise _SignedOut
        return user

    def _address(self) -> str:
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    async def _send(self, message: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(message))


class _SignedOut(Exception):
    """The session of the socket has ended."""


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
    )


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
