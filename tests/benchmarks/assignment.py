"""`make bench-assignment`: the benchmark's public days, our policies beside its baselines and its bound.

Every outcome goes through the benchmark's own score.py, which trusts no simulator. The figures depend on no clock and
no machine; they go between two marks in docs/benchmarks.md.
"""

import argparse
import importlib.util
import json
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from types import ModuleType
from typing import Any

from routing_rules.engine.weights import EngineWeights
from routing_rules.simulation.engine_policy import EnginePolicy
from routing_rules.simulation.outcome import outcome_of
from routing_rules.simulation.policies import POLICIES
from routing_rules.simulation.scenario import Scenario, read_scenario
from routing_rules.simulation.simulator import Policy, simulate
from routing_rules.simulation.timed import Timed

FOLDER, DOCUMENT = Path("../shared/assignment_bench"), Path("docs/benchmarks.md")
BEGIN, END = "<!-- assignment: written by make bench-assignment -->", "<!-- end of assignment -->"
ORDER = ("engine", "fifo", "priority", "round_robin", "least_loaded")
LATENESS, MATCH, COST = "weighted_tardiness", "subspecialty_match_percent", "cost"
GINI = "gini_wrvu_per_hour_speed_adjusted"
MOST_GINI, MATCH_POINTS = 0.10, 2.0
# So many runs with one weight changed in its fourth digit: nothing to a network, but ties fall otherwise.
DRAWS = 8

Figures = dict[str, float]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the public days of the assignment benchmark.")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where score.py, reference.json and scenarios/ are")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="where the tables go")
    parser.add_argument("--only", default="", help="sets whose name contains this; the document is left as it is")
    options = parser.parse_args(arguments)
    if not (options.folder / "score.py").is_file():
        print(f"There is no benchmark in {options.folder}: put it there, or name its folder with --folder.")
        return 2
    reference = json.loads((options.folder / "reference.json").read_text(encoding="utf-8"))
    sections = []
    for path in sorted((options.folder / "scenarios").glob("*.json.gz")):
        if options.only in path.name:
            name = path.name.removesuffix(".json.gz")
            figures, draws = figures_of_set(options.folder, path), draws_of_set(options.folder, path)
            sections.append(section(name, figures, draws, reference[name]))
    text = "\n\n".join(sections)
    print(text)
    if not options.only:
        write_between(options.document, text)
    return 0


def figures_of_set(folder: Path, scenario: Path) -> dict[str, Figures]:
    """Return score.py's figures by policy."""
    return {policy: figures_of(folder, scenario, POLICIES[policy]) for policy in ORDER}


def draws_of_set(folder: Path, scenario: Path) -> list[Figures]:
    """Return score.py's figures of several runs of the engine that differ by chance alone."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(partial(_drawn, folder, scenario), range(1, DRAWS + 1)))


def _drawn(folder: Path, path: Path, number: int) -> Figures:
    def policy_of(scenario: Scenario) -> Policy:
        usual = EngineWeights()
        return EnginePolicy(scenario, replace(usual, urgency_minutes=usual.urgency_minutes * (1 + number / 10_000)))

    return figures_of(folder, path, policy_of)


def figures_of(folder: Path, path: Path, policy_of: Callable[..., Policy]) -> Figures:
    """Run one policy on one scenario file and return what score.py says of the outcome."""
    scorer = loaded(folder / "score.py")
    scenario = read_scenario(path)
    policy = Timed(policy_of(scenario))
    run = simulate(scenario, policy)
    outcome = outcome_of(scenario, run, engine_name="meridian", decision_seconds=policy.seconds)
    print(f"  {path.name} read", file=sys.stderr)
    return scorer.measure(scorer.Scenario(scorer.read_json(path)), outcome)


def loaded(path: Path) -> ModuleType:
    """Import a script of the benchmark from its file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def section(name: str, figures: dict[str, Figures], draws: list[Figures], reference: dict[str, Any]) -> str:
    """Return one set's table and whether the bar is met, as Markdown."""
    bound = reference["bound"]["weighted_tardiness"]
    usual, bar = reference["usual_baseline"], reference["reference_candidate"]
    rows = [("**engine**" if policy == "engine" else policy, row) for policy, row in figures.items()]
    rows += [(f"*{row['policy']}*", row) for row in (usual, bar)]
    lines = [
        f"### {name}",
        "",
        "| policy | weighted lateness | match % | Gini | cost | lateness / bound | breach % |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {policy} | {row[LATENESS]:.2f} | {row[MATCH]:.1f} | {row[GINI]:.3f} | {row[COST]:.2f} "
        f"| {row[LATENESS] / bound:.1f} | {row['breach_percent']:.2f} |"
        for policy, row in rows
    ]
    lines.insert(5, _row_of_draws(draws))
    middle = {name: mean(draw[name] for draw in draws) for name in (LATENESS, MATCH, GINI, COST)}
    lines += [f"| *lower bound* | {bound:.2f} | | | | 1 | |", "", verdict(figures["engine"], bar)]
    lines.append(f"Mean of {len(draws)} draws: {verdict(middle, bar)[0].lower()}{verdict(middle, bar)[1:]}")
    return "\n".join(lines)


def _row_of_draws(draws: list[Figures]) -> str:
    """Return mean and standard deviation of runs that differ by chance."""

    def both(name: str, digits: int) -> str:
        values = [draw[name] for draw in draws]
        return f"{mean(values):.{digits}f} ± {stdev(values):.{digits}f}"

    return (
        f"| engine, mean of {len(draws)} draws | {both(LATENESS, 2)} | {both(MATCH, 1)} | {both(GINI, 3)} | "
        f"{both(COST, 2)} | | {both('breach_percent', 2)} |"
    )


def verdict(engine: Figures, bar: dict[str, Any]) -> str:
    """Say which parts of the bar are met, and by how much the others are missed."""
    most_gini = min(MOST_GINI, bar[GINI])
    parts = [
        ("lateness", engine[LATENESS] - bar[LATENESS], 2),
        ("cost", engine[COST] - bar[COST], 2),
        ("match", bar[MATCH] - MATCH_POINTS - engine[MATCH], 1),
        ("Gini", engine[GINI] - most_gini, 3),
    ]
    missed = [f"{name} by {over:.{digits}f}" for name, over, digits in parts if over > 0]
    return f"Bar not met: {', '.join(missed)}." if missed else "Bar met."


def write_between(document: Path, text: str, *, begin: str = BEGIN, end: str = END) -> None:
    """Put the text between two marks of the document."""
    whole = document.read_text(encoding="utf-8")
    head, rest = whole.split(begin)
    document.write_text(f"{head}{begin}\n{text}\n{end}{rest.split(end)[1]}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
