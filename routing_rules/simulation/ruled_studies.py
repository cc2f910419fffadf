"""What rules make of examinations: studies for the simulator, and who may read them; pure.

What each examination demands of its reader is asked of a RuleBook with the facts of its arrival, and again at each
share of the service level that a rule names; a hold ends at its share, escalation widens the pool at another. Who may
read, the engine says once for each kind of examination and demand, never item by item.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.problem import problem_of
from routing_rules.engine.rules import Demand, RuleBook
from routing_rules.engine.snapshot import ItemState, Level, Snapshot
from routing_rules.simulation.examinations import (
    PRIORITIES,
    USUAL_MINUTES,
    Examination,
    Network,
    hospitals_of,
    specialists_of,
)
from routing_rules.simulation.scenario import Change, ExaminationType, Study

SHORTEST_LEVEL = 1.0
_DAY = 1440.0
# Just past a share that a rule names, so that "more than half" is true.
_PAST = 1e-6


@dataclass
class _Types:
    """Examination types as they turn up: what the same readers may read, as long and worth as much, is one type."""

    network: Network
    position: dict[tuple[Any, ...], int] = field(default_factory=dict)
    items: list[ItemState] = field(default_factory=list)

    def of(self, examination: Examination, phase: "_Phase") -> int:
        minutes, value = examination.expected_minutes, examination.relative_value
        key = (examination.kind, phase.demand, phase.is_held, phase.is_widened, minutes, value)
        found = self.position.get(key)
        if found is None:
            found = self.position[key] = len(self.items)
            # A hold is on while more of the service level is left than it leaves to others.
            due_at = _DAY if phase.is_held else 0.0
            item = ItemState(found, examination.kind, phase.demand, "routine", due_at, _DAY, minutes, value)
            self.items.append(replace(item, is_widened=phase.is_widened))
        return found

    def judged(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Ask the engine itself who may read each type and whom it would rather have, everybody being on shift."""
        if not self.items or not self.network.readers:
            nobody = np.zeros((len(self.items), len(self.network.readers)), dtype=bool)
            return nobody, nobody
        snapshot = Snapshot(
            taken_at="",
            rule_set_version=0,
            levels={
                code: Level(minutes, weight)
                for code, minutes, weight in zip(PRIORITIES, USUAL_MINUTES, self.network.lateness_weights, strict=True)
            },
            kinds=self.network.kinds,
            items=tuple(self.items),
            readers=tuple(replace(reader, available_until=_DAY) for reader in self.network.readers),
        )
        pairs = problem_of(snapshot).pairs
        return pairs.is_eligible, pairs.is_specialist

    def described(self) -> tuple[ExaminationType, ...]:
        kinds = self.network.kinds
        return tuple(
            ExaminationType(
                f"{kinds[item.kind].hospital} {kinds[item.kind].subspecialty or 'any'} {position}",
                kinds[item.kind].subspecialty,
                bool(item.demand.require_subspecialty),
                item.relative_value,
                item.expected_minutes,
            )
            for position, item in enumerate(self.items)
        )

    def specialists(self) -> NDArray[np.bool_]:
        of_kind = specialists_of(self.network)
        return of_kind[[item.kind for item in self.items]]


@dataclass(frozen=True)
class Ruled:
    """What rules made of examinations: studies and types for the simulator, the demand of each on arrival."""

    studies: tuple[Study, ...]
    types: tuple[ExaminationType, ...]
    eligible: NDArray[np.bool_]
    specialist: NDArray[np.bool_]
    preferred: NDArray[np.bool_]
    demands: tuple[Demand, ...]


@dataclass(frozen=True)
class _Phase:
    """What holds from `at` on: the rules' demand, whether its hold still stands, whether escalation has widened it."""

    at: float
    demand: Demand
    is_held: bool
    is_widened: bool = False


