"""The next twelve hours: planned reading minutes against the work that is expected, and where they do not meet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from routing_rules.selectors.arrivals import ArrivalProfile, arrival_profile
from routing_rules.selectors.forecast import Forecast, OpenItem, Status, open_items
from routing_rules.selectors.readers_now import ReaderNow, readers_at_work

HOURS = 12
# Less than this is within the noise of the estimate.
SMALLEST_GAP_MINUTES = 10
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class HourOfCover:
    """An hour of the timeline; minutes of an average reader.

    `due` waits now, is due in this hour (what is overdue in the first) and is not read ahead in an earlier hour's spare
    time; `arriving` is expected to come; `carried` earlier hours leave undone; `short` this one leaves undone.
    """

    starts_at: datetime
    ends_at: datetime
    planned: int
    due: int
    arriving: int
    carried: int

    @property
    def minutes(self) -> float:
        return (self.ends_at - self.starts_at) / _MINUTE

    @property
    def readers(self) -> float:
        """How many readers are there on average."""
        return round(self.planned / max(self.minutes, 1.0), 1)

    @property
    def is_empty(self) -> bool:
        """Nobody is there, but for a few minutes of somebody's shift."""
        return self.planned < self.minutes * 0.1

    @property
    def work(self) -> int:
        return self.due + self.arriving + self.carried

    @property
    def short(self) -> int:
        return max(0, self.work - self.planned)

    @property
    def spare(self) -> int:
        return max(0, self.planned - self.work)

    @property
    def is_gap(self) -> bool:
        return self.short >= SMALLEST_GAP_MINUTES


@dataclass(frozen=True)
class Cover:
    """The timeline with the hours of history that its arrivals stand on: 0 expects none."""

    hours: tuple[HourOfCover, ...]
    hours_of_history: int

    @property
    def scale_minutes(self) -> int:
        return max(60, *(max(hour.planned, hour.work) for hour in self.hours))

    @property
    def days_of_history(self) -> int:
        return self.hours_of_history // 24

    @property
    def worst(self) -> HourOfCover | None:
        return max((hour for hour in self.hours if hour.is_gap), key=lambda hour: hour.short, default=None)


def cover_of_coming_hours(now: datetime, *, zone: str) -> Cover:
    """Return the next hours of the clock in `zone`, of the whole network, whose readers are shared; fixed queries."""
    with open_scope(all_hospitals_scope(process="board")):
        readers, items, profile = readers_at_work(now), open_items(), arrival_profile(now)
    return timeline(now, hours_of_clock(now, zone), readers, items, profile)


def cover_of_forecast(made: Forecast, *, zone: str) -> Cover:
    """Return the same from a forecast over all hospitals, which knows readers and items already."""
    with open_scope(all_hospitals_scope(process="board")):
        profile = arrival_profile(made.now)
    return timeline(made.now, hours_of_clock(made.now, zone), made.readers, made.items, profile)


def hours_of_clock(now: datetime, zone: str, number: int = HOURS) -> list[tuple[datetime, datetime]]:
    """Return what is left of this hour and the full hours after it."""
    local = now.astimezone(ZoneInfo(zone))
    passed = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    edges = [now, *(now - passed + timedelta(hours=position) for position in range(1, number + 1))]
    return list(pairwise(edges))


def timeline(
    now: datetime,
    hours: Sequence[tuple[datetime, datetime]],
    readers: Mapping[int, ReaderNow],
    items: Sequence[OpenItem],
    profile: ArrivalProfile,
) -> Cover:
    """Let each hour's readers do what is due and what comes, and with time to spare what is due later; pure."""
    due, carried, found = _due_by_hour(now, hours, items), 0.0, []
    for position, (start, end) in enumerate(hours):
        planned = sum(_overlap(reader, start, end) / reader.speed_factor for reader in readers.values())
        arriving = profile.expected(start, end).minutes
        left = planned - due[position] - arriving - carried
        figures = (planned, due[position], arriving, carried)
        found.append(HourOfCover(start, end, *(round(figure) for figure in figures)))
        carried = max(0.0, -left)
        _read_ahead(due, position + 1, max(0.0, left))
    return Cover(tuple(found), profile.hours_observed)


def _read_ahead(due: list[float], position: int, spare: float) -> None:
    """Take what is due in later hours out of them, the earliest first, as far as the spare minutes go."""
    for later in range(position, len(due)):
        done = min(spare, due[later])
        due[later] -= done
        spare -= done


def _due_by_hour(now: datetime, hours: Sequence[tuple[datetime, datetime]], items: Sequence[OpenItem]) -> list[float]:
    """Return the minutes of what waits by the hour in which it is due, what is overdue in the first."""
    due = [0.0] * len(hours)
    for item in items:
        if not _waits(item):
            continue
        at = max(item.deadline_at, now)
        position = next((place for place, (start, end) in enumerate(hours) if start <= at < end), None)
        if position is not None:
            due[position] += item.expected_minutes
    return due


def _waits(item: OpenItem) -> bool:
    return item.status in (Status.UNASSIGNED, Status.ASSIGNED)


def _overlap(reader: ReaderNow, start: datetime, end: datetime) -> float:
    """Return the minutes of [start, end) in which the reader is on shift; on call is no cover."""
    return sum(
        max(0.0, (min(window.ends_at, end) - max(window.starts_at, start)) / _MINUTE)
        for window in reader.windows
        if not window.is_on_call
    )
