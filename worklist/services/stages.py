"""Reading in two stages: how an item is to be read, the end of its first reading, back to the first reader."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from hospitals.models import User
from worklist.errors import ReasonMissing, WrongReadingStage
from worklist.models import WorklistItem
from worklist.selectors.privileges import require_reader
from worklist.services.holding import NOBODY
from worklist.transitions import ASSIGNED, UNASSIGNED, announce_item, complete_transition, locked_item

Mode = WorklistItem.ReadingMode


@transaction.atomic
def set_reading_mode(*, worklist_item_id: int, mode: str) -> bool:
    """Say how the rules want an item to be read: single, double or two_tier; return whether that was news.

    Does nothing once someone has opened it or a first reading is finished: what has begun ends as it began. Whoever
    plans asks for it with the item's demand, each time, and then plans with `WorklistItem.reading_mode`: for stage 2
    `first_reader` is out, "Read it first". One conditional UPDATE, so a claim that is faster wins.
    """
    if mode not in Mode.values:
        raise ValueError(f"{mode!r} is no reading mode. Maybe one of {', '.join(Mode.values)}.")
    waiting = WorklistItem.objects.filter(
        pk=worklist_item_id, status__in=(UNASSIGNED, ASSIGNED), claimed_by__isnull=True, first_reader__isnull=True
    )
    if not waiting.exclude(reading_mode=mode).update(reading_mode=mode, version=F("version") + 1):
        return False
    announce_item(WorklistItem.objects.get(pk=worklist_item_id), "WorklistItemChanged", action="reading_mode")
    return True


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
