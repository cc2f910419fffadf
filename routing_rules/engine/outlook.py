"""The outlook: whether the coming hours have the capacity for what waits and what will arrive."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.weights import EngineWeights

_STEP = 15.0
# Readers are away from the screen for a few minutes of each hour.
_EFFICIENCY = 0.97


@dataclass(frozen=True)
class Shortage:
    """How short of capacity the coming hours are, 0 (plenty) to 1: at worst, and until each item's due instant."""

    overall: float
    of_item: NDArray[np.float64]


@dataclass(frozen=True)
class Outlook:
    """Planned reading minutes and expected arriving work, cumulated from the origin on a grid of instants (minutes)."""

    grid: NDArray[np.float64]
    capacity: NDArray[np.float64]
    work: NDArray[np.float64]

    def utilisation(
        self,
        now: float,
        *,
        due_at: NDArray[np.float64],
        minutes: NDArray[np.float64],
        busy_minutes: float,
        service_levels: NDArray[np.float64],
        priority_share: NDArray[np.float64],
        attendance: float,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return instants and, for each, the work due by then over the capacity until then.

        `attendance` is the share of the planned time in which readers really are there.
        """
        last_due = max(float(due_at.max()), now + 60)
        instants = np.unique(
            np.concatenate([now + np.array([60.0, 120, 240, 480]), np.linspace(now + 30, last_due, 10)])
        )
        order = np.argsort(due_at)
        cumulated = np.concatenate([[0.0], np.cumsum(minutes[order])])
        work = cumulated[np.searchsorted(due_at[order], instants, side="right")] + busy_minutes
        arrived = np.interp(now, self.grid, self.work)
        for level, share in zip(service_levels, priority_share, strict=True):
            work = work + share * np.maximum(0.0, np.interp(instants - level, self.grid, self.work) - arrived)
        capacity = np.interp(instants, self.grid, self.capacity) - np.interp(now, self.grid, self.capacity)
        usable = capacity * _EFFICIENCY * attendance
        return instants, np.where(capacity > 60, work / np.maximum(usable, 1.0), 0.0)

    def shortage(
        self,
        now: float,
        *,
        due_at: NDArray[np.float64],
        minutes: NDArray[np.float64],
        busy_minutes: float,
        service_levels: NDArray[np.float64],
        priority_share: NDArray[np.float64],
        attendance: float,
        weights: EngineWeights,
    ) -> Shortage:
        """Return the shortage ahead; arguments as for `utilisation`."""
        instants, utilisation = self.utilisation(
            now,
            due_at=due_at,
            minutes=minutes,
            busy_minutes=busy_minutes,
            service_levels=service_levels,
            priority_share=priority_share,
            attendance=attendance,
        )
        level = np.clip((utilisation - weights.shortage_from) / weights.shortage_width, 0.0, 1.0)
        return Shortage(float(level.max()), np.interp(due_at, instants, level))


def outlook_of(windows: Iterable[tuple[float, float]], arriving_minutes_per_hour: Callable[[float], float]) -> Outlook:
    """Make the outlook from planned reading windows and the expected minutes of work that arrive in each hour."""
    windows = list(windows)
    grid = np.arange(0.0, max(end for _, end in windows) + 1500, _STEP)
    capacity = np.zeros(len(grid))
    for start, end in windows:
        capacity += np.clip(grid - start, 0.0, end - start)
    per_step = np.array([arriving_minutes_per_hour(instant) for instant in grid[:-1]]) * _STEP / 60
    return Outlook(grid, capacity, np.concatenate([[0.0], np.cumsum(per_step)]))
