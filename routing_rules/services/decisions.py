"""Store what a plan changed, with everything that explains it and lets it be planned again."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from routing_rules.engine.snapshot import Plan, Snapshot
from routing_rules.models import AssignmentDecision, ItemDemand, PlanningRun, RuleSet


@dataclass(frozen=True)
class Decided:
    """A decision to be stored: the item, whom it went to, and the engine's explanation."""

    item_id: int
    hospital_id: int
    reader_id: int | None
    explanation: dict[str, Any]


def canonical_json(value: Any) -> bytes:
    """Return the one form in which equal values are equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def store_decisions(
    decided: Iterable[Decided],
    *,
    snapshot: Snapshot,
    plan: Plan,
    rule_set: RuleSet,
    now: datetime,
    milliseconds: float,
) -> list[AssignmentDecision]:
    """Store a run with its decisions; nothing when nothing was decided. Facts and demands must be stored already."""
    decided = list(decided)
    if not decided:
        return []
    text = canonical_json(snapshot.as_dict())
    run = PlanningRun.objects.create(
        planned_at=now,
        rule_set=rule_set,
        snapshot=zlib.compress(text, 1),
        snapshot_sha256=hashlib.sha256(text).hexdigest(),
        plan={str(item_id): reader_id for item_id, reader_id in plan.reader_of().items()},
        number_of_items=len(snapshot.items),
        number_of_readers=len(snapshot.readers),
        milliseconds=round(milliseconds, 1),
    )
    asked = _asked([one.item_id for one in decided])
    return AssignmentDecision.objects.bulk_create(
        AssignmentDecision(
            hospital_id=one.hospital_id,
            worklist_item_id=one.item_id,
            planning_run=run,
            decided_at=now,
            rule_set=rule_set,
            facts=asked[one.item_id].facts,
            demand=asked[one.item_id].demand,
            decision=one.explanation,
            chosen_id=one.reader_id,
        )
        for one in decided
    )


def _asked(item_ids: list[int]) -> Mapping[int, ItemDemand]:
    return {row.worklist_item_id: row for row in ItemDemand.objects.filter(worklist_item__in=item_ids)}
