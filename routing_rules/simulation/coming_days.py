"""The coming days as the network's own past lets expect them: arrivals drawn by weekday, hour and hospital; pure.

Chance comes from a generator that the caller seeds: the same seed draws the same days. Each drawn examination is one
that came at such an hour, with its facts, its service level and what it took.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from routing_rules.engine.facts import WEEKDAYS
from routing_rules.engine.lateness import SIGMA
from routing_rules.simulation.examinations import Examination

# All days of its kind (of the week, of the weekend) count like this many of a weekday's own days.
_DAYS_OF_KIND = 2.0
_FIRST_OF_WEEKEND = 5


@dataclass(frozen=True)
class LocalHour:
    """An hour on a hospital's clock: `weekday` 0 is Monday."""

    weekday: int
    hour: int

    @property
    def is_weekend(self) -> bool:
        return self.weekday >= _FIRST_OF_WEEKEND


@dataclass(frozen=True)
class PastArrival:
    """An examination of the past and the hour on its hospital's clock at which it came."""

    examination: Examination
    came: LocalHour


@dataclass(frozen=True)
class ComingHour:
    """An hour to come: when it begins, in minutes, and what each hospital's clock shows then."""

    starts_at: float
    on_clock_of: dict[int, tuple[LocalHour, int]]


@dataclass(frozen=True)
class Rhythm:
    """What usually comes when; `hours_seen` by hospital, how many of each (weekday, hour) its history holds."""

    past: Sequence[PastArrival]
    hours_seen: Mapping[int, Mapping[tuple[int, int], float]]

    def rate(self, hospital_id: int, hour: LocalHour) -> float:
        """Return the expected arrivals in the hour: those of its weekday, drawn towards those of all such days.

        Where the history holds no such day yet, all its days stand in: a first weekend is not taken to be empty.
        """
        kind = [day for day in range(7) if (day >= _FIRST_OF_WEEKEND) == hour.is_weekend]
        seen = self.hours_seen.get(hospital_id, {})
        of_kind = sum(seen.get((day, hour.hour), 0.0) for day in kind)
        if not of_kind:
            kind = list(range(7))
            of_kind = sum(seen.get((day, hour.hour), 0.0) for day in kind)
        if not of_kind:
            return 0.0
        counts = self._counts
        usual = sum(counts[hospital_id, day, hour.hour] for day in kind) / of_kind
        own = counts[hospital_id, hour.weekday, hour.hour]
        return (own + _DAYS_OF_KIND * usual) / (seen.get((hour.weekday, hour.hour), 0.0) + _DAYS_OF_KIND)

    def draw(self, hours: Sequence[ComingHour], chance: np.random.Generator) -> list[Examination]:
        """Draw what comes in the hours, in the order of arrival."""
        drawn: list[Examination] = []
        for hour in hours:
            for hospital_id in sorted(hour.on_clock_of):
                local, minute = hour.on_clock_of[hospital_id]
                pool = self._pool(hospital_id, local)
                number = int(chance.poisson(self.rate(hospital_id, local))) if pool else 0
                for _ in range(number):
                    origin = pool[int(chance.integers(len(pool)))]
                    drawn.append(_come_again(origin, hour.starts_at, local, minute, chance))
        drawn.sort(key=lambda examination: examination.arrives_at)
        return [replace(examination, item_id=-position) for position, examination in enumerate(drawn, start=1)]

    @cached_property
    def _counts(self) -> Counter[tuple[int, int, int]]:
        return Counter((one.examination.hospital_id, one.came.weekday, one.came.hour) for one in self.past)

    @cached_property
    def _pools(self) -> dict[tuple[int, bool, int], list[Examination]]:
        pools: dict[tuple[int, bool, int], list[Examination]] = defaultdict(list)
        for one in self.past:
            pools[one.examination.hospital_id, one.came.is_weekend, one.came.hour].append(one.examination)
        return dict(pools)

    def _pool(self, hospital_id: int, hour: LocalHour) -> list[Examination]:
        own = self._pools.get((hospital_id, hour.is_weekend, hour.hour), [])
        return own or self._pools.get((hospital_id, not hour.is_weekend, hour.hour), [])


def _come_again(
    origin: Examination, hour_starts_at: float, local: LocalHour, minute: int, chance: np.random.Generator
) -> Examination:
    """Return the examination as it comes in this hour; `minute` is where the hospital's clock stands at its start."""
    offset = float(chance.uniform(0, 60))
    arrives_at = hour_starts_at + offset
    minutes = origin.minutes
    if minutes is None:
        minutes = origin.expected_minutes * float(chance.lognormal(-(SIGMA**2) / 2, SIGMA))
    on_clock = local.hour * 60 + minute + int(offset)
    facts = {
        **origin.facts,
        "weekday": WEEKDAYS[local.weekday],
        "time_of_day": f"{on_clock // 60 % 24:02}:{on_clock % 60:02}",
        "elapsed_share": 0.0,
    }
    raised_at = None if origin.raised_at is None else arrives_at + origin.raised_at - origin.arrives_at
    return replace(origin, arrives_at=arrives_at, facts=facts, minutes=minutes, raised_at=raised_at)
