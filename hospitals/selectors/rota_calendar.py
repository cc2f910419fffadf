"""The rota as a calendar: days on the clock of one zone, a line for each reader, coverage above.

Positions are percent of a day's real length, so a day on which the clocks change is drawn true.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from hospitals.models import Holiday, Shift, TimeOff, User
from hospitals.models.reading import SUBSPECIALTIES
from hospitals.selectors.coverage import ANY, CoveredHour, covered_hours, windows_with_rights
from hospitals.selectors.rota import reading_windows
from hospitals.selectors.rota_lists import visible_holidays
from hospitals.spans import Span, less

# Minutes of work expected to arrive in each of the hours given, by subspecialty, "" for all.
ExpectedWork = Callable[[Collection[datetime]], dict[datetime, dict[str, float]]]

# Percent of a day's column from which 06:30–14:00 can be read in a week.
ROOM_FOR_MINUTES = 50


@dataclass(frozen=True)
class Day:
    """A day of the zone from midnight to midnight."""

    on: date
    starts_at: datetime
    ends_at: datetime
    holidays: tuple[Holiday, ...] = ()
    now_at: float | None = None

    def percent(self, instant: datetime) -> float:
        """Return where an instant lies in the day, 0 to 100, 3 decimals."""
        share = (instant - self.starts_at) / (self.ends_at - self.starts_at)
        return round(100 * min(max(share, 0.0), 1.0), 3)

    def place(self, start: datetime, end: datetime) -> tuple[float, float]:
        """Return left and width in percent of what of a span lies in the day."""
        left = self.percent(start)
        return left, round(self.percent(end) - left, 3)

    def touches(self, start: datetime, end: datetime) -> bool:
        return start < self.ends_at and end > self.starts_at

    @property
    def hours(self) -> list[Span]:
        """Whole hours of the day; 23 or 25 when the clocks change."""
        count = round((self.ends_at - self.starts_at) / timedelta(hours=1))
        return [
            (self.starts_at + timedelta(hours=hour), self.starts_at + timedelta(hours=hour + 1))
            for hour in range(count)
        ]

    def ticks(self, zone: ZoneInfo) -> list[tuple[str, float]]:
        """Return the words and places of 06, 12 and 18 o'clock."""
        clocks = [datetime.combine(self.on, datetime.min.time(), zone).replace(hour=hour) for hour in (6, 12, 18)]
        return [(f"{clock:%H}", self.percent(clock.astimezone(UTC))) for clock in clocks]


@dataclass(frozen=True)
class Bar:
    """What of a shift lies in a day; `is_lost` when time off takes all of it, `dropped` what a drop-out takes.

    `starts` and `ends` are those of the whole shift on the calendar's clock, as ISO 8601 without a zone.
    """

    shift: Shift
    left: float
    width: float
    words: str
    title: str
    starts: str
    ends: str
    has_start: bool
    has_end: bool
    breaks: tuple[tuple[float, float], ...] = ()
    dropped: tuple[float, float] | None = None
    is_lost: bool = False

    @property
    def short_words(self) -> str:
        """The words where a week is drawn: with minutes only the start has room, 06:30."""
        return self.words.partition("–")[0] if ":" in self.words and self.width < ROOM_FOR_MINUTES else self.words


@dataclass(frozen=True)
class Away:
    """Time off in a day; `is_asked` while no coordinator has decided."""

    time_off: TimeOff
    left: float
    width: float
    title: str
    is_asked: bool


@dataclass
class Cell:
    day: Day
    bars: list[Bar] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)

    @property
    def shift_ids(self) -> str:
        return " ".join(str(bar.shift.pk) for bar in self.bars)

    @property
    def words(self) -> str:
        return "; ".join([bar.title for bar in self.bars] + [span.title for span in self.away])


@dataclass
class Line:
    reader: User
    cells: list[Cell]
    hours: float = 0.0

    @property
    def subspecialties(self) -> list[str]:
        profile = getattr(self.reader, "radiologist_profile", None)
        return list(profile.subspecialties) if profile else []


