"""`make bench-twins`: does the engine look at what nobody can know yet? Each public day against its twins.

A twin agrees with a day up to an instant and differs afterwards in everything hidden or still to come. An engine that
looks at nothing hidden treats every study alike until then; the benchmark's own scripts make the twins and compare.
A twin is run up to its instant only: what comes later isn't compared, and thousands of studies wait then.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from pathlib import Path

from routing_rules.simulation.outcome import outcome_of, write_outcome
from routing_rules.simulation.policies import POLICIES
from routing_rules.simulation.scenario import read_scenario
from routing_rules.simulation.simulator import simulate
from routing_rules.simulation.timed import Timed
from tests.benchmarks.assignment import FOLDER

# Minutes from midnight at which studies wait on every public day.
INSTANTS = (700, 1000, 1400, 1600)
SEED = 5


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare what the engine does on days that agree up to an instant.")
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="where make_scenario.py, score.py and scenarios/ are"
    )
    parser.add_argument("--only", default="", help="sets whose name contains this")
    options = parser.parse_args(arguments)
    if not (options.folder / "make_scenario.py").is_file():
        print(f"There is no benchmark in {options.folder}: put it there, or name its folder with --folder.")
        return 2
    days = [path for path in sorted((options.folder / "scenarios").glob("*.json.gz")) if options.only in path.name]
    return max(differences(options.folder, day) for day in days)


def differences(folder: Path, day: Path) -> int:
    """Print what score.py says of one day and its twins; return its worst exit code."""
    worst, scorer = 0, (sys.executable, str(folder / "score.py"), str(day))
    with tempfile.TemporaryDirectory() as place:
        outcome = run(day, Path(place) / "day.outcome.json.gz")
        for instant in INSTANTS:
            twin = Path(place) / f"twin{instant}.json.gz"
            made_at = ("--outcome", str(outcome), "--at", str(instant), "--seed", str(SEED), "--out", str(twin))
            subprocess.run(
                [sys.executable, str(folder / "make_scenario.py"), "--twin-of", str(day), *made_at],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            of_twin = run(twin, Path(place) / f"twin{instant}.outcome.json.gz", until=instant)
            compared = subprocess.run(
                [*scorer, str(outcome), "--twin-outcome", str(of_twin), "--until", str(instant)],
                check=False,
                capture_output=True,
                text=True,
            )
            print(
                f"{day.name.removesuffix('.json.gz')} at {instant}: {compared.stdout.strip()}{compared.stderr}",
                flush=True,
            )
            worst = max(worst, compared.returncode)
    return worst


def run(day: Path, outcome: Path, *, until: float = math.inf) -> Path:
    """Let the engine have a day up to a minute of it; return where its outcome is."""
    scenario = read_scenario(day)
    policy = Timed(POLICIES["engine"](scenario))
    done = simulate(scenario, policy, until=until)
    write_outcome(outcome, outcome_of(scenario, done, engine_name="meridian", decision_seconds=policy.seconds))
    return outcome


if __name__ == "__main__":
    sys.exit(main())
