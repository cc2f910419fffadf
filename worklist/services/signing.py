"""What the report's signature means for its item."""

from django.db import transaction
from django.utils import timezone

from hospitals.models import User
from worklist.models import WorklistItem
from worklist.services.examinations import note_examined
from worklist.transitions import SIGNED, complete_transition, lock_item, locked_item


@transaction.atomic
def start_signing(*, worklist_item_id: int, user: User) -> WorklistItem:
    """Mark the item as being signed by its reader, who must be the open scope's principal."""
    item = locked_item(worklist_item_id, "start_signing")
    return complete_transition(item, "start_signing", changes={"claimed_by": user})


@transaction.atomic
def mark_signing_failed(*, worklist_item_id: int, reason: str = "") -> WorklistItem:
    """Give the item back to its reader after a signature that could not be made; safe to call again."""
    if (item := lock_item(worklist_item_id)).status == "reading":
        return item
    return complete_transition(
        locked_item(worklist_item_id, "signing_failed"), "signing_failed", changes={}, reason=reason
    )


@transaction.atomic
def close_worklist_item(*, worklist_item_id: int) -> WorklistItem:
    """Close the item whose report is signed; safe to call again."""
    if (item := lock_item(worklist_item_id)).status == SIGNED:
        return item
    item = complete_transition(locked_item(worklist_item_id, "close"), "close", changes={"signed_at": timezone.now()})
    note_examined(item)
    return item