@dataclass(frozen=True)
class Coverage:
    """A line of coverage: of all readers ("") or of one subspecialty, hour by hour in each day."""

    subspecialty: str
    days: list[list[CoveredHour]]
    is_expected: bool

    @property
    def hours(self) -> list[CoveredHour]:
        return [hour for day in self.days for hour in day]

    def count(self, state: str, now: datetime) -> int:
        return sum(hour.state == state for hour in self.hours if hour.ends_at > now)

    @property
    def most_minutes(self) -> float:
        return max((max(hour.reading_minutes, hour.expected_minutes) for hour in self.hours), default=0) or 60.0


def days_of(first: date, count: int, zone: ZoneInfo, *, now: datetime) -> list[Day]:
    """Return `count` days from `first`, with the holidays of the open scope and where now is."""
    edges = [_midnight(first + timedelta(days=number), zone) for number in range(count + 1)]
    marked: dict[date, list[Holiday]] = defaultdict(list)
    for holiday in visible_holidays().filter(on__gte=first, on__lt=first + timedelta(days=count)):
        marked[holiday.on].append(holiday)
    days = []
    for number in range(count):
        on = first + timedelta(days=number)
        day = Day(on, edges[number], edges[number + 1], tuple(marked[on]))
        if day.starts_at <= now < day.ends_at:
            day = Day(day.on, day.starts_at, day.ends_at, day.holidays, day.percent(now))
        days.append(day)
    return days


def lines_of(readers: QuerySet[User], days: Sequence[Day], zone: ZoneInfo) -> list[Line]:
    """Return a line for each reader; four queries for all."""
    start, end = days[0].starts_at, days[-1].ends_at
    lines = {reader.pk: Line(reader, [Cell(day) for day in days]) for reader in readers}
    absences = TimeOff.objects.filter(radiologist__in=lines, starts_at__lt=end, ends_at__gt=start)
    away: dict[int, list[TimeOff]] = defaultdict(list)
    for absence in absences.exclude(status=TimeOff.Status.REFUSED).order_by("starts_at"):
        away[absence.radiologist_id].append(absence)
        _draw_absence(absence, lines[absence.radiologist_id], zone)
    shifts = Shift.objects.filter(radiologist__in=lines, starts_at__lt=end, ends_at__gt=start)
    for shift in shifts.select_related("template").prefetch_related("breaks").order_by("is_on_call", "starts_at"):
        line = lines[shift.radiologist_id]
        _draw_shift(shift, line, zone, away[line.reader.pk])
        if not shift.is_on_call:
            line.hours += _hours_read(shift, away[line.reader.pk], start, end)
    return list(lines.values())


def coverage_of(
    readers: Collection[User],
    days: Sequence[Day],
    expected_work: ExpectedWork,
    *,
    subspecialties: Collection[str],
    hospital_ids: Collection[int],
    now: datetime,
) -> list[Coverage]:
    """Return the coverage by these readers: of all, then of each subspecialty named.

    From now on a reader covers only while there is a right to read something at one of the hospitals.
    """
    hours = [hour for day in days for hour in day.hours]
    expected = expected_work([start for start, _end in hours])
    reads = {reader.pk: _subspecialties(reader) for reader in readers}
    start, end = days[0].starts_at, days[-1].ends_at
    windows = [window for window in reading_windows(start, end) if window.radiologist_id in reads]
    windows = windows_with_rights(windows, max(start, now), end, hospital_ids)
    lines = []
    for name in (ANY, *(name for name in SUBSPECIALTIES if name in subspecialties)):
        own = [window for window in windows if not name or name in reads[window.radiologist_id]]
        minutes = {start: work.get(name, 0.0) for start, work in expected.items()}
        covered, by_day, at = covered_hours(own, hours, minutes), [], 0
        for day in days:
            by_day.append(covered[at : at + len(day.hours)])
            at += len(day.hours)
        lines.append(Coverage(name, by_day, any(minutes.values())))
    return lines


