"""Items that stay with nobody: a decision is made when the reasons are new, not each time it is tried again."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection

from routing_rules.engine.snapshot import ItemState, Plan, ReaderState, Snapshot
from routing_rules.models import AssignmentDecision, ItemDemand
from routing_rules.selectors.snapshot import Taken
from routing_rules.services.decisions import Decided, canonical_json
from routing_rules.services.wishes import Explained

Reasons = dict[int, str]


def decisions_for_nobody(taken: Taken, planned: Plan, explained: Explained, *, most: int) -> tuple[list[Decided], bool]:
    """Return decisions for items that nobody had and nobody gets, where the reasons are others than last time.

    At most so many items are looked at, the most urgent first; also returned is whether those were all.

    The circumstances of item and readers are compared first, so that reasons are only put together when they may be
    new. The items' demands must be stored.
    """
    readers_of = planned.reader_of()
    staying = {
        item_id: waiting
        for item_id, waiting in taken.waiting.items()
        if readers_of[item_id] is None and waiting.assigned_to_id is None
    }
    if not staying:
        return [], True
    readers = canonical_json([_of_reader(reader) for reader in taken.snapshot.readers])
    digests = {item_id: _digest(taken.snapshot, waiting.state, readers) for item_id, waiting in staying.items()}
    rows = ItemDemand.objects.filter(worklist_item__in=staying)
    known = dict(rows.values_list("worklist_item_id", "circumstances"))
    changed = [item_id for item_id, digest in digests.items() if known.get(item_id) != digest]
    moved = sorted(changed, key=lambda item_id: (staying[item_id].state.due_at, item_id))[:most]
    last = _last_reasons(moved)
    found = []
    for item_id in moved:
        explanation = explained.of(item_id)
        if reasons_of(explanation) != last.get(item_id):
            found.append(Decided(item_id, staying[item_id].hospital_id, None, explanation))
    _note({item_id: digests[item_id] for item_id in moved})
    return found, len(changed) <= most


def reasons_of(explanation: Mapping[str, Any]) -> Reasons:
    """Return what an explanation says of each reader who is out."""
    return {
        candidate["reader_id"]: candidate["reason"]
        for candidate in explanation["candidates"]
        if not candidate["is_eligible"]
    }


def _of_reader(reader: ReaderState) -> list[Any]:
    """Return what of a reader may give a reason against an item."""
    return [
        reader.reader_id,
        reader.available_until is not None,
        reader.shift_words,
        reader.is_on_call,
        reader.is_resident,
        sorted(reader.subspecialties),
        sorted(reader.groups),
        reader.open_items,
        reader.maximum_open_items,
        reader.maximum_open_minutes,
        reader.maximum_relative_value_per_shift,
    ]


def _digest(snapshot: Snapshot, item: ItemState, readers: bytes) -> str:
    kind = snapshot.kinds[item.kind]
    own = [
        snapshot.rule_set_version,
        [kind.hospital, kind.modalities, kind.subspecialty, kind.barred],
        item.demand.as_dict(),
        item.excluded,
        [item.is_widened, item.is_called, item.reading_stage],
    ]
    return hashlib.sha256(readers + canonical_json(own)).hexdigest()


def _last_reasons(item_ids: Collection[int]) -> dict[int, Reasons]:
    """Return the reasons of the items' last decisions, where those were for nobody."""
    if not item_ids:
        return {}
    rows = AssignmentDecision.objects.filter(worklist_item__in=item_ids)
    latest = rows.order_by("worklist_item_id", "-decided_at", "-pk").distinct("worklist_item_id")
    return {
        item_id: reasons_of(decision)
        for item_id, chosen_id, decision in latest.values_list("worklist_item_id", "chosen_id", "decision")
        if chosen_id is None
    }


def _note(digests: Mapping[int, str]) -> None:
    if digests:
        with connection.cursor() as cursor:
            cursor.execute(
                "update routing_rules_itemdemand as demand set circumstances = new.digest "
                "from unnest(%s::bigint[], %s::text[]) as new (id, digest) where demand.worklist_item_id = new.id",
                [list(digests), list(digests.values())],
            )
