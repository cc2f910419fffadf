"""The production engine as trials run it: the same choices, asked less often where nothing can be chosen."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from routing_rules.engine.weights import EngineWeights
from routing_rules.simulation.engine_policy import EnginePolicy
from routing_rules.simulation.scenario import Scenario
from routing_rules.simulation.simulator import Run, Steps, View, simulate

# An examination that is left for a better reader is looked at again this often; a live planner looks once a minute.
_REVIEW_MINUTES = 4.0


def run_engine(
    scenario: Scenario, weights: EngineWeights, *, on_progress: Callable[[float], None] = lambda share: None
) -> Run:
    """Run the scenario; what nobody may read, or nobody is there to read, stays unread."""
    policy = TrialEngine(scenario, weights) if scenario.windows else _Nobody()
    return simulate(scenario, policy, on_progress=on_progress, leave_unread=True)


class _Nobody:
    """A rota without a shift."""

    name = "nobody"

    def decide(self, view: View) -> Steps:
        return Steps()


class TrialEngine(EnginePolicy):
    """Weeks of a network in seconds: no matching of what nobody present may read, none while nobody idle could open."""

    name = "engine in trials"

    def decide(self, view: View) -> Steps:
        self._learn(view)
        idle = view.idle_readers()
        if not view.waiting or not idle:
            return Steps()
        studies = sorted({(item.study.hospital, item.study.examination_type) for item in view.waiting.values()})
        hospitals, types = np.array(studies).T
        able = self.eligible[hospitals, types]
        if not able[:, idle].any():
            return Steps()
        for_nobody = {
            study for study, row in zip(studies, able[:, sorted(view.available_until)], strict=True) if not row.any()
        }
        if for_nobody:
            view = replace(
                view,
                waiting={
                    number: item
                    for number, item in view.waiting.items()
                    if (item.study.hospital, item.study.examination_type) not in for_nobody
                },
            )
        steps = super().decide(view)
        return steps if steps.review_at is None else replace(steps, review_at=view.now + _REVIEW_MINUTES)
