"""Who holds an item: assign, pin, unassign, release, hand over, cancel."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from hospitals.models import User
from pacs_core.access.scopes import current_scope
from worklist.errors import ItemPinned, NotPrivileged
from worklist.models import WorklistItem
from worklist.selectors.privileges import require_reader
from worklist.transitions import complete_transition, locked_item

NOBODY: dict[str, Any] = {
    "assigned_to": None,
    "assigned_at": None,
    "claimed_by": None,
    "claimed_at": None,
    "is_pinned": False,
    "place": None,
}


@transaction.atomic
def assign_worklist_item(
    *, worklist_item_id: int, radiologist_id: int, reason: str = "", is_pinned: bool | None = None
) -> WorklistItem:
    """Give an item to a radiologist; a person's choice is pinned, and rules don't move a pinned item.

    `is_pinned` says otherwise: who takes a choice back restores an item that was not pinned. Raises ActionNotAllowed,
    ItemPinned, NotPrivileged. Assigning to the present holder changes only the pin.
    """
    item = locked_item(worklist_item_id, "assign")
    by_person = current_scope().principal.user_id is not None
    if item.is_pinned and not by_person:
        raise ItemPinned(f"Item {item.pk} was given to its reader by a person. Maybe release it first.")
    pinned = by_person if is_pinned is None else is_pinned
    if item.assigned_to_id == radiologist_id and item.is_pinned == pinned:
        return item
    _require_reader(radiologist_id, item)
    return complete_transition(item, "assign", changes=_held_by(radiologist_id, is_pinned=pinned), reason=reason)


@transaction.atomic
def pin_worklist_item(*, worklist_item_id: int, reason: str = "") -> WorklistItem:
    """Keep an item that waits with the reader who has it, whatever the rules plan; pinning it again is no change."""
    return _set_pin(worklist_item_id, "pin", is_pinned=True, reason=reason)


@transaction.atomic
def unpin_worklist_item(*, worklist_item_id: int, reason: str = "") -> WorklistItem:
    """Let the rules move an item again; it stays with its reader until they do."""
    return _set_pin(worklist_item_id, "unpin", is_pinned=False, reason=reason)


@transaction.atomic
def unassign_worklist_item(*, worklist_item_id: int, reason: str = "") -> WorklistItem:
    """Put an assigned item back among the unassigned ones; the rules then look at it again.

    Taken back by a person, it goes to others than the reader who had it, as if that reader had given it back.
    """
    item = locked_item(worklist_item_id, "unassign")
    taken_from: dict[str, int] = {}
    if current_scope().principal.user_id is not None and item.assigned_to_id is not None:
        taken_from = {"released_by_id": item.assigned_to_id}
    return complete_transition(item, "unassign", changes=NOBODY, reason=reason, **taken_from)


@transaction.atomic
def undo_assignment(*, worklist_item_id: int, reason: str = "") -> WorklistItem:
    """Put an item back that a person assigned by mistake; the reader is no worse a choice for the rules than before."""
    return complete_transition(
        locked_item(worklist_item_id, "undo_assign"), "undo_assign", changes=NOBODY, reason=reason
    )


@transaction.atomic
def release_worklist_item(*, worklist_item_id: int, user: User, reason: str = "") -> WorklistItem:
    """Give an item back that one reads or that waits for one; the event names who, so that rules try others."""
    item = locked_item(worklist_item_id, "release")
    return complete_transition(item, "release", changes=NOBODY, reason=reason, released_by_id=user.pk)


@transaction.atomic
def hand_over_worklist_item(*, worklist_item_id: int, user: User, to_user_id: int, reason: str = "") -> WorklistItem:
    """Give a held item to another radiologist, pinned; a coordinator may do it for any holder."""
    item = locked_item(worklist_item_id, "hand_over")
    _require_reader(to_user_id, item)
    return complete_transition(
        item, "hand_over", changes=_held_by(to_user_id, is_pinned=True), reason=reason, handed_over_by_id=user.pk
    )


@transaction.atomic
def cancel_worklist_item(*, worklist_item_id: int, reason: str = "") -> WorklistItem:
    """Take an item off the list that nobody reads."""
    return complete_transition(locked_item(worklist_item_id, "cancel"), "cancel", changes=NOBODY, reason=reason)


def _set_pin(worklist_item_id: int, action: str, *, is_pinned: bool, reason: str) -> WorklistItem:
    item = locked_item(worklist_item_id, action)
    if item.is_pinned == is_pinned:
        return item
    return complete_transition(item, action, changes={"is_pinned": is_pinned}, reason=reason)


def _held_by(user_id: int, *, is_pinned: bool) -> dict[str, Any]:
    return NOBODY | {"assigned_to": user_id, "assigned_at": timezone.now(), "is_pinned": is_pinned}


def _require_reader(user_id: int, item: WorklistItem) -> None:
    radiologist = User.objects.filter(pk=user_id).first()
    if radiologist is None:
        raise NotPrivileged(f"There is no radiologist {user_id}.")
    require_reader(radiologist, item)
