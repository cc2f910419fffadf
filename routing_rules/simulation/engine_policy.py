"""The production engine as a policy of the simulator: what a live engine sees, in the engine's words."""

import math

import numpy as np

from routing_rules.engine.burden import Carried, burdens
from routing_rules.engine.costs import Booleans, Floats, Integers, Pairs, PresentReaders, WaitingItems, first_to_come
from routing_rules.engine.lateness import SIGMA, aged_weight, expected_remainders
from routing_rules.engine.matching import choose_openings
from routing_rules.engine.outlook import Shortage, outlook_of
from routing_rules.engine.weights import EngineWeights
from routing_rules.simulation.scenario import Scenario
from routing_rules.simulation.simulator import Steps, View, Waiting

# How far the first estimate of a reader's speed is off (standard deviation of its logarithm).
_SPEED_PRIOR_SIGMA = 0.08
# Studies by priority that the prior is worth before arrivals teach the shares.
_PRIORITY_PRIOR = (22.0, 34.0, 44.0)
# Planned hours that full attendance is worth before the day teaches otherwise.
_ATTENDANCE_PRIOR_HOURS = 20.0
_REVIEW_MINUTES = 1.0


class EnginePolicy:
    """Gives idle readers what the rolling matching chooses; learns speeds and priority shares as the day goes."""

    name = "engine"

    def __init__(self, scenario: Scenario, weights: EngineWeights | None = None) -> None:
        self.scenario, self.weights = scenario, weights or EngineWeights()
        self.eligible, self.specialist = scenario.is_eligible(), scenario.is_specialist()
        self.preferred, types = scenario.is_preferred(), scenario.examination_types
        self.minutes = np.array([kind.expected_minutes for kind in types])
        self.value = np.array([kind.relative_value for kind in types])
        self.factor = np.where(self.specialist, 1.0, scenario.off_subspecialty_factor)
        self.minutes_of_pair = self.minutes[:, None] * self.factor
        self.lateness_weight = np.array([level.lateness_weight for level in scenario.priorities])
        self.service_levels = np.array([level.service_level_minutes for level in scenario.priorities])
        mean_minutes = float((scenario.type_share * self.minutes).sum()) * 1.05
        self.outlook = outlook_of(
            [(window.starts_at, window.ends_at) for window in scenario.windows],
            lambda instant: scenario.arrivals_per_hour(instant) * mean_minutes,
        )
        readers = len(scenario.readers)
        self.prior_log_speed = np.log([reader.speed_factor for reader in scenario.readers])
        self.speed = np.exp(self.prior_log_speed)
        self.readings, self.log_ratios = np.zeros(readers), np.zeros(readers)
        self.signed_value, self.hours = np.zeros(readers), np.zeros(readers)
        self.finished_seen, self.last_arrival = 0, -1
        self.accounted_until = 0.0
        self.present: list[int] = []
        self.planned_hours, self.attended_hours = _ATTENDANCE_PRIOR_HOURS, _ATTENDANCE_PRIOR_HOURS
        self.window_starts = np.array([window.starts_at for window in scenario.windows])
        self.window_reader = np.array([window.reader for window in scenario.windows])
        self.window_ends = np.array([window.ends_at for window in scenario.windows])
        self.windows_begun, self.next_windows = -1, np.full(readers, np.inf)
        prior = np.array([*_PRIORITY_PRIOR, *[0.0] * len(scenario.priorities)])[: len(scenario.priorities)]
        self.priority_count = np.maximum(prior, 1.0)

    def decide(self, view: View) -> Steps:
        self._learn(view)
        if not view.waiting or not view.idle_readers():
            return Steps()
        waiting = list(view.waiting.values())
        return self._choose(view, waiting, *self._able(waiting))

    def _able(self, waiting: list[Waiting]) -> tuple[Integers, Booleans]:
        """Return the examination type of each waiting study, and who may read it, shape (studies, readers)."""
        kinds = np.array([item.study.examination_type for item in waiting])
        return kinds, self.eligible[np.array([item.study.hospital for item in waiting]), kinds]

    def _choose(self, view: View, waiting: list[Waiting], kinds: Integers, able: Booleans) -> Steps:
        present = sorted(view.available_until)
        items, readers = self._items(view.now, waiting, kinds), self._readers(view, present)
        pairs = self._pairs(waiting, present, kinds, able)
        chosen = choose_openings(
            view.now,
            items,
            readers,
            pairs,
            shortage=self._shortage(view.now, items, readers),
            weights=self.weights,
            returns_at=self._returns_at(view.now, able, present),
        )
        openings = sorted((present[reader], waiting[item].number) for item, reader in chosen)
        is_idle_left = len(openings) < min(int(readers.is_idle.sum()), len(waiting))
        return Steps(tuple(openings), review_at=view.now + _REVIEW_MINUTES if is_idle_left else None)

    def _learn(self, view: View) -> None:
        """Take in finished readings, arrivals and the hours of those present since the last call."""
        hours = (view.now - self.accounted_until) / 60
        self.hours[self.present] += hours
        middle = (self.accounted_until + view.now) / 2
        planned = int(((self.window_starts <= middle) & (middle < self.window_ends)).sum())
        self.planned_hours += planned * hours
        self.attended_hours += len(self.present) * hours
        self.accounted_until, self.present = view.now, sorted(view.available_until)
        finished = view.finished[self.finished_seen :]
        for reading in finished:
            if reading.is_declined:
                continue
            kind = self.scenario.studies[reading.number].examination_type
            expected = self.minutes[kind] * self.factor[kind, reading.reader]
            self.signed_value[reading.reader] += self.value[kind]
            self.readings[reading.reader] += 1
            self.log_ratios[reading.reader] += math.log(max(reading.minutes, 0.05) / expected) + SIGMA**2 / 2
        self.finished_seen = len(view.finished)
        if finished:
            weight = SIGMA**2 / _SPEED_PRIOR_SIGMA**2
            self.speed = np.exp((self.prior_log_speed * weight + self.log_ratios) / (weight + self.readings))
        for number, waiting in view.waiting.items():
            if number > self.last_arrival:
                self.priority_count[waiting.priority] += 1
        self.last_arrival = max([self.last_arrival, *view.waiting])

    def _items(self, now: float, waiting: list[Waiting], kinds: Integers) -> WaitingItems:
        due_at = np.array([item.due_at for item in waiting])
        service_levels = np.maximum(due_at - np.array([item.study.arrives_at for item in waiting]), 1.0)
        weights = self.lateness_weight[[item.priority for item in waiting]]
        return WaitingItems(
            due_at=due_at,
            lateness_weight=aged_weight(
                weights,
                due_at - now,
                service_levels,
                heaviest=float(self.lateness_weight.max()),
            ),
            expected_minutes=self.minutes[kinds],
            relative_value=self.value[kinds],
            service_level=service_levels,
        )

    def _readers(self, view: View, present: list[int]) -> PresentReaders:
        busy = [(row, *view.reading[reader]) for row, reader in enumerate(present) if reader in view.reading]
        free_at, is_idle = np.full(len(present), view.now), np.ones(len(present), bool)
        if busy:
            rows = np.array([row for row, _, _ in busy])
            readers = np.array(present)[rows]
            kinds = np.array([self.scenario.studies[number].examination_type for _, number, _ in busy])
            mean = self.minutes_of_pair[kinds, readers] * self.speed[readers]
            free_at[rows] += expected_remainders(view.now - np.array([opened_at for _, _, opened_at in busy]), mean)
            is_idle[rows] = False
        return PresentReaders(
            is_idle=is_idle,
            free_at=free_at,
            available_until=np.array([view.available_until[reader].ends_at for reader in present]),
            speed_factor=self.speed[present],
            burden=burdens(
                Carried(self.signed_value, self.hours),
                None,
                self.speed,
                prior_minutes=self.weights.fairness_prior_minutes,
            )[present],
        )

    def _pairs(self, waiting: list[Waiting], present: list[int], kinds: Integers, able: Booleans) -> Pairs:
        eligible = able[:, present]
        for row, item in enumerate(waiting):
            for reader in item.declined_by:
                if reader in present:
                    eligible[row, present.index(reader)] = False
        return Pairs(
            is_eligible=eligible,
            is_specialist=self.preferred[:, present][kinds],
            minutes=(self.minutes_of_pair[:, present] * self.speed[present])[kinds],
        )

    def _returns_at(self, now: float, able: Booleans, present: list[int]) -> Floats:
        """Return when the next reader who may read each study and isn't there comes by the rota."""
        returns = self._next_windows(now).copy()
        returns[present] = np.inf
        return first_to_come(able, returns)

    def _next_windows(self, now: float) -> Floats:
        """Return when each reader's next window begins; worked out anew only once another has begun."""
        begun = int(np.searchsorted(self.window_starts, now, side="right"))
        if begun != self.windows_begun:
            self.windows_begun, self.next_windows = begun, np.full(len(self.speed), np.inf)
            np.minimum.at(self.next_windows, self.window_reader[begun:], self.window_starts[begun:])
        return self.next_windows

    def _shortage(self, now: float, items: WaitingItems, readers: PresentReaders) -> Shortage:
        return self.outlook.shortage(
            now,
            due_at=items.due_at,
            minutes=items.expected_minutes,
            lateness_weight=items.lateness_weight,
            busy_minutes=float((readers.free_at - now).sum()),
            service_levels=self.service_levels,
            priority_share=self.priority_count / self.priority_count.sum(),
            attendance=self.attended_hours / self.planned_hours,
        )
