"""Shifts: add, change, remove. Every writer of the rota takes the readers' locks first and tells RotaChanged."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from hospitals.errors import InvalidValue, ShiftsOverlap
from hospitals.models import Shift, ShiftBreak, ShiftTemplate, User
from hospitals.selectors.rota import LONGEST_SHIFT
from hospitals.services.rights import must_be_radiologist
from hospitals.spans import Span, merged
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event

OVERLAP_CONSTRAINTS = ("shift_no_double_booking", "shift_no_double_call", "shift_once")


@transaction.atomic
def add_shift(
    *,
    radiologist: User,
    starts_at: datetime,
    ends_at: datetime,
    is_on_call: bool = False,
    breaks: Sequence[Span] = (),
    template: ShiftTemplate | None = None,
) -> Shift:
    """Add a shift (aware instants, end exclusive); the same start again changes that shift.

    ShiftsOverlap when the radiologist has another of the same kind (ordinary, on call) then; InvalidValue names the
    field.
    """
    lock_readers([radiologist.pk])
    shift = Shift.objects.filter(radiologist=radiologist, starts_at=starts_at).first()
    verb = "changed" if shift else "added"
    shift = shift or Shift(radiologist=radiologist, starts_at=starts_at)
    shift.template = template or shift.template
    return _written(shift, verb, ends_at=ends_at, is_on_call=is_on_call, breaks=breaks)


@transaction.atomic
def change_shift(
    *,
    shift: Shift,
    starts_at: datetime,
    ends_at: datetime,
    is_on_call: bool,
    breaks: Sequence[Span],
    radiologist: User | None = None,
) -> Shift:
    """Move a shift, to another reader too, change its length, kind or breaks; the same values again write nothing."""
    lock_readers({shift.radiologist_id, radiologist.pk if radiologist else shift.radiologist_id})
    shift = locked_shift(shift.pk)
    radiologist = radiologist or shift.radiologist
    if radiologist != shift.radiologist and shift.dropped_out_at:
        raise InvalidValue("radiologist", "cannot be another one after a drop-out. Maybe undo the drop-out first.")
    values = {"starts_at": starts_at, "ends_at": ends_at, "is_on_call": is_on_call, "radiologist": radiologist}
    return _written(shift, "changed", breaks=breaks, **values)


@transaction.atomic
def remove_shift(*, shift: Shift) -> None:
    """Take a shift out of the rota; assignment counts the radiologist as off shift from now on."""
    lock_readers([shift.radiologist_id])
    audit_shift("removed", shift)
    shift.delete()
    announce_rota([shift.radiologist_id])


def announce_rota(radiologist_ids: Iterable[int]) -> None:
    """Tell the planner and open screens, in the caller's transaction, whose rota has changed."""
    emit_event("RotaChanged", hospital_id=None, radiologist_ids=sorted(set(radiologist_ids)))


def lock_readers(radiologist_ids: Collection[int]) -> None:
    """Let one transaction at a time write these radiologists' rota, so that checks and writes belong together."""
    rows = User.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=radiologist_ids)
    list(rows.order_by("pk").values_list("pk"))


def locked_shift(pk: int) -> Shift:
    """Return the shift as it is now; call lock_readers of its radiologist first."""
    return Shift.objects.select_for_update(no_key=True, of=("self",)).select_related("radiologist").get(pk=pk)


def audit_shift(verb: str, shift: Shift, **detail: Any) -> None:
    record_audit(
        action=f"shift.{verb}",
        object_type="user",
        object_id=shift.radiologist_id,
        detail={
            "shift_id": shift.pk,
            "from": shift.starts_at.isoformat(),
            "until": shift.ends_at.isoformat(),
            **detail,
        },
    )


def overlapping_shift(shift: Shift) -> Shift | None:
    """Return another shift of the same radiologist and kind that shares time with this one."""
    others = Shift.objects.filter(
        radiologist=shift.radiologist_id,
        is_on_call=shift.is_on_call,
        starts_at__lt=shift.ends_at,
        ends_at__gt=shift.starts_at,
    )
    return others.exclude(pk=shift.pk).order_by("starts_at").first()


def save_shift(shift: Shift) -> None:
    """Write a shift; ShiftsOverlap names the other one, also when another editor has just written it."""
    radiologist = shift.radiologist
    if other := overlapping_shift(shift):
        raise ShiftsOverlap(radiologist.name, span_words(other.starts_at, other.ends_at, radiologist))
    try:
        with transaction.atomic():
            shift.save()
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.constraint_name not in OVERLAP_CONSTRAINTS:
            raise
        raise ShiftsOverlap(radiologist.name) from error


def span_words(starts_at: datetime, ends_at: datetime, reader: User) -> str:
    """Return a span in the reader's own zone: "Mon 3 Mar 06:00 to 14:00"."""
    zone = ZoneInfo(reader.time_zone)
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    day = "" if start.date() == end.date() else f"{end:%a} {end.day} {end:%b} "
    return f"{start:%a} {start.day} {start:%b %H:%M} to {day}{end:%H:%M}"


def _written(shift: Shift, verb: str, *, breaks: Sequence[Span], **values: Any) -> Shift:
    before, had = _state(shift) if shift.pk else None, shift.radiologist_id
    for name, value in values.items():
        setattr(shift, name, value)
    must_be_radiologist(shift.radiologist)
    _check(shift, breaks)
    if before == _State(shift.radiologist_id, shift.starts_at, shift.ends_at, shift.is_on_call, sorted(breaks)):
        return shift
    save_shift(shift)
    if before is None or before.breaks != sorted(breaks):
        shift.breaks.all().delete()
        ShiftBreak.objects.bulk_create(ShiftBreak(shift=shift, starts_at=a, ends_at=b) for a, b in sorted(breaks))
    audit_shift(verb, shift, **({} if shift.radiologist_id == had else {"radiologist_before": had}))
    announce_rota({had, shift.radiologist_id})
    return shift


class _State(NamedTuple):
    radiologist_id: int
    starts_at: datetime
    ends_at: datetime
    is_on_call: bool
    breaks: list[Span]


def _state(shift: Shift) -> _State:
    breaks = sorted(shift.breaks.values_list("starts_at", "ends_at"))
    return _State(shift.radiologist_id, shift.starts_at, shift.ends_at, shift.is_on_call, breaks)


def _check(shift: Shift, breaks: Sequence[Span]) -> None:
    if not timedelta(0) < shift.ends_at - shift.starts_at <= LONGEST_SHIFT:
        hours = int(LONGEST_SHIFT.total_seconds() // 3600)
        raise InvalidValue("ends_at", f"must lie after starts_at, at most {hours} hours later")
    if shift.dropped_out_at and not shift.starts_at <= shift.dropped_out_at <= shift.ends_at:
        raise InvalidValue("ends_at", "would leave the drop-out outside of the shift. Maybe undo the drop-out first.")
    if any(not shift.starts_at <= a < b <= shift.ends_at for a, b in breaks):
        raise InvalidValue("breaks", "must lie inside the shift, each ending after it begins")
    if len(merged(breaks)) != len(breaks):
        raise InvalidValue("breaks", "must not touch one another")
