"""Axes and marks of plots: places across in percent of the width, down in pixels, so that words never grow with it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

HEIGHT, BASE, TOP = 124, 104, 8
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_WHOLE_STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Axis:
    """An axis from zero in even steps to the first at or above what it has to hold."""

    step: float
    number: int

    @property
    def most(self) -> float:
        return self.step * self.number

    def across(self, value: float) -> float:
        """Return the value's place in percent of the width."""
        return round(100 * max(0.0, value) / self.most, 2)

    def down(self, value: float) -> float:
        """Return the value's place in pixels from the plot's top."""
        return round(BASE - max(0.0, value) / self.most * (BASE - TOP), 1)

    @property
    def ticks(self) -> list[dict[str, Any]]:
        values = [self.step * position for position in range(self.number + 1)]
        digits = max(0, -math.floor(math.log10(self.step) + 1e-9)) + (1 if _has_half(self.step) else 0)
        return [
            {"at": self.across(value), "y": self.down(value), "words": f"{value:.{digits}f}", "is_last": value == values[-1]}
            for value in values
        ]


def axis_to(most: float, *, steps: int = 4, is_whole: bool = False) -> Axis:
    """Return an axis of at most `steps` steps of a round length that holds `most`; `is_whole`: for numbers of things."""
    rough = max(most, 1e-9 if not is_whole else 1.0) / steps
    magnitude = 10.0 ** math.floor(math.log10(rough) + 1e-9)
    step = next(length * magnitude for length in (_WHOLE_STEPS if is_whole else _STEPS) if length * magnitude >= rough * (1 - 1e-9))
    if is_whole:
        step = max(1.0, step)
    return Axis(step, max(1, math.ceil(most / step - 1e-9)))


def dots_of(axis: Axis, cells: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Place a row's cells on the axis, with the span between the outermost."""
    dots = [{"key": cell["key"], "at": axis.across(cell["value"])} for cell in cells if cell["value"] is not None]
    places = [dot["at"] for dot in dots]
    span = {"left": min(places), "length": round(max(places) - min(places), 2)} if places else None
    return {"dots": dots, "span": span, "said": ", ".join(cell["words"] for cell in cells)}


def line_of(values: Iterable[float], axis: Axis, number: int) -> list[str]:
    """Return points in the middle of each of `number` columns, 1000 wide in all, for a line that is stretched."""
    return [f"{(at + 0.5) * 1000 / number:.1f},{axis.down(value)}" for at, value in enumerate(values)]


def _has_half(step: float) -> bool:
    return abs(step / 10.0 ** math.floor(math.log10(step) + 1e-9) - 2.5) < 1e-6
