"""Messages between coordinators and readers: to whom one may write, what was written, whether it was read."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from hospitals.models import Membership, User
from hospitals.models.reading import valid_at
from hospitals.selectors.rota import on_shift_now
from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import current_scope
from routing_rules.models import ReaderMessage
from worklist.models import WorklistItem

MOST_SHOWN = 20


@dataclass(frozen=True)
class Addressee:
    """A reader one may write to."""

    reader: User
    is_on_shift: bool


def addressees(now: datetime, *, hospital_id: int | None = None) -> list[Addressee]:
    """Return the readers of the open scope's hospitals, or of one of them, on shift first, by name."""
    places = current_scope().hospital_ids if hospital_id is None else {hospital_id} & current_scope().hospital_ids
    member = Membership.objects.filter(valid_at(now), hospital__in=places).values("user")
    readers = User.objects.filter(pk__in=member, role=User.Role.RADIOLOGIST, is_active=True).order_by("name", "pk")
    on_shift = {pk for pk, window in on_shift_now(now).items() if not window.is_on_call}
    found = [Addressee(reader, reader.pk in on_shift) for reader in readers]
    return sorted(found, key=lambda one: not one.is_on_shift)


def shared_hospital_id(reader_id: int, now: datetime, *, hospital_id: int | None = None) -> int:
    """Return the hospital that a message to the reader belongs to: this one, else the first that both belong to.

    NotVisible when the reader belongs to none of the open scope's, or not to this one.
    """
    places = current_scope().hospital_ids if hospital_id is None else {hospital_id} & current_scope().hospital_ids
    members = Membership.objects.filter(
        valid_at(now), user=reader_id, user__role=User.Role.RADIOLOGIST, user__is_active=True, hospital__in=places
    )
    found = members.order_by("hospital_id").values_list("hospital_id", flat=True).first()
    if found is None:
        raise NotVisible(f"There is no reader {reader_id} for you.")
    return found


def visible_messages(user: User) -> QuerySet[ReaderMessage]:
    """Return a coordinator's messages of the hospitals in scope, anybody else's own; the latest first."""
    messages = ReaderMessage.objects.filter(hospital_id__in=current_scope().hospital_ids)
    if user.role != User.Role.COORDINATOR:
        messages = messages.filter(Q(sender=user) | Q(recipient=user))
    shown = ("sender", "recipient", "notice", "hospital", "worklist_item__study", "worklist_item__order")
    return messages.select_related(*shown).order_by("-sent_at", "-pk")


def message_for(user: User, message_id: int) -> ReaderMessage:
    message = visible_messages(user).filter(pk=message_id).first()
    if message is None:
        raise NotVisible(f"There is no message {message_id} for you.")
    return message


def messages_of_reader(user: User, reader_id: int) -> list[ReaderMessage]:
    """Return what was written to and by a reader lately."""
    return list(visible_messages(user).filter(Q(recipient=reader_id) | Q(sender=reader_id))[:MOST_SHOWN])


def messages_of_item(user: User, item: WorklistItem) -> list[ReaderMessage]:
    return list(visible_messages(user).filter(worklist_item=item)[:MOST_SHOWN])
