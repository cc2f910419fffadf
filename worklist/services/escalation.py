"""What escalation writes to an item: a line in its history; who is told is the business of the floor above."""

from django.db import transaction

from worklist.models import WorklistItem
from worklist.transitions import complete_transition, locked_item


@transaction.atomic
def note_escalation(*, worklist_item_id: int, step: str, words: str) -> WorklistItem:
    """Write a step of escalation into the item's history and tell open screens; its status stays as it is.

    Raises ActionNotAllowed when nothing waits any more.
    """
    item = locked_item(worklist_item_id, "escalate")
    return complete_transition(item, "escalate", changes={}, reason=words, step=step)
