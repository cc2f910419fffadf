"""A shift moved on the calendar: as a whole, or one end of it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from hospitals.models import Shift, User
from hospitals.services.rota import change_shift, lock_readers, locked_shift
from hospitals.services.rota_plans import moved_on_clock


@transaction.atomic
def move_shift(*, shift: Shift, radiologist: User, starts: datetime, ends: datetime, zone: ZoneInfo) -> Shift:
    """Let a shift last from `starts` to `ends`, naive, on the wall clock of a zone, and be that reader's.

    Moved as a whole, its breaks go along; with one end moved they stay, and have to lie inside. Errors as of
    `change_shift`.
    """
    lock_readers({shift.radiologist_id, radiologist.pk})
    shift = locked_shift(shift.pk)
    starts_by, ends_by = (
        new - old.astimezone(zone).replace(tzinfo=None)
        for new, old in ((starts, shift.starts_at), (ends, shift.ends_at))
    )
    if starts_by == ends_by:
        moved = moved_on_clock(shift, starts_by, zone)
        starts_at, ends_at, breaks = moved.starts_at, moved.ends_at, list(moved.breaks)
    else:
        starts_at, ends_at = (clock.replace(tzinfo=zone).astimezone(UTC) for clock in (starts, ends))
        breaks = [(pause.starts_at, pause.ends_at) for pause in shift.breaks.all()]
    return change_shift(
        shift=shift,
        starts_at=starts_at,
        ends_at=ends_at,
        is_on_call=shift.is_on_call,
        breaks=breaks,
        radiologist=radiologist,
    )
