"""Axes and marks of a trial's plots: across in percent of the width, down in pixels, so that words keep their size."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

# A plot over time: its height, where its axis lies and where its highest value.
HEIGHT, BASE, TOP = 124, 104, 8
_STEPS, _WHOLE_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0), (1.0, 2.0, 5.0, 10.0)
_ALMOST = 1e-9


@dataclass(frozen=True)
class Axis:
    """An axis from zero in `number` even steps."""

    step: float
    number: int

    @property
    def most(self) -> float:
        return self.step * self.number

    def across(self, value: float) -> float:
        """Return the value's place in percent of the width."""
        return round(100 * max(0.0, value) / self.most, 2)

    def down(self, value: float) -> float:
        """Return the value's place in pixels below the plot's top."""
        return round(BASE - max(0.0, value) / self.most * (BASE - TOP), 1)

    @property
    def ticks(self) -> list[dict[str, Any]]:
        return [self._tick(self.step * position) for position in range(self.number + 1)]

    def _tick(self, value: float) -> dict[str, Any]:
        return {"at": self.across(value), "y": self.down(value), "words": f"{round(value, 6):g}"}


def axis_to(most: float, *, steps: int = 4, is_whole: bool = False) -> Axis:
    """Return an axis of round steps, `steps` at most, that holds `most`; `is_whole` where things are counted."""
    if most <= 0:
        return Axis(1.0, 1)
    rough = max(most, 1.0 if is_whole else _ALMOST) / steps
    magnitude = 10.0 ** math.floor(math.log10(rough) + _ALMOST)
    lengths = [length * magnitude for length in (_WHOLE_STEPS if is_whole else _STEPS)]
    step = next(length for length in lengths if length >= rough * (1 - _ALMOST))
    step = max(1.0, step) if is_whole else step
    return Axis(step, max(1, math.ceil(most / step - _ALMOST)))


def dots_of(axis: Axis, cells: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Place a row's cells (`key`, `value`, `words`) on the axis, with the span between the outermost."""
    dots = [{"key": cell["key"], "at": axis.across(cell["value"])} for cell in cells if cell["value"] is not None]
    places = [dot["at"] for dot in dots]
    span = {"left": min(places), "length": round(max(places) - min(places), 2)} if places else None
    return {"dots": dots, "span": span, "said": ", ".join(cell["words"] for cell in cells)}


def points_of(values: Iterable[float], axis: Axis, number: int) -> list[str]:
    """Return points in the middle of `number` columns that are 1000 wide in all: a line that is stretched to fit."""
    return [f"{(position + 0.5) * 1000 / number:.1f},{axis.down(value)}" for position, value in enumerate(values)]


def bar_of(axis: Axis, *, left: float, width: float, low: float, high: float, code: str) -> dict[str, Any]:
    """Return a bar from `low` to `high`; `left` and `width` are in percent."""
    top = axis.down(high)
    height = round(axis.down(low) - top, 1)
    return {"left": round(left, 3), "width": round(width, 3), "y": top, "height": height, "code": code}
