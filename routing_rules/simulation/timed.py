"""A policy with a watch: what each of its decisions takes."""

import time

from routing_rules.simulation.simulator import Policy, Steps, View


class Timed:
    """A policy that keeps the processor seconds of each decision, in order; trials do without."""

    def __init__(self, policy: Policy) -> None:
        self.name, self.policy = policy.name, policy
        self.seconds: list[float] = []

    def decide(self, view: View) -> Steps:
        started = time.process_time()
        steps = self.policy.decide(view)
        self.seconds.append(time.process_time() - started)
        return steps
