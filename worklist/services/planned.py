"""What the planner does to many items at once: give them to readers, order their lists, change their urgency.

The same as the services of one item (the table of worklist.transitions, a transition, an event and an audit entry for
each change), with a number of statements that does not grow with the items.
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import connection, transaction

from pacs_core.access.scopes import current_scope
from pacs_core.audit.services import record_audits
from pacs_core.events.models import Event
from pacs_core.events.services import emit_events
from worklist.models import WorklistItem, WorklistItemTransition
from worklist.services.service_levels import RuledUrgency, Urgency
from worklist.transitions import ACTIONS, ASSIGNED, UNASSIGNED, check_party

WAITING = (UNASSIGNED, ASSIGNED)


@dataclass(frozen=True)
class ItemWish:
    """What a plan wants of an item nobody has opened; `version` is the one that it was made from.

    `radiologist_id` None wants it unassigned. A pinned item stays with its reader unless `lifts_pin`. `urgency` None
    and the others that are empty leave the item's as they are.
    """

    worklist_item_id: int
    version: int
    radiologist_id: int | None
    place: int | None = None
    expected_minutes: float | None = None
    reason: str = ""
    lifts_pin: bool = False
    reading_mode: str = ""
    urgency: Urgency | None = None
    ruled: RuledUrgency | None = None
    ruled_reason: str = ""


@dataclass(frozen=True)
class _Change:
    item: WorklistItem
    action: str
    from_status: str
    previous_holder: int | None
    reason: str


@transaction.atomic
def carry_out_plan(*, wishes: Collection[ItemWish], now: datetime) -> dict[int, int]:
    """Carry out what a plan wants; return the versions, by item id, of the items that it still fitted.

    An item that somebody has opened, given away or changed since the plan looked at it is left alone. Takes the row
    locks once, in the order of the ids.
    """
    by_id = {wish.worklist_item_id: wish for wish in wishes}
    locked = WorklistItem.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=list(by_id)).order_by("pk")
    fitting = [item for item in locked if item.status in WAITING and item.version == by_id[item.pk].version]
    changes: list[_Change] = []
    for item in fitting:
        # One type for all rows: they are written as arrays.
        item.expected_minutes = float(by_id[item.pk].expected_minutes or item.expected_minutes)
        wish = by_id[item.pk]
        own = [*_urgency_changed(item, wish), *_reading_changed(item, wish), *_holder_changed(item, wish, now)]
        if own:
            item.version += 1
        item.place = by_id[item.pk].place if item.status == ASSIGNED else None
        changes += own
    _write(fitting)
    _record(changes, now)
    return {item.pk: item.version for item in fitting}


def _urgency_changed(item: WorklistItem, wish: ItemWish) -> Iterable[_Change]:
    if wish.urgency is None or wish.ruled is None:
        return
    values = asdict(wish.urgency) | asdict(wish.ruled)
    if all(getattr(item, name) == value for name, value in values.items()):
        return
    is_seen = any(getattr(item, name) != value for name, value in asdict(wish.urgency).items())
    for name, value in values.items():
        setattr(item, name, value)
    if is_seen:
        yield _Change(item, "change_urgency", item.status, item.assigned_to_id, wish.ruled_reason)


def _reading_changed(item: WorklistItem, wish: ItemWish) -> Iterable[_Change]:
    """Read it once or twice, as the rules ask now; what has begun ends as it began. ValueError for no reading mode."""
    if not wish.reading_mode or wish.reading_mode == item.reading_mode or item.first_reader_id is not None:
        return
    item.reading_mode = WorklistItem.ReadingMode(wish.reading_mode).value
    yield _Change(item, "change_reading", item.status, item.assigned_to_id, wish.ruled_reason)


def _holder_changed(item: WorklistItem, wish: ItemWish, now: datetime) -> Iterable[_Change]:
    if wish.radiologist_id == item.assigned_to_id or (item.is_pinned and not wish.lifts_pin):
        return
    action = "unassign" if wish.radiologist_id is None else "assign"
    check_party(item, action)
    before, previous = item.status, item.assigned_to_id
    item.status, item.is_pinned = ACTIONS[action].leads_to, False
    item.assigned_to_id, item.assigned_at = wish.radiologist_id, now if wish.radiologist_id else None
    yield _Change(item, action, before, previous, wish.reason)


_COLUMNS = {
    "status": "text",
    "assigned_to_id": "bigint",
    "assigned_at": "timestamptz",
    "is_pinned": "boolean",
    "place": "int",
    "priority": "text",
    "priority_rank": "int",
    "service_level_minutes": "int",
    "deadline_at": "timestamptz",
    "expected_minutes": "numeric",
    "reading_mode": "text",
    "raised_priority": "text",
    "ruled_service_level_minutes": "int",
    "ruled_service_level_factor": "float8",
    "version": "int",
}


def _write(items: list[WorklistItem]) -> None:
    """Write the locked items' columns in one statement."""
    if not items:
        return
    arrays = [[item.pk for item in items], *([getattr(item, name) for item in items] for name in _COLUMNS)]
    kinds = ", ".join(f"%s::{kind}[]" for kind in ("bigint", *_COLUMNS.values()))
    names = ", ".join(_COLUMNS)
    settings = ", ".join(f"{name} = new.{name}" for name in _COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"update worklist_worklistitem as item set {settings} "
            f"from unnest({kinds}) as new (id, {names}) where item.id = new.id",
            arrays,
        )


def _record(changes: list[_Change], now: datetime) -> None:
    """Write transitions, events (told to the old and the new holder) and audit entries."""
    if not changes:
        return
    actor_id = current_scope().principal.user_id
    WorklistItemTransition.objects.bulk_create(
        WorklistItemTransition(
            hospital_id=change.item.hospital_id,
            worklist_item=change.item,
            action=change.action,
            from_status=change.from_status,
            to_status=change.item.status,
            holder_id=change.item.assigned_to_id,
            previous_holder_id=change.previous_holder,
            actor_id=actor_id,
            at=now,
            reason=change.reason[:300],
        )
        for change in changes
    )
    emit_events(_event(change) for change in changes)
    record_audits(
        {
            "action": f"worklist_item.{change.action}",
            "object_type": "worklist_item",
            "object_id": change.item.pk,
            "hospital_id": change.item.hospital_id,
            "detail": {"from": change.from_status, "to": change.item.status, "holder": change.item.assigned_to_id},
        }
        for change in changes
    )


def _event(change: _Change) -> Event:
    item = change.item
    return Event(
        name=ACTIONS[change.action].event,
        hospital_id=item.hospital_id,
        payload={
            "worklist_item_id": item.pk,
            "study_id": item.study_id,
            "status": item.status,
            "user_ids": sorted({user for user in (change.previous_holder, item.assigned_to_id) if user}),
            "action": change.action,
            "is_planned": True,
        },
    )
