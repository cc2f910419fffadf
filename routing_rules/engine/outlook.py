"""The outlook: whether the coming hours have the capacity for what waits and what will arrive."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STEP = 15.0
# Readers are away from the screen for a few minutes of each hour.
_EFFICIENCY = 0.97


# With less reading time planned than this nothing is known of the coming hours: no rota is kept.
_UNKNOWN_BELOW = 60.0
# Real readers are a little slower than average specialists: many read outside their subspecialty.
_USUAL_FACTOR = 1.06
# Coming slack is uncertain; the shortage is a mean over these standard deviations.
_DEVIATIONS = (-1.4, -0.5, 0.0, 0.5, 1.4)

_SLACK_SHARE, _SLACK_MINUTES = 0.12, 45.0
_AHEAD = np.arange(1, 57) * 30.0


@dataclass(frozen=True)
class Shortage:
    """How short of reading time the coming hours are.

    `chance` is that of not everything being read in time. `of_item`, shape (items,), says 0 to 1 how much an item
    should be read before: 0 for what had better be late, or is not due before there is time again.
    """

    chance: float
    of_item: NDArray[np.float64]

    def at(self, rows: NDArray[np.int_]) -> "Shortage":
        """Return the same for some of the items."""
        return Shortage(self.chance, self.of_item[rows])


@dataclass(frozen=True)
class Outlook:
    """Planned reading minutes and expected arriving work, cumulated from the origin on a grid of instants (minutes)."""

    grid: NDArray[np.float64]
    capacity: NDArray[np.float64]
    work: NDArray[np.float64]

    def shortage(
        self,
        now: float,
        *,
        due_at: NDArray[np.float64],
        minutes: NDArray[np.float64],
        lateness_weight: NDArray[np.float64],
        busy_minutes: float,
        service_levels: NDArray[np.float64],
        priority_share: NDArray[np.float64],
        attendance: float,
    ) -> Shortage:
        """Return the shortage ahead.

        `attendance` is the share of the planned time in which readers really are there, `busy_minutes` what is left of
        the readings under way.
        """
        instants = now + _AHEAD
        capacity = self._during(self.capacity, now, instants) * _EFFICIENCY * attendance
        if capacity[-1] <= _UNKNOWN_BELOW:
            return Shortage(0.0, np.zeros(len(due_at)))
        order = np.argsort(due_at, kind="stable")
        cumulated = np.concatenate([[0.0], np.cumsum(minutes[order])]) * _USUAL_FACTOR
        work = cumulated[np.searchsorted(due_at[order], instants, side="right")] + busy_minutes
        for level, share in zip(service_levels, priority_share, strict=True):
            work = work + share * np.maximum(0.0, self._during(self.work, now, instants - level))
        slack, deviation = capacity - work, np.hypot(_SLACK_SHARE * capacity, _SLACK_MINUTES)
        until_due = max(4, int(np.searchsorted(instants, due_at.max())) + 1)
        chance, of_item = 0.0, np.zeros(len(due_at))
        for deviations in _DEVIATIONS:
            short = slack + deviations * deviation
            worst = int(short[:until_due].argmin())
            missing = -float(short[worst])
            if missing <= 0:
                continue
            after = np.flatnonzero(short[worst:] >= -missing / 2)
            again = instants[worst + int(after[0])] if len(after) else instants[-1]
            late = lateness_weight * np.maximum(0.0, again - np.maximum(due_at, now))
            if not late.any():
                continue
            chance += 1 / len(_DEVIATIONS)
            of_item += _protected(late / minutes, minutes, missing / max(float(work[worst]), 1.0)) / len(_DEVIATIONS)
        return Shortage(chance, of_item)

    def _during(self, cumulated: NDArray[np.float64], now: float, until: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(until, self.grid, cumulated) - np.interp(now, self.grid, cumulated)


def _protected(density: NDArray[np.float64], minutes: NDArray[np.float64], missing_share: float) -> NDArray[np.float64]:
    """Say 0 to 1 which items to read in time when a share of the work can't be; `density` is lateness per minute."""
    rows = np.argsort(density, kind="stable")
    rows = rows[density[rows] > 0]
    cumulated = np.cumsum(minutes[rows])
    place = int(np.searchsorted(cumulated, min(missing_share, 1.0) * cumulated[-1]))
    marginal = density[rows[min(place, len(rows) - 1)]]
    return np.clip(density / marginal - 0.5, 0.0, 1.0)


def outlook_of(windows: Iterable[tuple[float, float]], arriving_minutes_per_hour: Callable[[float], float]) -> Outlook:
    """Make the outlook from planned reading windows and the expected minutes of work that arrive in each hour."""
    windows = list(windows)
    grid = np.arange(0.0, max(end for _, end in windows) + 1500, _STEP)
    capacity = np.zeros(len(grid))
    for start, end in windows:
        capacity += np.clip(grid - start, 0.0, end - start)
    per_step = np.array([arriving_minutes_per_hour(instant) for instant in grid[:-1]]) * _STEP / 60
    return Outlook(grid, capacity, np.concatenate([[0.0], np.cumsum(per_step)]))
