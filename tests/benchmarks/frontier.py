"""`make bench-frontier`: leanings of the engine's weights over many generated days, paired, as a table and a plot.

The days come from the benchmark's generator with our own seeds, normal and overloaded ones, so that the default is
never chosen by the public files. Figures are means over days, errors those of the paired differences to the default.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from routing_rules.engine.weights import LEANINGS
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
            Point(mix, name, *(float(row[key].mean()) for key in (LATENESS, MATCH, GINI)))
            for name, row in found.items()
            if name in LEANINGS
        ]
    PLOT.write_text(plot(points), encoding="utf-8")
    write_between(DOCUMENT, "\n\n".join(sections), begin=BEGIN, end=END)
    return 0


def figures_by_policy(
    folder: Path, seeds: Iterable[int], arguments: tuple[str, ...]
) -> dict[str, dict[str, np.ndarray]]:
    """Return for each leaning and each usual policy its figures, an array over the days."""
    policies = {
        name: lambda scenario, weights=weights: EnginePolicy(scenario, weights) for name, weights in LEANINGS.items()
    } | {name: POLICIES[name] for name in ("priority", "least_loaded")}
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in policies}
    with tempfile.TemporaryDirectory() as place:
        for seed in seeds:
            day = Path(place) / f"seed{seed}.json.gz"
            script = str(folder / "make_scenario.py")
            command = [sys.executable, script, *arguments, "--seed", str(seed), "--out", str(day)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            for name, policy_of in policies.items():
                rows[name].append(figures_of(folder, day, policy_of))
    return {name: {key: np.array([row[key] for row in found]) for key in SHOWN} for name, found in rows.items()}


def table(title: str, found: dict[str, dict[str, np.ndarray]]) -> str:
    """Return means with the standard errors of the paired differences to the default, as Markdown."""
    lines = [
        f"### {title}",
        "",
        "| weights or policy | weighted lateness | match % | Gini | cost |",
        "|---|---:|---:|---:|---:|",
    ]
    usual = found["balanced"]
    for name, row in found.items():
        cells = []
        for key, digits in SHOWN.items():
            apart = row[key] - usual[key]
            error = apart.std(ddof=1) / len(apart) ** 0.5 if len(apart) > 1 else 0.0
            shown = f"{row[key].mean():.{digits}f}"
            cells.append(shown if name == "balanced" else f"{shown} ± {error:.{digits}f}")
        lines.append(f"| {'**balanced** (default)' if name == 'balanced' else name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
