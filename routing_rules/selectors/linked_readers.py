"""With whom an item is kept that rules keep with one reader: linked examinations and follow-ups of one patient."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from worklist.models import WorklistItem

Status = WorklistItem.Status
LINKED_FOR = timedelta(days=1)
# Whose reader counts first: the examination being read, one read lately, one that waits on a list, the last one ever.
_READING, _LATELY, _WAITING, _BEFORE = range(4)


def linked_readers(patients: Mapping[int, int], *, now: datetime) -> dict[int, int]:
    """Return the reader of the patient's other examinations for items given with their patients; at most one query.

    Of examinations that wait, the one opened first leads and the others follow, so that two never chase each other.
    """
    if not patients:
        return {}
    rows = WorklistItem.objects.filter(
        Q(status__in=(Status.READING, Status.SIGNING, Status.SIGNED), claimed_by__isnull=False)
        | Q(status=Status.ASSIGNED),
        study__patient_id__in=set(patients.values()),
    )
    best: dict[int, tuple[tuple[float, ...], int]] = {}
    columns = ("pk", "study__patient_id", "status", "claimed_by_id", "assigned_to_id", "signed_at")
    for pk, patient_id, status, claimed_by, assigned_to, signed_at in rows.values_list(*columns):
        reader_id = claimed_by or assigned_to
        if reader_id is None:
            continue
        candidate = (_rank(pk, status, signed_at, now), reader_id)
        if patient_id not in best or candidate < best[patient_id]:
            best[patient_id] = candidate
    return {item_id: best[patient_id][1] for item_id, patient_id in patients.items() if patient_id in best}


def _rank(pk: int, status: str, signed_at: datetime | None, now: datetime) -> tuple[float, ...]:
    """Return what sorts first whose reader counts."""
    if status in (Status.READING, Status.SIGNING):
        return (_READING, pk)
    if status == Status.ASSIGNED or signed_at is None:
        return (_WAITING, pk)
    is_lately = now - signed_at <= LINKED_FOR
    return (_LATELY if is_lately else _BEFORE, -signed_at.timestamp())
