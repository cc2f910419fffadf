"""Claiming: of many who reach for an item exactly one gets it."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from worklist.errors import ActionNotAllowed, ItemAlreadyClaimed
from worklist.models import WorklistItem
from worklist.selectors.privileges import require_reader
from worklist.transitions import ASSIGNED, READING, UNASSIGNED, check_party, record_transition


@transaction.atomic
def claim_worklist_item(*, worklist_item_id: int, user: User) -> WorklistItem:
    """Start reading an item that nobody has or that waits for this radiologist; claiming one's own again is no change.

    Raises ItemAlreadyClaimed (by whom, since when), ActionNotAllowed, NotPrivileged, NotVisible.
    """
    item = (
        WorklistItem.objects.select_related("study", "order", "claimed_by", "assigned_to")
        .filter(pk=worklist_item_id)
        .first()
    )
    if item is None:
        raise NotVisible(f"There is no worklist item {worklist_item_id} for you.")
    if item.status == READING and item.claimed_by_id == user.pk:
        return item
    check_party(item, "claim")
    require_reader(user, item)
    from_status = _take(item, user)
    item = WorklistItem.objects.select_related("study", "order", "claimed_by", "assigned_to").get(pk=item.pk)
    if from_status is None:
        _refuse(item)
    record_transition(item, "claim", from_status=from_status)
    return item


def _take(item: WorklistItem, user: User) -> str | None:
    """Take the item by one conditional UPDATE; return the status it had, None when it was not to be had.

    PostgreSQL lets the second UPDATE wait for the first and then look at the condition again, so its count is 0.
    Unassigned comes first: rules move items from there to assigned at any moment, rarely back. The stage that the
    reader was judged by is part of the condition: a first reading may end in between.
    """
    values = {
        "status": READING,
        "claimed_by": user,
        "claimed_at": timezone.now(),
        "place": None,
        "version": F("version") + 1,
    }
    free = WorklistItem.objects.filter(
        pk=item.pk, claimed_by__isnull=True, reading_mode=item.reading_mode, reading_stage=item.reading_stage
    )
    if free.filter(status=UNASSIGNED).update(**values, assigned_to=user, assigned_at=values["claimed_at"]) == 1:
        return UNASSIGNED
    if free.filter(status=ASSIGNED, assigned_to=user).update(**values) == 1:
        return ASSIGNED
    return None


def _refuse(item: WorklistItem) -> None:
    holder, since = item.claimed_by or item.assigned_to, item.claimed_at or item.assigned_at
    if holder is None or since is None or item.status in (WorklistItem.Status.SIGNED, WorklistItem.Status.CANCELLED):
        raise ActionNotAllowed("claim", item.status)
    raise ItemAlreadyClaimed(holder_id=holder.pk, holder_name=holder.name, since=since, status=item.status)
