"""The frontier's table and plot, from figures."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from tests.benchmarks.assignment import COST, GINI, LATENESS, MATCH
from tests.benchmarks.frontier import table
from tests.benchmarks.frontier_plot import Point, plot

SVG = "{http://www.w3.org/2000/svg}"


def _row(*lateness: float) -> dict[str, np.ndarray]:
    days = np.array(lateness)
    return {LATENESS: days, MATCH: days + 80, GINI: days / 10, COST: days * 3}


def test_errors_are_those_of_paired_differences() -> None:
    lines = table("2 days", {"balanced": _row(0.2, 0.8), "even": _row(0.3, 0.9)}).splitlines()
    assert lines[4] == "| **balanced** (default) | 0.50 | 80.5 | 0.050 | 1.50 |"
    assert lines[5] == "| even | 0.60 ± 0.00 | 80.6 ± 0.0 | 0.060 ± 0.000 | 1.80 ± 0.00 |"


def test_the_plot_marks_each_leaning_and_fills_the_default() -> None:
    points = [Point("normal", "balanced", 0.3, 81.0, 0.09), Point("normal", "even", 0.4, 80.0, 0.07)]
    drawing = ElementTree.fromstring(plot([*points, *(point._replace(mix="overload") for point in points)]))
    marks = [entry.get("class") for entry in drawing.iter(f"{SVG}circle")]
    assert marks == ["usual", "other"] * 4


def test_whiskers_are_as_long_as_the_errors() -> None:
    points = [Point("normal", "balanced", 0.3, 81.0, 0.09), Point("normal", "even", 0.4, 80.0, 0.07, 0.05)]
    drawing = ElementTree.fromstring(plot(points))
    whiskers = [path.get("d", "") for path in drawing.iter(f"{SVG}path") if path.get("class") == "error"]
    heights = [float(path.rsplit("v", 1)[1]) for path in whiskers]
    middles = [float(circle.get("cy", "")) for circle in drawing.iter(f"{SVG}circle")]
    assert heights[0] == heights[2] == 0
    # The means are 0.1 apart, the error reaches 0.05 both ways: as far as that.
    assert heights[1] == pytest.approx(middles[0] - middles[1], abs=0.2)
