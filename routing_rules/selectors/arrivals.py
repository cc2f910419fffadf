"""What usually arrives when: the network's own arrivals of the last 28 days by hour, on each hospital's clock."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Func, IntegerField, Min, Sum

from worklist.models import Priority, WorklistItem

DAYS_OF_HISTORY = 28
# Integration steps; half-hour time zones turn over inside an hour.
_STEP = timedelta(minutes=15)
_FIRST_DAY_OF_WEEKEND = 6


@dataclass(frozen=True)
class Arrivals:
    """How many items arrive, and the minutes that an average reader needs for them."""

    number: float = 0.0
    minutes: float = 0.0

    def __add__(self, other: "Arrivals") -> "Arrivals":
        return Arrivals(self.number + other.number, self.minutes + other.minutes)

    def times(self, factor: float) -> "Arrivals":
        return Arrivals(self.number * factor, self.minutes * factor)

    def over(self, hours: int) -> "Arrivals":
        return Arrivals(self.number / hours, self.minutes / hours)


HourOfWeek = tuple[bool, int]


@dataclass(frozen=True)
class ArrivalProfile:
    """Mean arrivals an hour by time zone, (is weekend, hour on that zone's clock) and priority.

    `hours_observed` says how many hours of history it stands on, at most 28 days: 0 knows nothing.
    """

    by_zone: Mapping[str, Mapping[HourOfWeek, Mapping[str, Arrivals]]] = field(default_factory=dict)
    hours_observed: int = 0

    def expected_by_priority(self, start: datetime, end: datetime) -> dict[str, Arrivals]:
        """Return what is expected to arrive in [start, end), by priority."""
        expected: dict[str, Arrivals] = {priority: Arrivals() for priority in Priority.values}
        at = start
        while at < end:
            until = min(at + _STEP, end)
            for priority, arrivals in self._an_hour(at).items():
                expected[priority] += arrivals.times((until - at) / timedelta(hours=1))
            at = until
        return expected

    def expected(self, start: datetime, end: datetime) -> Arrivals:
        """Return what is expected to arrive in [start, end)."""
        return sum(self.expected_by_priority(start, end).values(), Arrivals())

    def cumulated_minutes(self, start: datetime, *, step_minutes: float, steps: int) -> tuple[float, ...]:
        """Return the expected minutes of work that arrive from `start` to each of `steps` + 1 instants, first 0."""
        found, step = [0.0], timedelta(minutes=step_minutes)
        for position in range(steps):
            at = start + position * step
            found.append(found[-1] + self.expected(at, at + step).minutes)
        return tuple(found)

    @cached_property
    def priority_share(self) -> dict[str, float]:
        """Return each priority's share of the arrivals; none where nothing has arrived."""
        numbers: Counter[str] = Counter()
        for cells in self.by_zone.values():
            for (is_weekend, _hour), cell in cells.items():
                for priority, arrivals in cell.items():
                    numbers[priority] += arrivals.number * (2 if is_weekend else 5)
        total = sum(numbers.values())
        return {priority: number / total for priority, number in sorted(numbers.items())} if total else {}

    def _an_hour(self, instant: datetime) -> dict[str, Arrivals]:
        rates: dict[str, Arrivals] = defaultdict(Arrivals)
        for zone, cells in self.by_zone.items():
            for priority, arrivals in cells.get(_hour_of_week(instant, ZoneInfo(zone)), {}).items():
                rates[priority] += arrivals
        return rates


def arrival_profile(now: datetime) -> ArrivalProfile:
    """Return the profile of the open scope's hospitals from the whole hours of the 28 days before `now`; two queries.

    A hospital counts from its first item on, so a new one is not taken for a quiet one. A kind of day that has not
    come yet is taken for the other kind. Cancelled items were no work; a holiday counts as the day it falls on.
    """
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(days=DAYS_OF_HISTORY)
    items = WorklistItem.objects.filter(opened_at__gte=start, opened_at__lt=end)
    begins = {
        hospital_id: (zone, max(start, first.replace(minute=0, second=0, microsecond=0)))
        for hospital_id, zone, first in items.values_list("hospital_id", "hospital__time_zone")
        .annotate(Min("opened_at"))
        .order_by()
    }
    observed = {pk: _hours_of_week(zone, first, end) for pk, (zone, first) in begins.items()}
    cells: dict[str, dict[HourOfWeek, dict[str, Arrivals]]] = defaultdict(lambda: defaultdict(dict))
    for pk, hour, priority, arrived in _arrived(items.exclude(status=WorklistItem.Status.CANCELLED)):
        zone = begins[pk][0]
        for known in _hours_standing_for(hour, observed[pk]):
            cell = cells[zone][known]
            # Where clocks differ by half an hour a new hospital's first hour may not have been counted yet.
            cell[priority] = cell.get(priority, Arrivals()) + arrived.over(observed[pk][hour] or 1)
    hours = max((sum(counted.values()) for counted in observed.values()), default=0)
    return ArrivalProfile({zone: dict(found) for zone, found in cells.items()}, hours)


def _arrived(items: Iterable[WorklistItem]) -> Iterable[tuple[int, HourOfWeek, str, Arrivals]]:
    """Yield hospital, hour on its clock, priority and all that arrived then."""
    local = {
        part: Func(
            F("hospital__time_zone"),
            F("opened_at"),
            template=f"extract({part} from timezone(%(expressions)s))::int",
            output_field=IntegerField(),
        )
        for part in ("isodow", "hour")
    }
    rows = items.annotate(day=local["isodow"], hour=local["hour"])
    rows = rows.values_list("hospital_id", "day", "hour", "priority").annotate(Count("pk"), Sum("expected_minutes"))
    for hospital_id, day, hour, priority, number, minutes in rows.order_by():
        yield hospital_id, (day >= _FIRST_DAY_OF_WEEKEND, hour), priority, Arrivals(number, float(minutes))


def _hours_of_week(zone: str, start: datetime, end: datetime) -> Counter[HourOfWeek]:
    """Count the hours of [start, end) by their place on the zone's clock."""
    place, counted = ZoneInfo(zone), Counter()
    at = start
    while at < end:
        counted[_hour_of_week(at, place)] += 1
        at += timedelta(hours=1)
    return counted


def _hours_standing_for(hour: HourOfWeek, observed: Counter[HourOfWeek]) -> list[HourOfWeek]:
    """Return the hour, and the same hour of the other kind of day where none of that kind was seen."""
    other = (not hour[0], hour[1])
    return [hour] if observed[other] else [hour, other]


def _hour_of_week(instant: datetime, zone: ZoneInfo) -> HourOfWeek:
    local = instant.astimezone(zone)
    return local.isoweekday() >= _FIRST_DAY_OF_WEEKEND, local.hour