def apply_rules(examinations: Sequence[Examination], network: Network, rules: list[dict[str, Any]]) -> Ruled:
    """Ask the rules about every examination; `examinations` in the order of their arrival."""
    book, shares, types = RuleBook(rules), shares_of(rules), _Types(network)
    hospitals = {code: position for position, code in enumerate(hospitals_of(network))}
    studies, demands = [], []
    for examination in examinations:
        first, *later = _phases(examination, book, shares, network.widen_at)
        priority, level = urgency(examination, first.demand)
        studies.append(
            Study(
                str(examination.item_id),
                examination.arrives_at,
                hospitals[network.kinds[examination.kind].hospital],
                types.of(examination, first),
                priority,
                max(SHORTEST_LEVEL, level - examination.clock_started),
                tuple(_change(examination, phase, types) for phase in later),
            )
        )
        demands.append(first.demand)
    eligible, preferred = types.judged()
    return Ruled(tuple(studies), types.described(), eligible, types.specialists(), preferred, tuple(demands))


def urgency(examination: Examination, demand: Demand) -> tuple[int, float]:
    """Return the priority in force as a position in PRIORITIES and the minutes of the service level."""
    asked = str(examination.facts["priority"])
    priority = min(PRIORITIES.index(word) for word in (asked, demand.priority) if word in PRIORITIES)
    minutes = demand.service_level_minutes or examination.agreed_minutes[priority]
    return priority, max(SHORTEST_LEVEL, round(minutes * demand.service_level_factor))


def _change(examination: Examination, phase: _Phase, types: _Types) -> Change:
    priority, level = urgency(examination, phase.demand)
    due_at = examination.arrives_at - examination.clock_started + level
    return Change(phase.at, types.of(examination, phase), priority, due_at)


def _phases(
    examination: Examination, book: RuleBook, shares: Sequence[float], widen_at: Sequence[float | None]
) -> Iterator[_Phase]:
    """Yield what holds on arrival, then what holds from each moment at which something changes."""
    demand = book.demand_of(examination.facts)
    priority, level = urgency(examination, demand)
    began = examination.arrives_at - examination.clock_started
    widens = widen_at[priority]
    used = examination.clock_started / level
    phase = _Phase(
        examination.arrives_at,
        demand,
        bool(demand.hold_for_subspecialty) and used < demand.hold_share,
        widens is not None and used >= widens,
    )
    yield phase
    moments = set(shares) | ({demand.hold_share} if phase.is_held else set()) | ({widens} if widens else set())
    for share in sorted(moments):
        if share <= used:
            continue
        if shares:
            demand = book.demand_of({**examination.facts, "elapsed_share": share + _PAST})
        later = _Phase(
            began + share * level,
            demand,
            bool(demand.hold_for_subspecialty) and share < demand.hold_share,
            widens is not None and share >= widens,
        )
        if not _is_same(phase, later):
            phase = later
            yield later


def _is_same(phase: _Phase, later: _Phase) -> bool:
    """Say whether readers and deadline stay what they were; to widen changes nothing where nobody is required."""
    demand = later.demand
    is_wider = later.is_widened != phase.is_widened and bool(
        demand.require_subspecialty or demand.require_group or demand.require_reader
    )
    return not is_wider and (phase.demand, phase.is_held) == (later.demand, later.is_held)


def shares_of(rules: Iterable[Mapping[str, Any]]) -> list[float]:
    """Return the shares of the service level that conditions name, sorted: there the rules may say something else."""
    found: set[float] = set()
    for rule in rules:
        _collect_shares(rule.get("when", {}), found)
    return sorted(found)


def _collect_shares(condition: Any, found: set[float]) -> None:
    if isinstance(condition, list):
        for part in condition:
            _collect_shares(part, found)
    elif isinstance(condition, Mapping):
        if condition.get("fact") == "elapsed_share":
            value = condition.get("value")
            values = value if isinstance(value, list) else [value]
            found |= {float(number) for number in values if isinstance(number, int | float) and number > 0}
        for name in ("all", "any", "not"):
            if name in condition:
                _collect_shares(condition[name], found)
