"""Messages of coordinators to readers, and readers' replies: each is behind the recipient's bell at once."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from hospitals.models import User
from pacs_core.access.errors import NotVisible, PermissionRefused
from pacs_core.audit.services import record_audit
from routing_rules.errors import MessageRefused
from routing_rules.models import Notice, ReaderMessage
from routing_rules.selectors.reader_messages import message_for, shared_hospital_id
from routing_rules.services.notices import announce_notices, give_notices, mark_notice_read
from worklist.selectors.items import item_for_user

LONGEST_TEXT = ReaderMessage._meta.get_field("text").max_length or 500


@transaction.atomic
def send_message(
    *,
    request_id: UUID,
    sender: User,
    recipient_ids: Collection[int],
    text: str,
    now: datetime,
    worklist_item_id: int | None = None,
) -> list[ReaderMessage]:
    """Send a coordinator's message to readers, optionally about an item; the same request again sends nothing more.

    Raises MessageRefused, PermissionRefused (no coordinator), NotVisible (an item or a reader of other hospitals).
    """
    if sender.role != User.Role.COORDINATOR:
        raise PermissionRefused("Messages to readers are sent by coordinators; a reader replies to one.")
    if not recipient_ids:
        raise MessageRefused("Nobody is on shift to get it. Maybe choose a reader by name.")
    item = item_for_user(sender, worklist_item_id) if worklist_item_id is not None else None
    return [
        _send(
            request_id=uuid5(request_id, str(recipient_id)),
            hospital_id=shared_hospital_id(recipient_id, now, hospital_id=item.hospital_id if item else None),
            sender=sender,
            recipient_id=recipient_id,
            text=_checked(text),
            now=now,
            worklist_item=item,
        )
        for recipient_id in sorted(set(recipient_ids))
    ]


@transaction.atomic
def reply_to_message(*, request_id: UUID, sender: User, message_id: int, text: str, now: datetime) -> ReaderMessage:
    """Answer a message that one was sent; that says that it was read. Raises MessageRefused, NotVisible."""
    answered = message_for(sender, message_id)
    if answered.recipient_id != sender.pk:
        raise NotVisible(f"There is no message {message_id} to you.")
    reply = _send(
        request_id=uuid5(request_id, str(answered.sender_id)),
        hospital_id=answered.hospital_id,
        sender=sender,
        recipient_id=answered.sender_id,
        text=_checked(text),
        now=now,
        worklist_item=answered.worklist_item,
        answers=answered,
    )
    notice = Notice.objects.filter(message=answered, recipient=sender).first()
    if notice is not None:
        mark_notice_read(notice_id=notice.pk, user=sender, now=now)
    return reply


def _checked(text: str) -> str:
    words = text.strip()
    if not words:
        raise MessageRefused("The message is empty.")
    if len(words) > LONGEST_TEXT:
        raise MessageRefused(f"The message has {len(words)} letters, {LONGEST_TEXT} at most.")
    return words


def _send(
    *, request_id: UUID, hospital_id: int, sender: User, recipient_id: int, now: datetime, **values: object
) -> ReaderMessage:
    message, is_new = ReaderMessage.objects.get_or_create(
        request_id=request_id,
        defaults={"hospital_id": hospital_id, "sender": sender, "recipient_id": recipient_id, "sent_at": now, **values},
    )
    if not is_new:
        return message
    give_notices(
        hospital_id=hospital_id,
        kind=Notice.Kind.MESSAGE,
        recipient_ids=[recipient_id],
        now=now,
        message=message,
        worklist_item=message.worklist_item,
    )
    announce_notices(hospital_id, [sender.pk])
    # The text may name a patient, so the trail says only who wrote to whom about what.
    record_audit(
        action="message.sent",
        object_type="reader_message",
        object_id=message.pk,
        hospital_id=hospital_id,
        detail={"recipient": recipient_id, "worklist_item": message.worklist_item_id},
    )
    return message