def clock_words(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Return 06–14, or 06:30–14:00 where minutes matter."""
    local = (start.astimezone(zone), end.astimezone(zone))
    pattern = "%H" if all(instant.minute == 0 for instant in local) else "%H:%M"
    return "–".join(instant.strftime(pattern) for instant in local)


def exact_words(start: datetime, end: datetime, zone: ZoneInfo, reader: User) -> str:
    """Return the span with days in the zone, and on the reader's own clock where that differs."""
    words = _with_days(start, end, zone)
    if reader.time_zone and ZoneInfo(reader.time_zone) != zone:
        own = _with_days(start, end, ZoneInfo(reader.time_zone))
        if own != words:
            words += f" ({own} in {reader.time_zone})"
    return words


def _with_days(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    first, last = start.astimezone(zone), end.astimezone(zone)
    day = "" if first.date() == last.date() else f"{last:%a} "
    return f"{first:%a} {first:%H:%M}–{day}{last:%H:%M}"


def _draw_shift(shift: Shift, line: Line, zone: ZoneInfo, away: Sequence[TimeOff]) -> None:
    pauses = sorted((pause.starts_at, pause.ends_at) for pause in shift.breaks.all())
    title = _title_of(shift, pauses, line.reader, zone)
    is_lost = any(
        absence.status == TimeOff.Status.AGREED
        and absence.starts_at <= shift.starts_at
        and absence.ends_at >= shift.ends_at
        for absence in away
    )
    pieces = [cell for cell in line.cells if cell.day.touches(shift.starts_at, shift.ends_at)]
    clocks = [f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" for at in (shift.starts_at, shift.ends_at)]
    places = [cell.day.place(shift.starts_at, shift.ends_at) for cell in pieces]
    widest = max((width for _left, width in places), default=0)
    for cell, (left, width) in zip(pieces, places, strict=True):
        day, dropped = cell.day, None
        if shift.dropped_out_at and day.touches(shift.dropped_out_at, shift.ends_at):
            dropped = day.place(shift.dropped_out_at, shift.ends_at)
        breaks = tuple(day.place(*pause) for pause in pauses if day.touches(*pause))
        # The widest piece of a night carries the words; the others have no room for them.
        words = clock_words(shift.starts_at, shift.ends_at, zone) if width == widest else ""
        is_first, is_last = day.starts_at <= shift.starts_at, shift.ends_at <= day.ends_at
        cell.bars.append(Bar(shift, left, width, words, title, *clocks, is_first, is_last, breaks, dropped, is_lost))


def _hours_read(shift: Shift, away: Sequence[TimeOff], start: datetime, end: datetime) -> float:
    """Return the hours of a shift in [start, end) less agreed time off and what follows a drop-out; breaks count."""
    until = min(shift.dropped_out_at or shift.ends_at, end)
    holes = [(off.starts_at, off.ends_at) for off in away if off.status == TimeOff.Status.AGREED]
    return sum((b - a) / timedelta(hours=1) for a, b in less([(max(shift.starts_at, start), until)], holes))


def _title_of(shift: Shift, pauses: Sequence[Span], reader: User, zone: ZoneInfo) -> str:
    title = "on call " if shift.is_on_call else ""
    title += exact_words(shift.starts_at, shift.ends_at, zone, reader)
    if shift.template:
        title += f", {shift.template.name}"
    if pauses:
        title += ", break " + ", ".join(clock_words(*pause, zone) for pause in pauses)
    if shift.dropped_out_at:
        title += f", dropped out at {shift.dropped_out_at.astimezone(zone):%H:%M}"
    return title


def _draw_absence(absence: TimeOff, line: Line, zone: ZoneInfo) -> None:
    is_asked = absence.status == TimeOff.Status.ASKED
    title = ("asks to be off " if is_asked else "off ") + _with_days(absence.starts_at, absence.ends_at, zone)
    if absence.reason:
        title += f", {absence.reason}"
    for cell in line.cells:
        if cell.day.touches(absence.starts_at, absence.ends_at):
            cell.away.append(Away(absence, *cell.day.place(absence.starts_at, absence.ends_at), title, is_asked))


def _subspecialties(reader: User) -> Sequence[str]:
    profile = getattr(reader, "radiologist_profile", None)
    return profile.subspecialties if profile else ()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
