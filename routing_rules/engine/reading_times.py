"""Learn from finished readings how long a procedure takes and how quick a reader is; pure, no clock, no database.

The model: ln(minutes) = ln(catalogue) + deviation of the procedure + pace of the reader + noise. Deviations and paces
are trimmed means, each drawn towards zero by how few readings there are, worked out in turn until they stand still.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log

import numpy as np

LEFT_OUT = ("reopened", "interrupted", "absurd", "outlier")

# Below this nobody has looked at the images, above it somebody went for lunch with the case open.
SHORTEST_MINUTES, LONGEST_MINUTES = 0.25, 180.0
LONGEST_BY_CATALOGUE = 12.0
# The catalogue counts like this many readings of a procedure, the average reader like this many of a reader: the noise
# of one reading (0.5 in logarithms) against how far a catalogue (0.25) and readers (0.17) are usually off, squared.
READINGS_OF_CATALOGUE, READINGS_OF_AVERAGE_READER = 4.0, 9.0
TRIMMED_SHARE = 0.1
# Readings further off than this many robust standard deviations are left out; the deviation itself is kept in bounds.
OUTLIER_DEVIATIONS = 3.5
LEAST_SPREAD, MOST_SPREAD = 0.15, 0.9
TURNS, SETTLED = 50, 1e-7
# Minutes by which signing one case and opening the next may overlap.
INSTANT = 0.05


@dataclass(frozen=True, slots=True)
class Reading:
    """One finished reading; `started` and `finished` in minutes on one clock, `was_reopened`: begun more than once."""

    item_id: int
    procedure_id: int
    reader_id: int
    started: float
    finished: float
    was_reopened: bool = False

    @property
    def minutes(self) -> float:
        return self.finished - self.started


@dataclass(frozen=True)
class Learnt:
    """Minutes for an average reader by procedure, factors by reader, how many readings each rests on."""

    minutes: dict[int, float] = field(default_factory=dict)
    speed_factors: dict[int, float] = field(default_factory=dict)
    readings_of_procedure: dict[int, int] = field(default_factory=dict)
    readings_of_reader: dict[int, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def readings_used(self) -> int:
        return sum(self.readings_of_procedure.values())


def learn(
    readings: Sequence[Reading],
    catalogue: Mapping[int, float],
    *,
    other_moments: Mapping[int, Sequence[float]] | None = None,
) -> Learnt:
    """Learn from `readings`; `catalogue` has each procedure's minutes.

    `other_moments`: by reader, when each began another case (also one that was put back): a reading with such a moment
    inside was interrupted. The order of the readings does not matter.
    """
    readings = sorted(readings, key=lambda reading: reading.item_id)
    kept, left_out = usable_readings(readings, catalogue, other_moments or {})
    if not kept:
        return Learnt(left_out=dict(left_out))
    groups = _Groups(kept)
    distance = np.array([log(reading.minutes / catalogue[reading.procedure_id]) for reading in kept])
    is_in = np.ones(len(kept), dtype=bool)
    estimate = groups.estimate(distance, is_in)
    # Outliers are judged once a first estimate stands, then all is worked out again without them.
    is_in = np.abs(estimate.rest - np.median(estimate.rest)) <= OUTLIER_DEVIATIONS * estimate.spread
    estimate = groups.estimate(distance, is_in)
    left_out["outlier"] += int((~is_in).sum())
    return Learnt(
        minutes={key: catalogue[key] * exp(estimate.deviation[at]) for at, key in enumerate(groups.procedures)},
        speed_factors={key: exp(estimate.pace[at]) for at, key in enumerate(groups.readers)},
        readings_of_procedure=_counted(groups.procedures, groups.procedure_at[is_in]),
        readings_of_reader=_counted(groups.readers, groups.reader_at[is_in]),
        left_out={name: left_out[name] for name in LEFT_OUT if left_out[name]},
    )


@dataclass(frozen=True)
class _Estimate:
    """`deviation` by procedure and `pace` by reader, in logarithms; what they leave over of each reading."""

    deviation: np.ndarray
    pace: np.ndarray
    rest: np.ndarray
    spread: float


class _Groups:
    """The readings by procedure and by reader, as positions in arrays."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self.procedures = sorted({reading.procedure_id for reading in readings})
        self.readers = sorted({reading.reader_id for reading in readings})
        procedure_position = {key: at for at, key in enumerate(self.procedures)}
        reader_position = {key: at for at, key in enumerate(self.readers)}
        self.procedure_at = np.array([procedure_position[reading.procedure_id] for reading in readings])
        self.reader_at = np.array([reader_position[reading.reader_id] for reading in readings])

    def estimate(self, distance: np.ndarray, is_in: np.ndarray) -> _Estimate:
        """Work procedures and readers out in turn from the readings that are `is_in`; `rest` is of all readings."""
        of_procedure = _positions(self.procedure_at, is_in, len(self.procedures))
        of_reader = _positions(self.reader_at, is_in, len(self.readers))
        deviation, pace = np.zeros(len(self.procedures)), np.zeros(len(self.readers))
        sizes = np.array([len(positions) for positions in of_reader], dtype=float)
        for _turn in range(TURNS):
            before = deviation
            deviation = _drawn_means(distance - pace[self.reader_at], of_procedure, READINGS_OF_CATALOGUE)
            pace = _drawn_means(distance - deviation[self.procedure_at], of_reader, READINGS_OF_AVERAGE_READER)
            pace -= np.average(pace, weights=sizes)
            if np.max(np.abs(deviation - before)) < SETTLED:
                break
        rest = distance - deviation[self.procedure_at] - pace[self.reader_at]
        spread = _robust_spread(rest[is_in])
        # Lists are counted in mean minutes: the mean of a lognormal lies above its median by half the variance.
        own_share = np.array([_own_share(len(positions), READINGS_OF_CATALOGUE) for positions in of_procedure])
        return _Estimate(deviation + own_share * spread**2 / 2, pace, rest, spread)


