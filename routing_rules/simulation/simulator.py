"""The simulated network: readers who open what a policy gives them, one event after the other.

A policy sees a `View` only: what has happened until now. Read times, later arrivals, upgrades, declines and
drop-outs live in `Scenario.hidden` and the event queue, which no policy is handed.
"""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from routing_rules.simulation.scenario import Scenario, Study, Window

ARRIVAL, UPGRADE, CHANGE, READING_ENDS, WINDOW_ENDS, WINDOW_STARTS, REVIEW = range(7)


@dataclass
class Waiting:
    """A study that waits: its present priority and due instant, who declined it, on whose list it is."""

    number: int
    study: Study
    priority: int
    due_at: float
    declined_by: set[int] = field(default_factory=set)
    on_list_of: int | None = None


@dataclass(frozen=True)
class Reading:
    """A finished reading: `minutes` is what it took; declined ones say nothing about speed."""

    reader: int
    number: int
    opened_at: float
    minutes: float
    is_declined: bool


@dataclass
class View:
    """What a live engine would see at `now`."""

    now: float
    waiting: dict[int, Waiting]
    available_until: dict[int, Window]
    reading: dict[int, tuple[int, float]]
    finished: list[Reading]

    def idle_readers(self) -> list[int]:
        return [reader for reader in sorted(self.available_until) if reader not in self.reading]


@dataclass(frozen=True)
class Steps:
    """What a policy wants done now, and when to be asked again at the latest."""

    openings: tuple[tuple[int, int], ...] = ()
    lists: tuple[tuple[int, int | None], ...] = ()
    review_at: float | None = None


class Policy(Protocol):
    """Chooses what idle readers open; pairs are (reader, study number), lists are (study number, reader or None)."""

    name: str

    def decide(self, view: View) -> Steps: ...


@dataclass
class Record:
    """What happened to one study."""

    readings: list[tuple[int, float, float | None, bool]] = field(default_factory=list)
    lists: list[tuple[float, int | None]] = field(default_factory=list)
    due_at: float = 0.0
    priority: int = 0


@dataclass
class Run:
    """A finished simulation: a record per study in the scenario's order, and how often the policy was asked."""

    records: list[Record]
    decisions: int = 0


def simulate(
    scenario: Scenario,
    policy: Policy,
    *,
    on_progress: Callable[[float], None] = lambda share: None,
    leave_unread: bool = False,
    until: float = math.inf,
) -> Run:
    """Run the scenario to its last signature, or to just before `until` (minutes).

    A study that nobody can ever read is a RuntimeError, or with `leave_unread` a record without readings; one
    not opened by `until` has none either.
    """
    return _Simulation(scenario, policy).run(on_progress, leave_unread=leave_unread, until=until)


