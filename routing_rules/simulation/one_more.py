"""Where one more reader helps most: candidates by where lateness is, each tried on the same drawn days; pure."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from routing_rules.engine.weights import EngineWeights
from routing_rules.simulation.outlook_runs import DrawnDays, HourByHour, run_days, with_one_more
from routing_rules.simulation.scenario import Scenario

BLOCK_HOURS = 8
MOST_BLOCKS, MOST_PROFILES, MOST_RUNS = 4, 3, 6


@dataclass(frozen=True)
class Candidate:
    """One more reader with the rights of reader `like`, for `subspecialty` ("" for all), in [starts_at, ends_at)."""

    subspecialty: str
    like: int
    starts_at: float
    ends_at: float

    @property
    def hours(self) -> float:
        return (self.ends_at - self.starts_at) / 60


@dataclass(frozen=True)
class Saving:
    """What a candidate saves, by run: weighted late minutes, and late examinations."""

    candidate: Candidate
    minutes: tuple[float, ...]
    late_items: tuple[float, ...]

    @property
    def minutes_per_hour(self) -> float:
        return float(np.mean(self.minutes)) / self.candidate.hours

    @property
    def error_per_hour(self) -> float:
        """Return the standard error of `minutes_per_hour`."""
        if len(self.minutes) < 2:
            return 0.0
        return float(np.std(self.minutes, ddof=1) / np.sqrt(len(self.minutes))) / self.candidate.hours


def candidates(drawn: DrawnDays, runs: Sequence[HourByHour], *, hours: int) -> list[Candidate]:
    """Return the blocks and subspecialties in which most weighted lateness arises, each with a reader to be like."""
    by_block: dict[int, float] = defaultdict(float)
    by_subspecialty: dict[str, float] = defaultdict(float)
    for run in runs:
        for (subspecialty, hour), weighted in run.late_of_kind.items():
            by_block[hour // BLOCK_HOURS] += weighted
            by_subspecialty[subspecialty] += weighted
    blocks = sorted(by_block, key=lambda block: (-by_block[block], block))[:MOST_BLOCKS]
    wanted = sorted(by_subspecialty, key=lambda name: (-by_subspecialty[name], name))
    profiles = _profiles(drawn.scenario, wanted)
    return [
        Candidate(subspecialty, like, block * BLOCK_HOURS * 60.0, min(hours, (block + 1) * BLOCK_HOURS) * 60.0)
        for block in sorted(blocks)
        for subspecialty, like in profiles
    ]


def savings(
    drawn: Sequence[DrawnDays],
    runs: Sequence[HourByHour],
    tried: Sequence[Candidate],
    weights: EngineWeights,
    *,
    hours: int,
    on_progress: Callable[[float], None],
) -> list[Saving]:
    """Run each candidate on the first drawn days; the one that saves most per hour comes first."""
    found, chosen = [], list(zip(drawn, runs, strict=True))[:MOST_RUNS]
    for number, candidate in enumerate(tried):
        minutes, late_items = [], []
        for position, (days, before) in enumerate(chosen):
            share = (number + position / len(chosen)) / len(tried)
            on_progress(share)
            extended = with_one_more(days, candidate.like, candidate.starts_at, candidate.ends_at)
            after = run_days(extended, weights, hours=hours, on_progress=lambda _of_run, at=share: on_progress(at))
            minutes.append(before.weighted - after.weighted)
            late_items.append(before.late_items - after.late_items)
        found.append(Saving(candidate, tuple(minutes), tuple(late_items)))
    return sorted(
        found, key=lambda saving: (-saving.minutes_per_hour, saving.candidate.starts_at, saving.candidate.like)
    )


def _profiles(scenario: Scenario, wanted: Sequence[str]) -> list[tuple[str, int]]:
    """Return for each subspecialty the reader with the widest rights who has it, then whoever may read most of all."""
    eligible, share = scenario.is_eligible()[0], scenario.type_share
    breadth = share @ eligible
    found: list[tuple[str, int]] = []
    for subspecialty in [name for name in wanted if name][: MOST_PROFILES - 1]:
        able = [at for at, reader in enumerate(scenario.readers) if subspecialty in reader.subspecialties]
        if able:
            found.append((subspecialty, max(able, key=lambda at: (breadth[at], -at))))
    if len(scenario.readers):
        found.append(("", int(np.argmax(breadth))))
    return list({like: (name, like) for name, like in reversed(found)}.values())[::-1]
