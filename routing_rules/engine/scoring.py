"""What it costs to put an item on a reader's list: one formula for the plan's lists and for its explanations."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.costs import CostParts, Load, Pairs, load_of, pair_costs
from routing_rules.engine.outlook import Outlook, Shortage
from routing_rules.engine.problem import Problem

Floats = NDArray[np.float64]
# A list that is longer than the shift is the last resort: what is behind its end goes on to somebody else anyway.
_PAST_SHIFT = 1000.0


@dataclass(frozen=True)
class Pressure:
    """How much waits for those on shift, and how short of reading time the coming hours are."""

    load: Load
    shortage: Shortage


@dataclass(frozen=True)
class ListCost:
    """One item's cost for each reader, shape (readers,): `parts` as in costs, and what a list past the shift adds."""

    parts: CostParts
    past_shift: Floats

    @property
    def total(self) -> Floats:
        return self.parts.total + self.past_shift

    def by_name(self) -> dict[str, Floats]:
        return {**vars(self.parts), "past_shift": self.past_shift}


def pressure_of(problem: Problem) -> Pressure:
    """Return the pressure under which the snapshot's items are planned."""
    snapshot, items, readers = problem.snapshot, problem.items, problem.readers
    prospect, is_present = snapshot.prospect, problem.pool.is_on_shift
    grid = np.arange(len(prospect.capacity)) * prospect.step
    shortage = Outlook(grid, np.array(prospect.capacity), np.array(prospect.work)).shortage(
        0.0,
        due_at=items.due_at,
        minutes=items.expected_minutes,
        lateness_weight=items.lateness_weight,
        busy_minutes=float(readers.free_at[is_present].sum()),
        service_levels=np.array([level.service_level_minutes for level in snapshot.levels.values()]),
        priority_share=np.array([prospect.priority_share.get(code, 0.0) for code in snapshot.levels]),
        attendance=prospect.attendance,
    )
    return Pressure(load_of(items, problem.present()), shortage)


def list_cost(problem: Problem, pressure: Pressure, row: int, starts_at: Floats) -> ListCost:
    """Return what reading item `row` costs with each reader who begins it at `starts_at` (minutes from now)."""
    items, pairs, one = problem.items, problem.pairs, slice(row, row + 1)
    parts = pair_costs(
        0.0,
        items.at(one),
        problem.readers,
        Pairs(pairs.is_eligible[one], pairs.is_specialist[one], pairs.minutes[one]),
        starts_at=starts_at,
        load=pressure.load,
        shortage=pressure.shortage,
        weights=problem.snapshot.weights,
        held_by=problem.holder[one],
    )
    return ListCost(
        CostParts(**{name: part[0] for name, part in vars(parts).items()}),
        _PAST_SHIFT * (starts_at >= problem.readers.available_until),
    )
