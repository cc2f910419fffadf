"""The plan: who opens what next, and on whose list everything else waits. A pure function of the snapshot.

What idle readers open next comes from the rolling matching over all items and readers. All other items are put on
lists in the order of their urgency, each where it costs least behind what is there already; its present list is
preferred by `weights.stability`, so that lists don't flicker.
"""

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.costs import NOBODY, Pairs
from routing_rules.engine.matching import choose_openings
from routing_rules.engine.outlook import Shortage
from routing_rules.engine.problem import Problem, problem_of
from routing_rules.engine.scoring import Pressure, list_cost, pressure_of
from routing_rules.engine.snapshot import Plan, PlannedReading, ReaderState, Snapshot

Floats = NDArray[np.float64]


def plan(snapshot: Snapshot) -> Plan:
    """Return on whose list each item waits; the same snapshot always gives the same plan."""
    if not snapshot.items or not snapshot.readers:
        return Plan(tuple(PlannedReading(item.item_id, None) for item in snapshot.items))
    return plan_of(problem_of(snapshot))


def plan_of(problem: Problem) -> Plan:
    """Return the plan of a problem; see `plan`."""
    pressure = pressure_of(problem)
    lists = _Lists(problem, pressure)
    for item, reader in sorted(_heads(problem, pressure.shortage)):
        lists.put(item, reader)
    for item in problem.item_order():
        if lists.reader_of[item] == NOBODY:
            lists.put_where_cheapest(int(item))
    return lists.as_plan()


def _heads(problem: Problem, shortage: Shortage) -> list[tuple[int, int]]:
    """Return what each idle reader should open next, as (item row, reader row)."""
    pairs = problem.pairs
    eligible = pairs.is_eligible & (has_room(room_of(problem)) | problem.is_pinned[:, None])
    able = np.flatnonzero(problem.pool.is_on_shift & eligible.any(axis=0))
    rows = np.flatnonzero(eligible[:, able].any(axis=1))
    if not len(rows) or not problem.readers.is_idle[able].any():
        return []
    row_of_reader = {int(reader): row for row, reader in enumerate(able)}
    chosen = choose_openings(
        0.0,
        problem.items_at(rows),
        problem.readers_at(able),
        Pairs(*(matrix[np.ix_(rows, able)] for matrix in (eligible, pairs.is_specialist, pairs.minutes))),
        shortage=Shortage(shortage.overall, shortage.of_item[rows]),
        weights=problem.snapshot.weights,
        held_by=np.array([row_of_reader.get(int(holder), NOBODY) for holder in problem.holder[rows]]),
    )
    return [(int(rows[item]), int(able[reader])) for item, reader in chosen]


class _Lists:
    """The readers' lists as they grow."""

    def __init__(self, problem: Problem, pressure: Pressure) -> None:
        self.problem, self.pressure = problem, pressure
        readers = problem.snapshot.readers
        self.reader_of = np.full(len(problem.items), NOBODY)
        self.starts_at = np.zeros(len(problem.items))
        self.place = np.zeros(len(problem.items), int)
        self.ends_at = problem.readers.free_at.copy()
        self.length = np.zeros(len(readers), int)
        self.room = room_of(problem)

    def put(self, item: int, reader: int) -> None:
        """Put an item at the end of a reader's list."""
        problem = self.problem
        minutes = problem.pairs.minutes[item, reader]
        self.length[reader] += 1
        self.reader_of[item], self.place[item] = reader, self.length[reader]
        self.starts_at[item] = self.ends_at[reader]
        self.ends_at[reader] += minutes
        self.room[reader] -= (1, minutes, problem.items.relative_value[item])

    def put_where_cheapest(self, item: int) -> None:
        """Put an item where it costs least; a cap keeps it from a list unless it is pinned there."""
        problem = self.problem
        able = problem.pairs.is_eligible[item]
        if not problem.is_pinned[item]:
            able = able & has_room(self.room)
        if able.any():
            cost = np.where(able, list_cost(problem, self.pressure, item, self.ends_at).total, np.inf)
            self.put(item, int(cost.argmin()))

    def as_plan(self) -> Plan:
        entries, readers = self.problem.snapshot.items, self.problem.snapshot.readers
        return Plan(tuple(self._reading(row, item.item_id, readers) for row, item in enumerate(entries)))

    def _reading(self, row: int, item_id: int, readers: tuple[ReaderState, ...]) -> PlannedReading:
        reader = int(self.reader_of[row])
        if reader == NOBODY:
            return PlannedReading(item_id, None)
        starts_at = float(self.starts_at[row])
        finishes_at = starts_at + float(self.problem.pairs.minutes[row, reader])
        return PlannedReading(
            item_id, readers[reader].reader_id, int(self.place[row]), round(starts_at, 2), round(finishes_at, 2)
        )


def room_of(problem: Problem) -> Floats:
    """Return how many items, minutes and relative value units more may wait for each reader, shape (readers, 3)."""
    rows = [
        (
            _left(reader.maximum_open_items, reader.open_items),
            _left(reader.maximum_open_minutes, reader.open_minutes),
            _left(reader.maximum_relative_value_per_shift, reader.relative_value_of_shift),
        )
        for reader in problem.snapshot.readers
    ]
    return np.array(rows, float)


def has_room(room: Floats) -> NDArray[np.bool_]:
    """Say for which readers an item more stays within the caps; the one that reaches a cap is the last."""
    return np.all(room > 0, axis=1)


def _left(cap: float | None, used: float) -> float:
    return np.inf if cap is None else cap - used
