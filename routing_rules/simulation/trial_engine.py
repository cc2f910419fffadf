"""The production engine as trials run it: the same choices, asked less often where nothing can be chosen."""

from collections.abc import Callable
from dataclasses import replace

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
        waiting = list(view.waiting.values())
        kinds, able = self._able(waiting)
        if not able[:, idle].any():
            return Steps()
        is_for_somebody = able[:, list(view.available_until)].any(axis=1)
        if not is_for_somebody.all():
            waiting = [item for item, is_kept in zip(waiting, is_for_somebody, strict=True) if is_kept]
            kinds, able = kinds[is_for_somebody], able[is_for_somebody]
        steps = self._choose(view, waiting, kinds, able)
        return steps if steps.review_at is None else replace(steps, review_at=view.now + _REVIEW_MINUTES)
