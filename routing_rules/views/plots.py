"""Positions of the dots of small plots; logarithmic, so that twice and half lie equally far from one another."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from routing_rules.models import LearntReadingTime, Procedure

WIDTH, MARGIN = 320, 14
_LABEL_WIDTH = 30
_MINUTES = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120)
_FACTORS = (0.25, 0.5, 0.7, 1.0, 1.4, 2.0, 4.0)
# Nearer to the catalogue than this is called the same.
SAME_SHARE = 0.05


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis from `low` to `high` with the values to be written below it."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        share = log(min(max(value, self.low), self.high) / self.low) / log(self.high / self.low)
        return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1)

    def marks(self) -> list[dict[str, Any]]:
        """Return the values to be written, without those that would touch the one before."""
        marks: list[dict[str, Any]] = []
        for tick in self.ticks:
            if not marks or self.at(tick) - marks[-1]["x"] >= _LABEL_WIDTH:
                marks.append({"x": self.at(tick), "label": f"{tick:g}"})
        return marks


def axis_around(values: Sequence[float], ticks: Sequence[float]) -> Axis:
    """Return the shortest axis from tick to tick that holds the values."""
    least, most = min(values, default=ticks[0]), max(values, default=ticks[-1])
    low = max((tick for tick in ticks if tick <= least), default=ticks[0])
    high = min((tick for tick in ticks if tick >= most and tick > low), default=ticks[-1])
    return Axis(low, high, tuple(tick for tick in ticks if low <= tick <= high))


def minutes_plot(procedures: Sequence[Procedure]) -> dict[str, Any]:
    """Return a row for each procedure: where the catalogue's and the learnt minutes lie, and how they differ."""
    values = [value for entry in procedures for value in (entry.expected_minutes, entry.learnt_minutes)]
    axis = axis_around(values, _MINUTES)
    rows = []
    for entry in procedures:
        catalogued, learnt = axis.at(entry.expected_minutes), axis.at(entry.learnt_minutes)
        rows.append(
            {
                "procedure": entry,
                "catalogued": catalogued,
                "learnt": learnt,
                "left": min(catalogued, learnt),
                "length": round(abs(catalogued - learnt), 1),
            }
            | _difference(entry.learnt_minutes / entry.expected_minutes)
        )
    return {"rows": rows, "marks": axis.marks(), "width": WIDTH}


def pace_plot(learnt: Sequence[LearntReadingTime]) -> dict[str, Any]:
    """Return a row for each reader: where the pace lies beside the average reader's."""
    factors = [row.speed_factor for row in learnt]
    axis = axis_around([*factors, 0.7, 1.4], _FACTORS)
    middle = axis.at(1.0)
    rows = [
        {
            "reader": row.radiologist,
            "readings": row.number_of_readings,
            "factor": row.speed_factor,
            "x": axis.at(row.speed_factor),
            "left": min(middle, axis.at(row.speed_factor)),
            "length": round(abs(middle - axis.at(row.speed_factor)), 1),
        }
        | _difference(row.speed_factor)
        for row in learnt
    ]
    return {"rows": rows, "marks": axis.marks(), "middle": middle, "width": WIDTH}


def _difference(ratio: float) -> dict[str, Any]:
    """Return the difference in per cent and its side: same, longer or shorter."""
    side = "same" if abs(ratio - 1) < SAME_SHARE else "longer" if ratio > 1 else "shorter"
    return {"percent": round(abs(ratio - 1) * 100), "side": side}
