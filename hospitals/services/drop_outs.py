"""A reader can't go on, or is called in: what changes at once, in the middle of a shift."""

from datetime import datetime

from django.db import transaction

from hospitals.errors import DropOutNotPossible, InvalidValue
from hospitals.models import Shift
from hospitals.services.rota import add_shift, announce_rota, audit_shift, lock_readers, locked_shift


@transaction.atomic
def drop_out(*, shift: Shift, reason: str, now: datetime) -> Shift:
    """End a running shift's reading at `now`, or call off one that lies ahead.

    What the reader has not opened goes to others at once, by the handler of RotaChanged; what is open stays with the
    reader.
    """
    lock_readers([shift.radiologist_id])
    shift = locked_shift(shift.pk)
    if shift.dropped_out_at is not None:
        return shift
    if shift.ends_at <= now:
        raise DropOutNotPossible("The shift is over. Maybe nothing needs to be done.")
    shift.dropped_out_at = max(now, shift.starts_at)
    shift.drop_out_reason = reason.strip()[:200]
    shift.save(update_fields=["dropped_out_at", "drop_out_reason"])
    audit_shift("dropped_out", shift)
    announce_rota([shift.radiologist_id])
    return shift


@transaction.atomic
def undo_drop_out(*, shift: Shift, now: datetime) -> Shift:
    """Let the reader read on until the shift's end; only while there is some of it left."""
    lock_readers([shift.radiologist_id])
    shift = locked_shift(shift.pk)
    if shift.dropped_out_at is None:
        return shift
    if shift.ends_at <= now:
        raise DropOutNotPossible("The shift is over; its drop-out stays as it was.")
    shift.dropped_out_at, shift.drop_out_reason = None, ""
    shift.save(update_fields=["dropped_out_at", "drop_out_reason"])
    audit_shift("resumed", shift)
    announce_rota([shift.radiologist_id])
    return shift


@transaction.atomic
def call_in(*, shift: Shift, until: datetime, now: datetime) -> Shift:
    """Put a reader who is on call to work from `now` until an instant of the call; return the ordinary shift.

    It counts before the call while it lasts; taking it out of the rota sends the reader back on call.
    """
    lock_readers([shift.radiologist_id])
    shift = locked_shift(shift.pk)
    if not shift.is_on_call or shift.dropped_out_at is not None or not shift.starts_at <= now < shift.ends_at:
        raise DropOutNotPossible("Only a reader who is on call now can be called in.")
    if not now < until <= shift.ends_at:
        raise InvalidValue("until", "must lie ahead, and not after the end of the call")
    # A shift begins on a full second: two calls in one request would else be two shifts.
    called = add_shift(radiologist=shift.radiologist, starts_at=now.replace(microsecond=0), ends_at=until)
    audit_shift("called_in", called, on_call_shift_id=shift.pk)
    return called
