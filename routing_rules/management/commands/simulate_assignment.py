"""Run a policy on a scenario of the assignment benchmark and write its outcome."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from routing_rules.simulation.outcome import outcome_of, write_outcome
from routing_rules.simulation.policies import POLICIES
from routing_rules.simulation.scenario import read_scenario
from routing_rules.simulation.simulator import simulate
from routing_rules.simulation.timed import Timed


class Command(BaseCommand):
    help = "Simulate a day: manage.py simulate_assignment SCENARIO OUTCOME --policy engine"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("scenario", type=Path, help="a file of format assignment-scenario/1, .json or .json.gz")
        parser.add_argument("outcome", type=Path, help="where to write the outcome, .json or .json.gz")
        parser.add_argument("--policy", choices=sorted(POLICIES), default="engine")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            scenario = read_scenario(options["scenario"])
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"{options['scenario'].name} cannot be read as a scenario: {error}") from error
        policy = Timed(POLICIES[options["policy"]](scenario))
        run = simulate(scenario, policy)
        outcome = outcome_of(
            scenario, run, engine_name=f"meridian {options['policy']}", decision_seconds=policy.seconds
        )
        write_outcome(options["outcome"], outcome)
        mean = 1e6 * sum(policy.seconds) / max(run.decisions, 1)
        self.stdout.write(f"{len(run.records)} studies, {run.decisions} decisions, {mean:.0f} microseconds each")
