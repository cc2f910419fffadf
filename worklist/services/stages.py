"""Reading in two stages: the end of the first reading, back to the first reader; the plan says what is read twice."""

from django.db import transaction
from django.utils import timezone

from hospitals.models import User
from worklist.errors import ReasonMissing, WrongReadingStage
from worklist.models import WorklistItem
from worklist.selectors.privileges import require_reader
from worklist.services.holding import NOBODY
from worklist.transitions import complete_transition, locked_item

Mode = WorklistItem.ReadingMode


@transaction.atomic
def finish_first_reading(*, worklist_item_id: int, user: User) -> WorklistItem:
    """Put the item back among the unassigned ones for its second reader; `user` holds it and has read it first.

    Raises WrongReadingStage, ActionNotAllowed, NotTheHolder. The text is kept by whoever calls.
    """
    item = locked_item(worklist_item_id, "finish_first_reading")
    if item.reading_mode == Mode.SINGLE or item.reading_stage != 1:
        raise WrongReadingStage("This examination has no first reading to finish. Maybe someone was faster; reload it.")
    changes = NOBODY | {"reading_stage": 2, "first_reader": user, "first_finished_at": timezone.now()}
    # Named as who gave it back, so that whoever plans next does not offer it to the same reader.
    return complete_transition(item, "finish_first_reading", changes=changes, released_by_id=user.pk)


@transaction.atomic
def send_back_to_first_reader(*, worklist_item_id: int, user: User, remark: str) -> WorklistItem:
    """Give a two-tier item back to its resident, pinned, with a remark that the resident sees; stage 1 again.

    Raises ReasonMissing, WrongReadingStage, NotPrivileged when the resident may not read it any more.
    """
    if not remark.strip():
        raise ReasonMissing("Say what the first reader should look at again.")
    item = locked_item(worklist_item_id, "send_back")
    first_reader = item.first_reader
    if item.reading_mode != Mode.TWO_TIER or item.reading_stage != 2 or first_reader is None:
        raise WrongReadingStage("Only the second stage of a two-tier reading goes back to its first reader.")
    item.reading_stage = 1
    require_reader(first_reader, item)
    held = {"assigned_to": first_reader, "assigned_at": timezone.now(), "is_pinned": True}
    changes = NOBODY | held | {"reading_stage": 1, "first_finished_at": None}
    return complete_transition(item, "send_back", changes=changes, reason=remark.strip(), sent_back_by_id=user.pk)
