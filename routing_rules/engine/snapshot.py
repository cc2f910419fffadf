"""The snapshot: everything a plan is made from, as plain values; planning it again gives the same plan.

All durations and instants are minutes; instants are counted from the moment of the snapshot, so what is past is
negative. Items, readers and kinds are sorted (by id, by id, by key): the order of what is read from a database never
shows in a plan. `as_dict` and `from_dict` go through JSON without loss.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from routing_rules.engine.rules import Demand
from routing_rules.engine.weights import EngineWeights


@dataclass(frozen=True)
class Kind:
    """Examinations that the same readers may read: one hospital, its jurisdiction, modalities and subspecialty.

    `barred` names the readers whom a reading right keeps out, by the first reason in words, as
    hospitals.selectors.reading_rights.first_bar gives it; who is in none of them may read.
    """

    hospital: str
    modalities: tuple[str, ...]
    subspecialty: str
    barred: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemState:
    """A worklist item that nobody has opened.

    `kind` is a position in `Snapshot.kinds`; `priority` is in force, after rules raised it. `holder_id` is on whose
    list it waits; `is_pinned` means a person or a rule gave it to that reader. `excluded` names readers whom this one
    item is kept from, by reason: has given it back, read it first. `linked_reader_id` has a linked examination or
    read the last one. `is_widened` and `is_called` are steps of escalation: the pool is wider, on-call readers are in.
    `reading_stage` is 2 for the second of two readings.
    """

    item_id: int
    kind: int
    demand: Demand
    priority: str
    due_at: float
    service_level_minutes: float
    expected_minutes: float
    relative_value: float
    holder_id: int | None = None
    is_pinned: bool = False
    excluded: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    linked_reader_id: int | None = None
    is_widened: bool = False
    is_called: bool = False
    reading_stage: int = 1


@dataclass(frozen=True)
class ReaderState:
    """An active radiologist.

    `available_until` is the end of the present window, None when off shift; `shift_words` says in words when that is
    on the reader's clock ("until 16:00", "from 22:00"); `returns_at` is the start of the next window, None when none is
    in sight. `free_at` is when the study being read is expected to be
    signed, 0 when idle. `speed_factor` 1.1 is 10 % slower than average. `burden` is the relative value per hour
    adjusted for speed, of this shift and of 28 days, as a share above (or below) the mean. `open_items` and
    `open_minutes` count what has been opened and not signed; None for a cap is no cap.
    """

    reader_id: int
    name: str
    email: str
    subspecialties: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    is_resident: bool = False
    available_until: float | None = None
    shift_words: str = ""
    returns_at: float | None = None
    is_on_call: bool = False
    free_at: float = 0.0
    is_idle: bool = True
    speed_factor: float = 1.0
    burden: float = 0.0
    open_items: int = 0
    open_minutes: float = 0.0
    relative_value_of_shift: float = 0.0
    maximum_open_items: int | None = None
    maximum_open_minutes: float | None = None
    maximum_relative_value_per_shift: float | None = None


@dataclass(frozen=True)
class Prospect:
    """The coming hours on a grid of `step` minutes from now, both cumulated from now, first entry 0.

    `capacity` is planned reading time of all readers, `work` the expected minutes of examinations yet to arrive;
    `priority_share` the share of arrivals by priority; `attendance` how much of the planned time readers were there.
    """

    step: float = 15.0
    capacity: tuple[float, ...] = (0.0,)
    work: tuple[float, ...] = (0.0,)
    priority_share: Mapping[str, float] = field(default_factory=dict)
    attendance: float = 1.0


@dataclass(frozen=True)
class Level:
    """A priority's usual service level in minutes and what a late minute weighs."""

    service_level_minutes: float
    lateness_weight: float


@dataclass(frozen=True)
class Snapshot:
    """The network at one moment, as the planner sees it; `levels` by priority, the most urgent first."""

    taken_at: str
    rule_set_version: int
    levels: Mapping[str, Level]
    kinds: tuple[Kind, ...]
    items: tuple[ItemState, ...]
    readers: tuple[ReaderState, ...]
    prospect: Prospect = field(default_factory=Prospect)
    weights: EngineWeights = field(default_factory=EngineWeights)
    off_subspecialty_factor: float = 1.2

    def in_order(self) -> "Snapshot":
        """Return the same with items and readers sorted by id, so that no order of reading shows in a plan."""
        return replace(
            self,
            items=tuple(sorted(self.items, key=lambda item: item.item_id)),
            readers=tuple(sorted(self.readers, key=lambda reader: reader.reader_id)),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON holds; sets are sorted, demands and weights by name."""
        # The demand of many items is one object, so it is taken apart once; dataclasses.asdict would copy it each time.
        demands = {
            key: demand.as_dict() for key, demand in {id(item.demand): item.demand for item in self.items}.items()
        }
        values = {name: _plain(value) for name, value in vars(self).items() if name != "items"}
        return values | {"items": [_item(item, demands[id(item.demand)]) for item in self.items]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Snapshot":
        """Return what `as_dict` gave, also after a way through JSON; names unknown to this version are left out."""
        return cls(
            taken_at=values["taken_at"],
            rule_set_version=values["rule_set_version"],
            levels={code: _made(Level, level) for code, level in values["levels"].items()},
            kinds=tuple(_made(Kind, kind) for kind in values["kinds"]),
            items=tuple(
                _made(ItemState, item | {"demand": Demand.from_dict(item["demand"])}) for item in values["items"]
            ),
            readers=tuple(_reader(reader) for reader in values["readers"]),
            prospect=_made(Prospect, values["prospect"]),
            weights=_made(EngineWeights, values["weights"]),
            off_subspecialty_factor=values["off_subspecialty_factor"],
        )


@dataclass(frozen=True)
class PlannedReading:
    """Where an item stands in the plan: on whose list and at which place (1 is next), None for nobody yet.

    `starts_at` and `finishes_at` are expected, in minutes from the snapshot; None for nobody.
    """

    item_id: int
    reader_id: int | None
    place: int = 0
    starts_at: float | None = None
    finishes_at: float | None = None


@dataclass(frozen=True)
class Plan:
    """A reading for each item of the snapshot, sorted by item id."""

    readings: tuple[PlannedReading, ...]

    def reader_of(self) -> dict[int, int | None]:
        return {reading.item_id: reading.reader_id for reading in self.readings}


def _reader(values: Mapping[str, Any]) -> ReaderState:
    sets = {name: frozenset(values[name]) for name in ("subspecialties", "groups")}
    return _made(ReaderState, {**values, **sets})


def _made(kind: type[Any], values: Mapping[str, Any]) -> Any:
    known = {entry.name for entry in fields(kind)}
    return kind(**{name: _frozen(value) for name, value in values.items() if name in known})


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {name: _frozen(entry) for name, entry in value.items()}
    return value


def _item(item: ItemState, demand: dict[str, Any]) -> dict[str, Any]:
    values = vars(item) | {"demand": demand}
    return values | {"excluded": _plain(item.excluded)} if item.excluded else values


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {name: _plain(entry) for name, entry in vars(value).items()}
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value
