"""What it costs to put an item on a reader's list: one formula for the plan's lists and for its explanations."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.lateness import expected_excess
from routing_rules.engine.problem import Problem

Floats = NDArray[np.float64]
_BURDEN_CLIP = 0.5
# A list that is longer than the shift is the last resort: what is behind its end goes on to somebody else anyway.
_PAST_SHIFT = 1000.0


@dataclass(frozen=True)
class Parts:
    """The parts of one item's cost for each reader (shape (readers,)), in weighted late minutes; they add up."""

    lateness: Floats
    waiting: Floats
    mismatch: Floats
    minutes: Floats
    fairness: Floats
    past_shift: Floats
    stability: Floats

    def total(self) -> Floats:
        return np.sum([getattr(self, entry.name) for entry in fields(self)], axis=0)


def cost_parts(problem: Problem, row: int, starts_at: Floats) -> Parts:
    """Return what reading item `row` costs with each reader who begins it at `starts_at` (minutes from now)."""
    items, readers, weights = problem.items, problem.readers, problem.snapshot.weights
    weight, minutes = items.lateness_weight[row], problem.pairs.minutes[row]
    burden = np.clip(readers.burden, -_BURDEN_CLIP, _BURDEN_CLIP)
    is_holder = np.arange(len(readers)) == problem.holder[row]
    return Parts(
        lateness=weight * expected_excess(items.due_at[row] - starts_at, minutes),
        waiting=weight * weights.start_delay * starts_at,
        mismatch=weights.mismatch * ~problem.pairs.is_specialist[row],
        minutes=weights.minutes * minutes,
        fairness=4 * weights.fairness * burden * items.relative_value[row],
        past_shift=_PAST_SHIFT * (starts_at >= readers.available_until),
        stability=-weights.stability * is_holder,
    )
