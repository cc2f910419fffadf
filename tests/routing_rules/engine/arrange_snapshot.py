"""Small snapshots for tests of the plan: readers and items with sensible defaults."""

from typing import Any

from routing_rules.engine.rules import Demand
from routing_rules.engine.snapshot import ItemState, Kind, Level, ReaderState, Snapshot

LEVELS = {"stat": Level(30, 10), "urgent": Level(120, 4), "routine": Level(720, 1)}
CT_HEAD = Kind("NORTH", ("CT",), "neuro")


def reader(reader_id: int, *subspecialties: str, **values: Any) -> ReaderState:
    """A reader on shift for eight hours and idle, unless told otherwise."""
    given = {"available_until": 480.0, "shift_words": "until 16:00"} | values
    return ReaderState(
        reader_id, f"Dr. {reader_id}", f"reader{reader_id}@example.org", frozenset(subspecialties), **given
    )


def item(item_id: int, priority: str = "routine", *, demand: Demand | None = None, **values: Any) -> ItemState:
    """An item that has just come, due at the end of its priority's service level."""
    minutes = LEVELS[priority].service_level_minutes
    given = {"due_at": minutes, "service_level_minutes": minutes, "expected_minutes": 8.0, "relative_value": 1.0}
    return ItemState(item_id, values.pop("kind", 0), demand or Demand(), priority, **(given | values))


def snapshot(
    items: list[ItemState], readers: list[ReaderState], kinds: tuple[Kind, ...] = (CT_HEAD,), **values: Any
) -> Snapshot:
    return Snapshot("2026-03-02T08:00:00+00:00", 1, LEVELS, kinds, tuple(items), tuple(readers), **values)
