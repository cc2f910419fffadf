"""`make bench-frontier`: leanings of the engine's weights over many generated days, paired, as a table and a plot.

The days come from the benchmark's generator with our own seeds, normal and overloaded ones, so that the default is
never chosen by the public files. Figures are means over days, errors those of the paired differences to the default.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from routing_rules.engine.weights import LEANINGS, EngineWeights
from routing_rules.simulation.engine_policy import EnginePolicy
from routing_rules.simulation.policies import POLICIES
from tests.benchmarks.assignment import COST, DOCUMENT, FOLDER, GINI, LATENESS, MATCH, figures_of, write_between
from tests.benchmarks.frontier_plot import Point, plot

BEGIN, END = "<!-- frontier: written by make bench-frontier -->", "<!-- end of frontier -->"
PLOT = Path("docs/frontier.svg")
MIXES = {
    "normal days, load 0.88": ("--rho", "0.88"),
    "overloaded days, load 0.92, one shift in ten not appearing": ("--rho", "0.92", "--no-show", "0.1"),
}
FIRST_SEED = 101
# What a network may choose by name, and less of both wants, which buys nothing: decision 0008.
WEIGHTS = LEANINGS | {"both x 0.5": EngineWeights.leaning(match=0.5, fairness=0.5)}
USUAL = ("priority", "least_loaded")
SHOWN = {LATENESS: 2, MATCH: 1, GINI: 3, COST: 2}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run leanings of the weights over generated days.")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where make_scenario.py and score.py are")
    parser.add_argument("--seeds", type=int, default=20, help="how many days of each mix")
    parser.add_argument("--readers", type=int, default=40)
    parser.add_argument("--hospitals", type=int, default=20)
    options = parser.parse_args(arguments)
    if not (options.folder / "make_scenario.py").is_file():
        print(f"There is no benchmark in {options.folder}: put it there, or name its folder with --folder.")
        return 2
    sections, points = [], []
    for mix, more in MIXES.items():
        size = ("--readers", str(options.readers), "--hospitals", str(options.hospitals))
        found = figures_by_policy(options.folder, range(FIRST_SEED, FIRST_SEED + options.seeds), (*size, *more))
        sections.append(table(f"{options.seeds} {mix}", found))
        points += [
            Point(mix, name, *(float(row[key].mean()) for key in (LATENESS, MATCH, GINI)), errors(row, found)[LATENESS])
            for name, row in found.items()
            if name in WEIGHTS
        ]
    PLOT.write_text(plot(points), encoding="utf-8")
    write_between(DOCUMENT, "\n\n".join(sections), begin=BEGIN, end=END)
    return 0


def figures_by_policy(
    folder: Path, seeds: Iterable[int], arguments: tuple[str, ...]
) -> dict[str, dict[str, np.ndarray]]:
    """Return for each leaning and each usual policy its figures, an array over the days."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        days = list(pool.map(partial(figures_of_day, folder, arguments), seeds))
    return {name: {key: np.array([day[name][key] for day in days]) for key in SHOWN} for name in days[0]}


def figures_of_day(folder: Path, arguments: tuple[str, ...], seed: int) -> dict[str, dict[str, float]]:
    """Make one day and return what each policy reaches on it."""
    policies = {
        name: lambda scenario, weights=weights: EnginePolicy(scenario, weights) for name, weights in WEIGHTS.items()
    } | {name: POLICIES[name] for name in USUAL}
    with tempfile.TemporaryDirectory() as place:
        day = Path(place) / f"seed{seed}.json.gz"
        script = str(folder / "make_scenario.py")
        command = [sys.executable, script, *arguments, "--seed", str(seed), "--out", str(day)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return {name: figures_of(folder, day, policy_of) for name, policy_of in policies.items()}


def errors(row: dict[str, np.ndarray], found: dict[str, dict[str, np.ndarray]]) -> dict[str, float]:
    """Return the standard errors of the paired differences to the default; 0 for the default and for a single day."""
    apart = {key: row[key] - found["balanced"][key] for key in SHOWN}
    return {key: float(days.std(ddof=1)) / len(days) ** 0.5 if len(days) > 1 else 0.0 for key, days in apart.items()}


def table(title: str, found: dict[str, dict[str, np.ndarray]]) -> str:
    """Return means with the standard errors of the paired differences to the default, as Markdown."""
    lines = [
        f"### {title}",
        "",
        "| weights or policy | weighted lateness | match % | Gini | cost |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, row in found.items():
        cells = []
        for key, error in errors(row, found).items():
            shown = f"{row[key].mean():.{SHOWN[key]}f}"
            cells.append(shown if name == "balanced" else f"{shown} ± {error:.{SHOWN[key]}f}")
        lines.append(f"| {'**balanced** (default)' if name == 'balanced' else name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
