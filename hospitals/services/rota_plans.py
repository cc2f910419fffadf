"""Many shifts at once: a template over a span of dates, a week copied to another. What is skipped is told."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from hospitals.errors import InvalidValue
from hospitals.models import Shift, ShiftBreak, ShiftTemplate, TimeOff, User
from hospitals.services.rights import must_be_radiologist
from hospitals.services.rota import announce_rota, audit_shift, lock_readers
from hospitals.spans import Span

MOST_DAYS = 366
MOST_READERS = 400


@dataclass(frozen=True)
class PlannedShift:
    """A shift to be made; instants in UTC."""

    radiologist: User
    starts_at: datetime
    ends_at: datetime
    is_on_call: bool
    breaks: tuple[Span, ...] = ()
    template_id: int | None = None


@dataclass
class Planned:
    """What became of the planned shifts: added, there already, inside time off, or in the way of another shift."""

    added: list[Shift] = field(default_factory=list)
    already: list[PlannedShift] = field(default_factory=list)
    away: list[PlannedShift] = field(default_factory=list)
    overlapping: list[PlannedShift] = field(default_factory=list)

    @property
    def skipped(self) -> list[PlannedShift]:
        return [*self.away, *self.overlapping]


@transaction.atomic
def apply_template(*, template: ShiftTemplate, radiologists: Sequence[User], first: date, last: date) -> Planned:
    """Add the template's shifts from `first` to `last` (inclusive, dates of its time zone); again adds nothing.

    Start, end and break are on the wall clock: a night of 22:00 to 06:00 is that on the days the clocks change too.
    """
    _check_span(first, last)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    days = [day for day in days if day.weekday() in template.weekdays]
    return _add_all(shift_of_template(template, reader, day) for reader in radiologists for day in days)


@transaction.atomic
def copy_week(*, radiologists: Collection[User], monday: date, to_monday: date, zone: ZoneInfo) -> Planned:
    """Add the shifts that begin in one week to another, at the same wall-clock times.

    The clock is that of a shift's template, else `zone`; the weeks are those of `zone`. Again adds nothing.
    """
    if monday == to_monday or monday.weekday() or to_monday.weekday():
        raise InvalidValue("to_monday", "must be the Monday of another week")
    start = datetime.combine(monday, datetime.min.time(), zone)
    rows = Shift.objects.filter(
        radiologist__in=radiologists, starts_at__gte=start, starts_at__lt=start + timedelta(days=7)
    )
    rows = rows.select_related("radiologist", "template").prefetch_related("breaks")
    by = to_monday - monday
    return _add_all(
        moved_on_clock(shift, by, ZoneInfo(shift.template.time_zone) if shift.template else zone)
        for shift in rows.order_by("radiologist_id", "starts_at")
    )


def shift_of_template(template: ShiftTemplate, radiologist: User, day: date) -> PlannedShift:
    """Return the template's shift that begins on a day of its time zone.

    A start that the clocks skip (02:30 when summer time begins) is an hour later, and the shift as long as ever.
    """
    zone = ZoneInfo(template.time_zone)
    # Adding to a datetime with a zone moves its wall clock; only the way to UTC knows of summer time.
    begins = _utc(datetime.combine(day, template.starts_at_time, zone)).astimezone(zone)
    breaks: tuple[Span, ...] = ()
    if template.break_after_minutes is not None:
        pause = begins + timedelta(minutes=template.break_after_minutes)
        breaks = ((_utc(pause), _utc(pause + timedelta(minutes=template.break_minutes))),)
    ends = _utc(begins + timedelta(minutes=template.minutes))
    return PlannedShift(radiologist, _utc(begins), ends, template.is_on_call, breaks, template.pk)


def moved_on_clock(shift: Shift, by: timedelta, zone: ZoneInfo) -> PlannedShift:
    """Return the shift with its breaks as it would be `by` later on the wall clock of a zone."""

    def move(instant: datetime) -> datetime:
        return _utc(instant.astimezone(zone) + by)

    def span(start: datetime, end: datetime) -> Span:
        """Move a span; one that the skipped hour would swallow keeps its length."""
        begins = move(start)
        ends = move(end)
        return begins, ends if ends > begins else begins + (end - start)

    breaks = tuple(span(pause.starts_at, pause.ends_at) for pause in shift.breaks.all())
    starts_at, ends_at = span(shift.starts_at, shift.ends_at)
    inside = tuple((a, b) for a, b in breaks if starts_at <= a and b <= ends_at)
    return PlannedShift(shift.radiologist, starts_at, ends_at, shift.is_on_call, inside, shift.template_id)


def _add_all(planned: Iterable[PlannedShift]) -> Planned:
    wanted = sorted(planned, key=lambda shift: (shift.radiologist.pk, shift.starts_at))
    readers = {shift.radiologist.pk: shift.radiologist for shift in wanted}
    if len(readers) > MOST_READERS:
        raise InvalidValue("radiologists", f"are more than {MOST_READERS} at once")
    for reader in readers.values():
        must_be_radiologist(reader)
    outcome = Planned()
    if not wanted:
        return outcome
    lock_readers(readers)
    start, end = min(shift.starts_at for shift in wanted), max(shift.ends_at for shift in wanted)
    there, away = defaultdict(list), defaultdict(list)
    for other in Shift.objects.filter(radiologist__in=readers, starts_at__lt=end, ends_at__gt=start):
        there[other.radiologist_id].append(other)
    time_off = TimeOff.objects.filter(radiologist__in=readers, starts_at__lt=end, ends_at__gt=start)
    for absence in time_off.filter(status=TimeOff.Status.AGREED):
        away[absence.radiologist_id].append(absence)
    for shift in wanted:
        _sort(shift, outcome, there[shift.radiologist.pk], away[shift.radiologist.pk])
    Shift.objects.bulk_create(outcome.added)
    _add_breaks(outcome.added, wanted)
    for shift in outcome.added:
        audit_shift("added", shift)
    if outcome.added:
        announce_rota(shift.radiologist_id for shift in outcome.added)
    return outcome


def _sort(shift: PlannedShift, outcome: Planned, own: list[Shift], away: list[TimeOff]) -> None:
    """Put one planned shift where it belongs; one that is added counts for those after it."""
    if any(other.starts_at == shift.starts_at and other.ends_at == shift.ends_at for other in own):
        outcome.already.append(shift)
    elif any(
        other.starts_at == shift.starts_at or (other.is_on_call == shift.is_on_call and _share_time(other, shift))
        for other in own
    ):
        outcome.overlapping.append(shift)
    elif any(_share_time(absence, shift) for absence in away):
        outcome.away.append(shift)
    else:
        made = Shift(
            radiologist=shift.radiologist,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            is_on_call=shift.is_on_call,
            template_id=shift.template_id,
        )
        outcome.added.append(made)
        own.append(made)


def _add_breaks(added: list[Shift], wanted: list[PlannedShift]) -> None:
    breaks = {(shift.radiologist.pk, shift.starts_at): shift.breaks for shift in wanted}
    ShiftBreak.objects.bulk_create(
        ShiftBreak(shift=shift, starts_at=a, ends_at=b)
        for shift in added
        for a, b in breaks[shift.radiologist_id, shift.starts_at]
    )


def _share_time(one: Shift | TimeOff, other: PlannedShift) -> bool:
    return one.starts_at < other.ends_at and one.ends_at > other.starts_at


def _check_span(first: date, last: date) -> None:
    if not 0 <= (last - first).days < MOST_DAYS:
        raise InvalidValue("last", f"must not lie before the first day, nor more than {MOST_DAYS} days after it")


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
