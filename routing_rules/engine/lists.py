"""The readers' lists as a plan fills them, within the caps."""

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.costs import NOBODY
from routing_rules.engine.problem import Problem
from routing_rules.engine.scoring import Pressure, list_cost

Floats = NDArray[np.float64]


class Lists:
    """On whose list each item is (rows; NOBODY where on none), and how much room the caps leave.

    Pinned items count from the start, also while they aren't on their list yet: what comes before them in the order
    must not take the room that is theirs.
    """

    def __init__(self, problem: Problem, pressure: Pressure) -> None:
        self.problem, self.pressure = problem, pressure
        self.reader_of = np.full(len(problem.items), NOBODY)
        self.ends_at = problem.readers.free_at.copy()
        self.room = room_of(problem)
        for item in np.flatnonzero(problem.is_pinned):
            self.room[problem.holder[item]] -= self._weight_of(int(item), int(problem.holder[item]))

    def put(self, item: int, reader: int) -> None:
        """Put an item at the end of a reader's list."""
        self.reader_of[item] = reader
        self.ends_at[reader] += self.problem.pairs.minutes[item, reader]
        if not self.problem.is_pinned[item]:
            self.room[reader] -= self._weight_of(item, reader)

    def take_off(self, item: int) -> None:
        """Take an item off the list that it is on."""
        reader = self.reader_of[item]
        self.reader_of[item] = NOBODY
        self.ends_at[reader] -= self.problem.pairs.minutes[item, reader]
        if not self.problem.is_pinned[item]:
            self.room[reader] += self._weight_of(item, reader)

    def keep(self, item: int) -> bool:
        """Leave an item on its present list if it may still be there; say whether it may."""
        holder = int(self.problem.holder[item])
        if holder == NOBODY or not self.problem.pairs.is_eligible[item, holder]:
            return False
        if not self.problem.is_pinned[item] and (self.room[holder] <= 0).any():
            return False
        self.put(item, holder)
        return True

    def put_where_cheapest(self, item: int) -> None:
        """Put an item where it costs least; a cap keeps it from a list unless it is pinned there."""
        able = self.problem.pairs.is_eligible[item]
        if not self.problem.is_pinned[item]:
            able = able & has_room(self.room)
        if able.any():
            cost = np.where(able, list_cost(self.problem, self.pressure, item, self.ends_at).total, np.inf)
            self.put(item, int(cost.argmin()))

    def make_room_for(self, item: int) -> None:
        """Find a list for an item whose eligible readers are at their caps, by moving others on; else leave it.

        An augmenting path of bipartite matching (breadth first): an item goes to a reader at the cap, one of that
        reader's to the next, until one goes where there is room. So no cap keeps an item from a list needlessly.
        """
        eligible = self.problem.pairs.is_eligible
        came_by: dict[int, tuple[int, int]] = {int(reader): (item, NOBODY) for reader in np.flatnonzero(eligible[item])}
        waiting = list(came_by)
        while waiting:
            reader = waiting.pop(0)
            if has_room(self.room)[reader]:
                self._move_along(came_by, reader)
                return
            for other in np.flatnonzero((self.reader_of == reader) & ~self.problem.is_pinned):
                for target in np.flatnonzero(eligible[other]):
                    if int(target) not in came_by:
                        came_by[int(target)] = (int(other), reader)
                        waiting.append(int(target))

    def _move_along(self, came_by: dict[int, tuple[int, int]], reader: int) -> None:
        while reader != NOBODY:
            item, source = came_by[reader]
            if source != NOBODY:
                self.take_off(item)
            self.put(item, reader)
            reader = source

    def _weight_of(self, item: int, reader: int) -> Floats:
        return np.array([1.0, self.problem.pairs.minutes[item, reader], self.problem.items.relative_value[item]])


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
