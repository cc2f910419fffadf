"""The rolling matching: all waiting items against all readers present, over each reader's next two slots.

Every event solves one assignment problem; only pairs with an idle reader are carried out, the rest is planned again at
the next event, so nothing is bound before it is opened. Pure: no clock, no database, no randomness.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from routing_rules.engine.lateness import expected_excess
from routing_rules.engine.weights import EngineWeights

Floats = NDArray[np.float64]
Integers = NDArray[np.int_]
Booleans = NDArray[np.bool_]
# Burdens further from the mean than this share of it count as this far.
_BURDEN_CLIP = 0.5


@dataclass(frozen=True)
class WaitingItems:
    """The items that wait, a row each; in minutes, `expected_minutes` for an average specialist."""

    due_at: Floats
    lateness_weight: Floats
    expected_minutes: Floats
    relative_value: Floats

    def __len__(self) -> int:
        return len(self.due_at)


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


@dataclass(frozen=True)
class Pairs:
    """Who may read what: arrays of shape (items, readers)."""

    is_eligible: Booleans
    is_specialist: Booleans
    minutes: Floats


def choose_openings(
    now: float,
    items: WaitingItems,
    readers: PresentReaders,
    pairs: Pairs,
    *,
    shortage_of_item: Floats,
    shortage: float,
    weights: EngineWeights,
) -> list[tuple[int, int]]:
    """Return (item, reader) rows that idle readers open now; `shortage` 0 to 1, of the coming hours and by item."""
    gain = _gains(now, items, readers, pairs, shortage_of_item, shortage, weights)
    slots = []
    mean_minutes = float(items.expected_minutes.mean())
    for share, starts_at in (
        (1.0, readers.free_at),
        (weights.later_slot, readers.free_at + mean_minutes * readers.speed_factor),
    ):
        lateness = items.lateness_weight[:, None] * expected_excess(
            items.due_at[:, None] - starts_at[None, :], pairs.minutes
        )
        delay = (starts_at - now)[None, :] * (items.lateness_weight * weights.start_delay)[:, None]
        cost = np.minimum(lateness + delay - gain, 0.0) * share
        slots.append(np.where(pairs.is_eligible & (starts_at < readers.available_until)[None, :], cost, 0.0))
    costs = np.concatenate(slots, axis=1)
    rows, columns = linear_sum_assignment(costs)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if costs[row, column] < 0 and column < len(readers) and readers.is_idle[column]
    ]


def _gains(
    now: float,
    items: WaitingItems,
    readers: PresentReaders,
    pairs: Pairs,
    shortage_of_item: Floats,
    shortage: float,
    weights: EngineWeights,
) -> Floats:
    """Return what reading each item soon is worth less what each reader costs, shape (items, readers)."""
    weight, expected = items.lateness_weight, items.expected_minutes
    mean_minutes = float(expected.mean())
    backlog = float(expected.sum()) / len(readers)
    deep = max(0.0, backlog - weights.deep_backlog_from)
    postponed = weights.postponed_minutes + weights.postponed_per_backlog_minute * backlog
    worth = (
        weight * expected_excess(items.due_at - now - postponed, expected * 1.1)
        + weights.urgency * weight * np.exp(-np.maximum(0.0, items.due_at - now - expected) / weights.urgency_minutes)
        + weights.waiting_work
        * (1 + weights.waiting_work_per_backlog_minute * (backlog - deep))
        * (1 - shortage)
        * expected
        + weights.backlog_relief * deep * weight**weights.backlog_relief_exponent
        + weights.shortage_relief * np.maximum(shortage_of_item, 0.3 * shortage) * weight * postponed
    )
    price = (
        weights.minutes
        + weights.shortage_minutes * postponed * shortage / mean_minutes
        + weights.backlog_minutes * deep / mean_minutes
    )
    mismatch = weights.mismatch * max(0.2, 1 - weights.shortage_mismatch * shortage)
    burden = 4 * weights.fairness * np.clip(readers.burden, -_BURDEN_CLIP, _BURDEN_CLIP)
    return (
        worth[:, None]
        - price * pairs.minutes
        - mismatch * ~pairs.is_specialist
        - burden[None, :] * items.relative_value[:, None]
    )
