"""What reading an item costs a network, reader by reader, in weighted late minutes and by its parts.

Pure: no clock, no database, no randomness. Instants and durations are minutes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.lateness import expected_excess
from routing_rules.engine.outlook import Shortage
from routing_rules.engine.weights import EngineWeights

Floats = NDArray[np.float64]
Integers = NDArray[np.int_]
Booleans = NDArray[np.bool_]
# Burdens further from the mean than this share of it count as this far.
_BURDEN_CLIP = 0.5
# Minutes of deep backlog per reader from which a mismatch has its full price under backlog.
_DEEPEST = 120.0
# A longer time without a reader counts as this long, minutes.
_LONGEST_GAP = 600.0
# Readers who come next, looked at together.
_READERS_AT_ONCE = 16
NOBODY = -1


@dataclass(frozen=True)
class WaitingItems:
    """The items that wait, a row each; in minutes, `expected_minutes` for an average specialist.

    `service_level` is the time from arrival to the due instant, above 0.
    """

    due_at: Floats
    lateness_weight: Floats
    expected_minutes: Floats
    relative_value: Floats
    service_level: Floats

    def __len__(self) -> int:
        return len(self.due_at)

    def at(self, rows: Integers | slice) -> "WaitingItems":
        return WaitingItems(**{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True)
class PresentReaders:
    """The readers on shift, a row each: when they can open the next study, until when, and their burden's distance.

    `burden` is the relative value per hour, adjusted for speed, as a share above (or below) the mean.
    """

    is_idle: Booleans
    free_at: Floats
    available_until: Floats
    speed_factor: Floats
    burden: Floats

    def __len__(self) -> int:
        return len(self.free_at)

    def at(self, rows: Integers) -> "PresentReaders":
        return PresentReaders(**{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True)
class Pairs:
    """Who may read what: arrays of shape (items, readers)."""

    is_eligible: Booleans
    is_specialist: Booleans
    minutes: Floats

    def at(self, rows: Integers, columns: Integers | slice = slice(None)) -> "Pairs":
        return Pairs(**{name: values[rows][:, columns] for name, values in vars(self).items()})


@dataclass(frozen=True)
class CostParts:
    """The parts of what reading costs, in weighted late minutes, arrays of one shape; the least `total` is best.

    `lateness` is expected if the reader begins it when free; `waiting` what the time until then costs; `minutes` the
    price of the reader's time; `fairness` is negative for readers with less than their share who get more relative
    value than their time usually gives, and the other way round; `stability` is negative for the one on whose list the
    item is already.
    """

    lateness: Floats
    waiting: Floats
    minutes: Floats
    mismatch: Floats
    fairness: Floats
    stability: Floats

    @property
    def total(self) -> Floats:
        return self.lateness + self.waiting + self.minutes + self.mismatch + self.fairness + self.stability


@dataclass(frozen=True)
class Load:
    """How much waits: expected minutes in all per present reader, and of one item; relative value by such a minute."""

    backlog_minutes: float
    mean_minutes: float
    value_per_minute: float

    def deep(self, weights: EngineWeights) -> float:
        return max(0.0, self.backlog_minutes - weights.deep_backlog_from)

    def occupied(self, weights: EngineWeights) -> float:
        """Return how surely readers are busy whatever they read: 0 with nothing waiting, 1 under deep backlog."""
        return min(1.0, self.backlog_minutes / weights.deep_backlog_from)

    def postponed(self, weights: EngineWeights) -> float:
        """Return how many minutes later an item is read that isn't read now."""
        return weights.postponed_minutes + weights.postponed_per_backlog_minute * self.backlog_minutes


def last_chance(
    now: float, items: WaitingItems, readers: PresentReaders, pairs: Pairs, returns_at: Floats, weights: EngineWeights
) -> Floats:
    """Return the weighted lateness to fear for items whose readers are about to leave, shape (items,).

    `returns_at`, shape (items,), is when the next reader who may read the item and isn't there now comes on shift.
    """
    left = np.maximum(0.0, readers.available_until - np.maximum(now, readers.free_at))
    time_left = pairs.is_eligible.astype(float) @ left
    chance = np.exp(-time_left / weights.last_chance_minutes)
    gap = np.clip(returns_at - np.maximum(items.due_at, now), 0.0, _LONGEST_GAP)
    return weights.last_chance * items.lateness_weight * gap * chance


def first_to_come(may_read: Booleans, starts_at: Floats) -> Floats:
    """Return when the first reader who may read each item comes, shape (items,), infinite when nobody does.

    `may_read`: (items, readers); `starts_at`: (readers,), infinite for those whose next shift isn't known.
    """
    soonest = np.argsort(starts_at, kind="stable")[: int(np.isfinite(starts_at).sum())]
    first, rows = np.full(len(may_read), np.inf), np.arange(len(may_read))
    # Somebody among the next few may read nearly everything, so only few rows look further.
    for place in range(0, len(soonest), _READERS_AT_ONCE):
        readers = soonest[place : place + _READERS_AT_ONCE]
        may = may_read[rows[:, None], readers]
        found = may.any(axis=1)
        first[rows[found]] = starts_at[readers][may[found].argmax(axis=1)]
        rows = rows[~found]
    return first