def usable_readings(
    readings: Iterable[Reading], catalogue: Mapping[int, float], other_moments: Mapping[int, Sequence[float]]
) -> tuple[list[Reading], Counter[str]]:
    """Return the readings that tell how long one takes, and how many were left out for which reason."""
    readings = list(readings)
    begun = {reader: sorted(moments) for reader, moments in other_moments.items()}
    moments: dict[int, list[float]] = defaultdict(list)
    for reading in readings:
        moments[reading.reader_id] += [reading.started, reading.finished]
    for reader in moments:
        moments[reader].sort()
    kept, left_out = [], Counter[str]()
    for reading in readings:
        reason = _reason_out(reading, catalogue, moments[reading.reader_id], begun.get(reading.reader_id, ()))
        if reason:
            left_out[reason] += 1
        else:
            kept.append(reading)
    return kept, left_out


def _reason_out(
    reading: Reading, catalogue: Mapping[int, float], moments: Sequence[float], begun: Sequence[float]
) -> str:
    longest = min(LONGEST_MINUTES, max(30.0, LONGEST_BY_CATALOGUE * catalogue[reading.procedure_id]))
    if reading.was_reopened:
        return "reopened"
    if not SHORTEST_MINUTES <= reading.minutes <= longest:
        return "absurd"
    if _any_between(moments, reading.started, reading.finished) or _any_between(
        begun, reading.started, reading.finished
    ):
        return "interrupted"
    return ""


def _any_between(moments: Sequence[float], start: float, end: float) -> bool:
    """Say whether a sorted moment lies strictly between; what follows at once counts as after."""
    return bisect_left(moments, end - INSTANT) > bisect_right(moments, start + INSTANT)


def _positions(group_at: np.ndarray, is_in: np.ndarray, number: int) -> list[np.ndarray]:
    return [np.flatnonzero((group_at == group) & is_in) for group in range(number)]


def _drawn_means(values: np.ndarray, groups: Sequence[np.ndarray], weight_of_zero: float) -> np.ndarray:
    return np.array(
        [
            _own_share(len(group), weight_of_zero) * _trimmed_mean(values[group]) if len(group) else 0.0
            for group in groups
        ]
    )


def _own_share(readings: int, weight_of_zero: float) -> float:
    return readings / (readings + weight_of_zero)


def _trimmed_mean(values: np.ndarray) -> float:
    """The mean without the tenth at each end; of fewer than ten without the ends when there are at least three."""
    cut = max(int(len(values) * TRIMMED_SHARE), 1 if len(values) >= 3 else 0)
    return float(np.sort(values)[cut : len(values) - cut].mean())


def _robust_spread(rest: np.ndarray) -> float:
    """The standard deviation as the median distance from the median tells it, kept within what people show."""
    spread = 1.4826 * float(np.median(np.abs(rest - np.median(rest))))
    return min(max(spread, LEAST_SPREAD), MOST_SPREAD)


def _counted(keys: Sequence[int], positions: np.ndarray) -> dict[int, int]:
    counts = np.bincount(positions, minlength=len(keys))
    return {key: int(counts[at]) for at, key in enumerate(keys) if counts[at]}
