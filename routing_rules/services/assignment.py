"""Decide who reads an item, store why, and give it to the reader."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from hospitals.selectors.reading_rights import reading_rights_at
from pacs_core.access.scopes import all_hospitals_scope, open_scope
from routing_rules.engine.decision import Decision, Reader, decide
from routing_rules.engine.facts import ExaminationFacts
from routing_rules.engine.workload import expected_minutes
from routing_rules.models import AssignmentDecision, RuleSet
from routing_rules.selectors.rule_sets import rule_set_in_force
from routing_rules.selectors.snapshot import facts_of, readers_at
from worklist.models import WorklistItem
from worklist.selectors.privileges import bar_to_item, subspecialties_of
from worklist.services.expected_minutes import set_expected_minutes
from worklist.services.holding import assign_worklist_item, unassign_worklist_item

# One planner at a time: two would both see the same reader as the least loaded.
PLANNER_LOCK = 7_301_002


def decide_for_item(
    *, worklist_item_id: int, now: datetime | None = None, not_reader_id: int | None = None
) -> AssignmentDecision | None:
    """Decide for one item that no person holds or pinned; return the stored decision, None when nothing was to do.

    `not_reader_id` is a reader who has just given the item back. The same outcome as before is not stored again.
    """
    now = now or timezone.now()
    with open_scope(all_hospitals_scope(process="assignment")):
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [PLANNER_LOCK])
        item = _decidable(worklist_item_id)
        if item is None:
            return None
        rule_set, facts = rule_set_in_force(), facts_of(item, now=now)
        readers = _with_bars(_without(readers_at(now), not_reader_id), item, now)
        readers = _not_counting(readers, item)
        decision = decide(facts, rule_set.rules, readers, keep_reader_id=item.assigned_to_id)
        if _is_repetition(item, decision):
            return None
        set_expected_minutes(worklist_item_id=item.pk, minutes=expected_minutes(facts.modality))
        stored = _store(item, rule_set, facts, readers, decision, now)
        _give(item, decision)
        return stored


def replay(stored: AssignmentDecision) -> Decision:
    """Decide again from what was stored; equal to the stored decision, bit for bit."""
    facts = ExaminationFacts(**stored.facts)
    readers = [_reader_from_json(entry) for entry in stored.readers["readers"]]
    return decide(facts, stored.rule_set.rules, readers, keep_reader_id=stored.readers["kept_reader_id"])


def _decidable(worklist_item_id: int) -> WorklistItem | None:
    return (
        WorklistItem.objects.select_related("study__patient", "hospital", "order")
        .filter(pk=worklist_item_id, is_pinned=False)
        .filter(status__in=(WorklistItem.Status.UNASSIGNED, WorklistItem.Status.ASSIGNED))
        .first()
    )


def _with_bars(readers: list[Reader], item: WorklistItem, now: datetime) -> list[Reader]:
    """Note for each reader the right that is missing, so that nobody is chosen whom the worklist would refuse."""
    rights, subspecialty = reading_rights_at(now), subspecialties_of([item])[item.pk]
    return [
        replace(
            reader,
            barred_because=bar_to_item(
                rights.get(reader.reader_id), item, subspecialty=subspecialty, reader_id=reader.reader_id
            ),
        )
        for reader in readers
    ]


def _without(readers: list[Reader], reader_id: int | None) -> list[Reader]:
    reason = "Has just given this item back"
    return [replace(reader, excluded_because=reason) if reader.reader_id == reader_id else reader for reader in readers]


def _not_counting(readers: list[Reader], item: WorklistItem) -> list[Reader]:
    """Take the item itself out of its present reader's load, so that a reader at the cap may keep it."""
    return [
        replace(
            reader,
            open_items=reader.open_items - 1,
            open_minutes=max(0.0, reader.open_minutes - float(item.expected_minutes)),
        )
        if reader.reader_id == item.assigned_to_id
        else reader
        for reader in readers
    ]


def _is_repetition(item: WorklistItem, decision: Decision) -> bool:
    last = AssignmentDecision.objects.filter(worklist_item=item).order_by("-decided_at", "-pk").first()
    if last is None or decision.reader_id != item.assigned_to_id or last.chosen_id != decision.reader_id:
        return False
    if decision.reader_id is not None:
        return True
    reasons = {candidate["reader_id"]: candidate["reason"] for candidate in last.decision["candidates"]}
    return reasons == {candidate.reader_id: candidate.reason for candidate in decision.candidates}


def _store(
    item: WorklistItem,
    rule_set: RuleSet,
    facts: ExaminationFacts,
    readers: list[Reader],
    decision: Decision,
    now: datetime,
) -> AssignmentDecision:
    return AssignmentDecision.objects.create(
        hospital_id=item.hospital_id,
        worklist_item=item,
        decided_at=now,
        rule_set=rule_set,
        facts=facts.as_dict(),
        readers={
            "kept_reader_id": item.assigned_to_id,
            "readers": [_reader_to_json(reader) for reader in readers],
        },
        decision=decision.as_dict(),
        chosen_id=decision.reader_id,
    )


def _give(item: WorklistItem, decision: Decision) -> None:
    if decision.reader_id is not None and decision.reader_id != item.assigned_to_id:
        assign_worklist_item(worklist_item_id=item.pk, radiologist_id=decision.reader_id, reason=decision.summary)
    elif decision.reader_id is None and item.assigned_to_id is not None:
        unassign_worklist_item(worklist_item_id=item.pk, reason=decision.summary)


def _reader_to_json(reader: Reader) -> dict[str, Any]:
    return asdict(reader) | {
        "subspecialties": sorted(reader.subspecialties),
        "privileges": sorted(list(pair) for pair in reader.privileges),
    }


def _reader_from_json(entry: dict[str, Any]) -> Reader:
    values = entry | {
        "subspecialties": frozenset(entry["subspecialties"]),
        "privileges": frozenset(tuple(pair) for pair in entry["privileges"]),
    }
    return Reader(**values)