class _Simulation:
    def __init__(self, scenario: Scenario, policy: Policy) -> None:
        self.scenario, self.policy = scenario, policy
        self.eligible, self.specialist = scenario.is_eligible(), scenario.is_specialist()
        self.view = View(0.0, {}, {}, {}, [])
        self.records = [Record() for _ in scenario.studies]
        self.result = Run(self.records)
        self.open_studies: dict[int, Waiting] = {}
        self.declines_left = set(scenario.hidden.first_opening_declined)
        self.queue: list[tuple[float, int, int, int]] = []
        self.review_at: float | None = None
        self._fill_queue()

    def _fill_queue(self) -> None:
        hidden = self.scenario.hidden
        self.queue = [(study.arrives_at, ARRIVAL, number, 0) for number, study in enumerate(self.scenario.studies)]
        self.queue += [(at, UPGRADE, number, 0) for number, at in hidden.upgrades.items()]
        for number, study in enumerate(self.scenario.studies):
            self.queue += [(change.at, CHANGE, number, position) for position, change in enumerate(study.changes)]
        self.ends = {}
        for number, window in enumerate(self.scenario.windows):
            ends_at = min(window.ends_at, hidden.shift_ends_at.get(window.shift, window.ends_at))
            if ends_at > window.starts_at:
                self.queue += [(window.starts_at, WINDOW_STARTS, number, 0), (ends_at, WINDOW_ENDS, number, 0)]
        heapq.heapify(self.queue)

    def run(self, on_progress: Callable[[float], None], *, leave_unread: bool, until: float) -> Run:
        left, total = len(self.records), len(self.records)
        while self.queue and left and self.queue[0][0] < until:
            now = self.view.now = self.queue[0][0]
            happened = False
            while self.queue and self.queue[0][0] <= now:
                _, kind, number, reader = heapq.heappop(self.queue)
                if kind == REVIEW:
                    happened |= self.review_at is not None and self.review_at <= now
                    continue
                if kind == CHANGE and number not in self.view.waiting:
                    continue
                left -= self._apply(kind, number, reader)
                happened = True
            if happened:
                self._ask()
                if self.result.decisions % 200 == 0:
                    on_progress(1 - left / total)
        if left and not leave_unread and until == math.inf:
            raise RuntimeError(f"{left} studies can never be read: nobody who may read them comes on shift again")
        return self.result

    def _apply(self, kind: int, number: int, reader: int) -> int:
        """Apply one event; return 1 when a study was signed."""
        view, now = self.view, self.view.now
        if kind == ARRIVAL:
            self._arrive(number)
        elif kind == UPGRADE:
            self._raise(number, self.scenario.hidden.upgraded_to.get(number, 0))
        elif kind == CHANGE:
            self._change(number, reader)
        elif kind == WINDOW_STARTS:
            window = self.scenario.windows[number]
            view.available_until[window.reader] = window
        elif kind == WINDOW_ENDS:
            window = self.scenario.windows[number]
            if view.available_until.get(window.reader) is window:
                del view.available_until[window.reader]
        elif kind == READING_ENDS:
            _, opened_at = view.reading.pop(reader)
            declined = self.records[number].readings[-1][3]
            view.finished.append(Reading(reader, number, opened_at, now - opened_at, declined))
            waiting = self.open_studies.pop(number)
            if not declined:
                return 1
            waiting.declined_by.add(reader)
            waiting.on_list_of = None
            view.waiting[number] = waiting
        return 0

    def _arrive(self, number: int) -> None:
        study = self.scenario.studies[number]
        level = study.service_level_minutes or self.scenario.priorities[study.priority].service_level_minutes
        self.view.waiting[number] = Waiting(number, study, study.priority, study.arrives_at + level)

    def _raise(self, number: int, priority: int) -> None:
        """Raise a waiting study's class; one being read takes no notice unless it comes back declined."""
        waiting = self.view.waiting.get(number) or self.open_studies.get(number)
        if waiting is None or (number in self.open_studies and not self.records[number].readings[-1][3]):
            return
        waiting.priority = min(waiting.priority, priority)
        level = self.scenario.priorities[priority].service_level_minutes
        waiting.due_at = min(waiting.due_at, self.view.now + level)

    def _change(self, number: int, position: int) -> None:
        waiting = self.view.waiting[number]
        change = waiting.study.changes[position]
        waiting.study = replace(waiting.study, examination_type=change.examination_type)
        if change.priority is not None:
            waiting.priority = min(waiting.priority, change.priority)
        if change.due_at is not None:
            waiting.due_at = min(waiting.due_at, change.due_at)

    def _ask(self) -> None:
        view = self.view
        steps = self.policy.decide(view)
        self.result.decisions += 1
        for number, reader in steps.lists:
            view.waiting[number].on_list_of = reader
            self.records[number].lists.append((view.now, reader))
        for reader, number in steps.openings:
            self._open(reader, number)
        self.review_at = steps.review_at
        if steps.review_at is not None:
            heapq.heappush(self.queue, (max(steps.review_at, view.now + 0.01), REVIEW, 0, 0))

    def _open(self, reader: int, number: int) -> None:
        view, hidden = self.view, self.scenario.hidden
        waiting = view.waiting.pop(number)
        study = waiting.study
        if reader not in view.available_until or reader in view.reading or reader in waiting.declined_by:
            raise RuntimeError(f"reader {reader} cannot open study {number} now")
        if not self.eligible[study.hospital, study.examination_type, reader]:
            raise RuntimeError(f"reader {reader} may not read study {number}")
        declined = number in self.declines_left
        self.declines_left.discard(number)
        factor = 1.0 if self.specialist[study.examination_type, reader] else hidden.off_subspecialty_factor
        minutes = float(hidden.base_minutes[number] * hidden.speed_factor[reader] * factor)
        if declined:
            minutes = hidden.decline_minutes
        record = self.records[number]
        record.readings.append((reader, view.now, None if declined else view.now + minutes, declined))
        record.due_at, record.priority = waiting.due_at, waiting.priority
        self.open_studies[number] = waiting
        view.reading[reader] = (number, view.now)
        heapq.heappush(self.queue, (view.now + minutes, READING_ENDS, number, reader))
