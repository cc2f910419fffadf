"""The queues that people use today, as policies to compare with: first come, priority, round robin, least loaded."""

from collections.abc import Callable

from routing_rules.simulation.engine_policy import EnginePolicy
from routing_rules.simulation.scenario import Scenario
from routing_rules.simulation.simulator import Policy, Steps, View, Waiting


class SharedList:
    """A free reader opens the first eligible study of one list, in the order of `key`."""

    def __init__(self, scenario: Scenario, name: str, key: Callable[[Waiting], tuple[float, ...]]) -> None:
        self.name, self.key, self.eligible = name, key, scenario.is_eligible()

    def decide(self, view: View) -> Steps:
        openings, taken = [], set()
        ordered = sorted(view.waiting.values(), key=self.key)
        for reader in view.idle_readers():
            for item in ordered:
                if item.number not in taken and self._may_read(reader, item):
                    openings.append((reader, item.number))
                    taken.add(item.number)
                    break
        return Steps(tuple(openings))

    def _may_read(self, reader: int, item: Waiting) -> bool:
        study = item.study
        return reader not in item.declined_by and bool(self.eligible[study.hospital, study.examination_type, reader])


class PushedLists:
    """A study goes to one present reader's list on arrival; lists of those who leave are handed on."""

    def __init__(self, scenario: Scenario, name: str, *, by_load: bool) -> None:
        self.name, self.by_load, self.eligible = name, by_load, scenario.is_eligible()
        self.last_given = dict.fromkeys(range(len(scenario.readers)), -1)
        self.given = 0

    def decide(self, view: View) -> Steps:
        present = sorted(view.available_until)
        lengths = {reader: int(reader in view.reading) for reader in present}
        for item in view.waiting.values():
            if item.on_list_of in lengths:
                lengths[item.on_list_of] += 1
        holder = {item.number: item.on_list_of for item in view.waiting.values()}
        lists = []
        for item in sorted(view.waiting.values(), key=_priority_then_oldest):
            if item.on_list_of not in lengths and (reader := self._choose(item, present, lengths)) is not None:
                lists.append((item.number, reader))
                holder[item.number] = reader
                lengths[reader] += 1
        openings = []
        for reader in view.idle_readers():
            own = [item for item in view.waiting.values() if holder[item.number] == reader]
            if own:
                openings.append((reader, min(own, key=_priority_then_oldest).number))
        return Steps(tuple(openings), tuple(lists))

    def _choose(self, item: Waiting, present: list[int], lengths: dict[int, int]) -> int | None:
        study = item.study
        able = [
            reader
            for reader in present
            if reader not in item.declined_by and self.eligible[study.hospital, study.examination_type, reader]
        ]
        if not able:
            return None
        chosen = min(able, key=lambda reader: (lengths[reader] if self.by_load else 0, self.last_given[reader], reader))
        self.last_given[chosen], self.given = self.given, self.given + 1
        return chosen


def _priority_then_oldest(item: Waiting) -> tuple[float, ...]:
    return item.priority, item.study.arrives_at, item.number


def _oldest(item: Waiting) -> tuple[float, ...]:
    return item.study.arrives_at, item.number


POLICIES: dict[str, Callable[[Scenario], Policy]] = {
    "engine": EnginePolicy,
    "fifo": lambda scenario: SharedList(scenario, "fifo", _oldest),
    "priority": lambda scenario: SharedList(scenario, "priority", _priority_then_oldest),
    "round_robin": lambda scenario: PushedLists(scenario, "round_robin", by_load=False),
    "least_loaded": lambda scenario: PushedLists(scenario, "least_loaded", by_load=True),
}