def load_of(items: WaitingItems, readers: PresentReaders) -> Load:
    """Return how much waits for those present."""
    minutes = float(items.expected_minutes.sum())
    return Load(minutes / len(readers), minutes / len(items), float(items.relative_value.sum()) / minutes)


def cost_parts(
    now: float,
    items: WaitingItems,
    readers: PresentReaders,
    pairs: Pairs,
    *,
    item: int,
    shortage: Shortage,
    weights: EngineWeights,
    held_by: Integers | None = None,
) -> CostParts:
    """Return the parts of what reading `item` (a row) next costs with each reader, each of shape (readers,)."""
    one = slice(item, item + 1)
    parts = pair_costs(
        now,
        items.at(one),
        readers,
        pairs.at(np.array([item])),
        starts_at=readers.free_at,
        load=load_of(items, readers),
        shortage=shortage,
        weights=weights,
        held_by=None if held_by is None else held_by[one],
    )
    return CostParts(
        *(part[0] for part in (parts.lateness, parts.waiting, parts.minutes, parts.mismatch, parts.fairness)),
        stability=parts.stability[0],
    )


def pair_costs(
    now: float,
    items: WaitingItems,
    readers: PresentReaders,
    pairs: Pairs,
    *,
    starts_at: Floats,
    load: Load,
    shortage: Shortage,
    weights: EngineWeights,
    held_by: Integers | None = None,
) -> CostParts:
    """Return the parts for every pair, shape (items, readers), if readers begin at `starts_at`."""
    price = weights.minutes + dear_minutes(load, shortage, weights)
    occupied = load.occupied(weights)
    unfair = 4 * weights.fairness * (1 + weights.busy_fairness * occupied)
    burden = unfair * np.clip(readers.burden, -_BURDEN_CLIP, _BURDEN_CLIP)
    # What the time would have brought anyway, the slow and the quick counted alike, as in the burden.
    displaced = weights.displaced * occupied * load.value_per_minute * pairs.minutes / readers.speed_factor
    stability = np.zeros(pairs.minutes.shape)
    if held_by is not None:
        rows = np.flatnonzero(held_by != NOBODY)
        stability[rows, held_by[rows]] = -weights.stability
    return CostParts(
        lateness=items.lateness_weight[:, None]
        * expected_excess(items.due_at[:, None] - starts_at[None, :], pairs.minutes),
        waiting=(starts_at - now)[None, :] * (items.lateness_weight * weights.start_delay)[:, None],
        minutes=price * pairs.minutes,
        mismatch=mismatch_price(load, weights) * ~pairs.is_specialist,
        fairness=burden[None, :] * (items.relative_value[:, None] - displaced),
        stability=stability,
    )


def mismatch_price(load: Load, weights: EngineWeights) -> float:
    """Return what a mismatch costs: more while much waits, for outside the own subspecialty reading takes longer."""
    return weights.mismatch * (1 + weights.backlog_mismatch * min(1.0, load.deep(weights) / _DEEPEST))


def dear_minutes(load: Load, shortage: Shortage, weights: EngineWeights) -> float:
    """Return the price of a reading minute while much waits or time will be short."""
    short = weights.shortage_minutes * load.postponed(weights) * shortage.chance
    return (short + weights.backlog_minutes * load.deep(weights)) / load.mean_minutes


def worth_of_reading(
    now: float, items: WaitingItems, *, load: Load, shortage: Shortage, weights: EngineWeights
) -> Floats:
    """Return what reading each item now instead of later is worth, shape (items,)."""
    weight, expected = items.lateness_weight, items.expected_minutes
    deep, postponed = load.deep(weights), load.postponed(weights)
    used = np.clip(1 - (items.due_at - now) / items.service_level, 0.0, 1.0)
    return (
        weight * expected_excess(items.due_at - now - postponed, expected * 1.1)
        + weights.urgency * weight * np.exp(-np.maximum(0.0, items.due_at - now - expected) / weights.urgency_minutes)
        + weights.patience * used
        + weights.waiting_work
        * (1 + weights.waiting_work_per_backlog_minute * (load.backlog_minutes - deep))
        * (1 - shortage.chance)
        * expected
        + weights.backlog_relief * deep * weight**weights.backlog_relief_exponent
        + weights.shortage_relief * postponed * shortage.of_item
        + dear_minutes(load, shortage, weights) * weights.longest_means * load.mean_minutes
    )
