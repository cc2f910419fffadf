"""The plan: who opens what next, and on whose list everything else waits. A pure function of the snapshot.

What idle readers open next comes from the rolling matching over all items and readers. All other items are put on
lists in the order of their urgency, each where it costs least behind what is there already; its present list is
preferred by `weights.stability`, so that lists don't flicker.
"""

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.matching import Pairs, PresentReaders, WaitingItems, choose_openings
from routing_rules.engine.outlook import Outlook
from routing_rules.engine.problem import Problem, problem_of
from routing_rules.engine.scoring import cost_parts
from routing_rules.engine.snapshot import Plan, PlannedReading, ReaderState, Snapshot

Floats = NDArray[np.float64]


def plan(snapshot: Snapshot) -> Plan:
    """Return on whose list each item waits; the same snapshot always gives the same plan."""
    if not snapshot.items or not snapshot.readers:
        return Plan(tuple(PlannedReading(item.item_id, None) for item in snapshot.items))
    return plan_of(problem_of(snapshot))


def plan_of(problem: Problem) -> Plan:
    """Return the plan of a problem; see `plan`."""
    lists = _Lists(problem)
    for item, reader in sorted(_heads(problem)):
        lists.put(item, reader)
    for item in problem.item_order():
        if lists.reader_of[item] < 0:
            lists.put_where_cheapest(int(item))
    return lists.as_plan()


def _heads(problem: Problem) -> list[tuple[int, int]]:
    """Return what each idle reader should open next, as (item row, reader row)."""
    eligible = problem.pairs.is_eligible & (has_room(room_of(problem)) | problem.is_pinned[:, None])
    able = np.flatnonzero(problem.pool.is_on_shift & eligible.any(axis=0))
    rows = np.flatnonzero(eligible[:, able].any(axis=1))
    if not len(rows) or not problem.readers.is_idle[able].any():
        return []
    items, readers = _items_of(problem.items, rows), _readers_of(problem.readers, able)
    specialist, minutes = problem.pairs.is_specialist, problem.pairs.minutes
    pairs = Pairs(*(matrix[np.ix_(rows, able)] for matrix in (eligible, specialist, minutes)))
    shortage_of_item, shortage = _shortage(problem, items, readers)
    chosen = choose_openings(
        0.0,
        items,
        readers,
        pairs,
        shortage_of_item=shortage_of_item,
        shortage=shortage,
        weights=problem.snapshot.weights,
    )
    return [(int(rows[item]), int(able[reader])) for item, reader in chosen]


def _items_of(items: WaitingItems, rows: NDArray[np.int_]) -> WaitingItems:
    return WaitingItems(
        items.due_at[rows], items.lateness_weight[rows], items.expected_minutes[rows], items.relative_value[rows]
    )


def _readers_of(readers: PresentReaders, rows: NDArray[np.int_]) -> PresentReaders:
    return PresentReaders(
        readers.is_idle[rows],
        readers.free_at[rows],
        readers.available_until[rows],
        readers.speed_factor[rows],
        readers.burden[rows],
    )


def _shortage(problem: Problem, items: WaitingItems, readers: PresentReaders) -> tuple[Floats, float]:
    """Return how short of reading time the coming hours are, 0 to 1, until each item's due instant and at worst."""
    snapshot, prospect, weights = problem.snapshot, problem.snapshot.prospect, problem.snapshot.weights
    grid = np.arange(len(prospect.capacity)) * prospect.step
    levels = snapshot.levels
    shares = np.array([prospect.priority_share.get(code, 0.0) for code in levels])
    instants, utilisation = Outlook(grid, np.array(prospect.capacity), np.array(prospect.work)).utilisation(
        0.0,
        due_at=items.due_at,
        minutes=items.expected_minutes,
        busy_minutes=float(readers.free_at.sum()),
        service_levels=np.array([level.service_level_minutes for level in levels.values()]),
        priority_share=shares,
        attendance=prospect.attendance,
    )
    level = np.clip((utilisation - weights.shortage_from) / weights.shortage_width, 0.0, 1.0)
    return np.interp(items.due_at, instants, level), float(level.max())


class _Lists:
    """The readers' lists as they grow."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        readers = problem.snapshot.readers
        self.reader_of = np.full(len(problem.items), -1)
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
            cost = np.where(able, cost_parts(problem, item, self.ends_at).total(), np.inf)
            self.put(item, int(cost.argmin()))

    def as_plan(self) -> Plan:
        entries, readers = self.problem.snapshot.items, self.problem.snapshot.readers
        return Plan(tuple(self._reading(row, item.item_id, readers) for row, item in enumerate(entries)))

    def _reading(self, row: int, item_id: int, readers: tuple[ReaderState, ...]) -> PlannedReading:
        reader = int(self.reader_of[row])
        if reader < 0:
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
