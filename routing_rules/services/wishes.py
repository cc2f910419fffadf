"""What of the worklist has to change so that it is as a plan has it; nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from routing_rules.engine.explanation import Explainer
from routing_rules.engine.problem import Problem
from routing_rules.engine.snapshot import Plan, PlannedReading, Snapshot
from routing_rules.selectors.demands import RuledItem
from routing_rules.selectors.snapshot import Taken
from routing_rules.selectors.waiting_items import WaitingItem
from worklist.services.planned import ItemWish


class Explained:
    """Explanations of one plan, put together only when one is asked for."""

    def __init__(self, snapshot: Snapshot, planned: Plan, problem: Problem | None) -> None:
        self._made_from = snapshot, planned, problem

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(*self._made_from)

    def of(self, item_id: int) -> dict[str, Any]:
        return self._explainer.explain(item_id).as_dict()


@dataclass(frozen=True)
class PlannedChange:
    """A change of one item, with the explanation where its reader changes."""

    wish: ItemWish
    hospital_id: int
    explanation: dict[str, Any] | None


@dataclass(frozen=True)
class PlannedChanges:
    """What one run changes, by item id; `are_all` False when some items' readers have to wait for the next run."""

    changes: list[PlannedChange]
    are_all: bool


def planned_changes(taken: Taken, planned: Plan, explained: Explained, *, most: int) -> PlannedChanges:
    """Return what differs between the plan and the worklist; of items that change their reader the `most` urgent."""
    readings = {reading.item_id: reading for reading in planned.readings}
    moving = [waiting for item_id, waiting in taken.waiting.items() if _is_moved(waiting, readings[item_id])]
    first = sorted(moving, key=lambda waiting: (waiting.state.due_at, waiting.state.item_id))[:most]
    moving_now = {waiting.state.item_id for waiting in first}
    changes = (
        _change(waiting, readings[item_id], explained, is_moved=item_id in moving_now)
        for item_id, waiting in taken.waiting.items()
    )
    return PlannedChanges([change for change in changes if change is not None], len(moving) <= most)


def _is_moved(waiting: WaitingItem, reading: PlannedReading) -> bool:
    return not waiting.state.is_pinned and reading.reader_id != waiting.assigned_to_id


def _change(
    waiting: WaitingItem, reading: PlannedReading, explained: Explained, *, is_moved: bool
) -> PlannedChange | None:
    reader_id = reading.reader_id if is_moved else waiting.assigned_to_id
    place = reading.place if reader_id is not None and reading.reader_id == reader_id else None
    ruled = _differing(waiting.ruled)
    if not is_moved and place == waiting.place and ruled is None:
        return None
    explanation = explained.of(waiting.state.item_id) if is_moved else None
    values: Mapping[str, Any] = {}
    if ruled is not None:
        names = ", ".join(ruled.demand.matched)
        values = {
            "urgency": ruled.urgency,
            "ruled": ruled.ruled,
            "expected_minutes": ruled.expected_minutes,
            "reading_mode": ruled.demand.reading,
            "ruled_reason": f"Rules: {names}",
        }
    wish = ItemWish(
        worklist_item_id=waiting.state.item_id,
        version=waiting.version,
        radiologist_id=reader_id,
        place=place,
        reason=_reason(waiting, explanation) if explanation else "",
        lifts_pin=is_moved and bool(waiting.lost_reader),
        **values,
    )
    return PlannedChange(wish, waiting.hospital_id, explanation)


def _differing(ruled: RuledItem | None) -> RuledItem | None:
    """Return what the rules newly said where the item itself says something else."""
    if ruled is None:
        return None
    item = ruled.item
    is_read_otherwise = item.first_reader_id is None and item.reading_mode != ruled.demand.reading
    is_longer = float(item.expected_minutes) != ruled.expected_minutes
    return ruled if ruled.urgency or is_read_otherwise or is_longer else None


def _reason(waiting: WaitingItem, explanation: Mapping[str, Any]) -> str:
    summary = str(explanation["summary"])
    return f"{waiting.lost_reader} has left the shift: the pin is lifted. {summary}" if waiting.lost_reader else summary
