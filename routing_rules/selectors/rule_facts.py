"""The examinations that a draft of rules is tried on: what waits now, and what came in the last 30 days.

Only those of the open scope's hospitals; facts as the engine stored them, made again where it has not decided yet.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import numpy as np
from django.db.models import Q, QuerySet

from hospitals.models import Holiday
from pacs_core.access.scopes import current_scope
from routing_rules.engine.columns import FactColumns, Flags
from routing_rules.engine.facts import WEEKDAYS
from routing_rules.models import AssignmentDecision, ItemDemand
from routing_rules.selectors.facts import examined
from worklist.models import WorklistItem

RECENT = timedelta(days=30)
WAITING = (WorklistItem.Status.UNASSIGNED, WorklistItem.Status.ASSIGNED)
# While somebody types, the same examinations are asked for every few hundred milliseconds.
KEPT_SECONDS = 30.0
_MOST_KEPT = 6


@dataclass(frozen=True)
class Examination:
    """What a list of matches shows of an examination; nothing of the patient."""

    worklist_item_id: int
    status: str
    priority: str
    opened_at: datetime
    facts: dict[str, Any]

    @property
    def is_waiting(self) -> bool:
        return self.status in WAITING

    @property
    def words(self) -> str:
        return self.facts.get("description") or self.facts.get("procedure_code") or self.facts.get("modality") or "–"


@dataclass(frozen=True)
class Sample:
    """Examinations with their facts by column; `now` and `recent` say which of them wait, which came lately."""

    examinations: Sequence[Examination]
    now: Flags
    recent: Flags
    columns: FactColumns = field(repr=False)


_kept: dict[frozenset[int], tuple[float, Sample]] = {}
_lock = Lock()


def sample_in_view(now: datetime) -> Sample:
    """Return the open scope's examinations; kept for half a minute by the process, so that typing costs no query."""
    key = current_scope().hospital_ids
    at = time.monotonic()
    with _lock:
        known = _kept.get(key)
    if known is not None and at - known[0] < KEPT_SECONDS:
        return known[1]
    sample = read_sample(now)
    with _lock:
        if len(_kept) >= _MOST_KEPT:
            _kept.pop(min(_kept, key=lambda one: _kept[one][0]))
        _kept[key] = (at, sample)
    return sample


def forget_samples() -> None:
    """Let the next asking read the examinations again."""
    with _lock:
        _kept.clear()


def read_sample(now: datetime) -> Sample:
    """Read the examinations and their facts: three queries, a fixed number more where facts have to be made."""
    chosen = WorklistItem.objects.exclude(status=WorklistItem.Status.CANCELLED).filter(
        Q(status__in=WAITING) | Q(opened_at__gte=now - RECENT)
    )
    rows = list(chosen.order_by("-opened_at", "-pk").values_list("pk", "status", "priority", "opened_at"))
    facts = _stored_facts(chosen)
    facts |= _made_facts([row[0] for row in rows if row[0] not in facts], now)
    examinations = [Examination(*row, facts[row[0]]) for row in rows]
    return Sample(
        examinations,
        now=np.fromiter((one.status in WAITING for one in examinations), bool, len(examinations)),
        recent=np.fromiter((one.opened_at >= now - RECENT for one in examinations), bool, len(examinations)),
        columns=FactColumns([one.facts for one in examinations]),
    )


def _stored_facts(chosen: QuerySet[WorklistItem]) -> dict[int, dict[str, Any]]:
    """Return the facts of the items' demands, else of their last decisions.

    The items are told as a query: the driver takes longer to read thousands of ids in a statement than for the answer.
    """
    item_ids = chosen.values("pk")
    decisions = AssignmentDecision.objects.filter(worklist_item__in=item_ids)
    latest = decisions.order_by("worklist_item", "-decided_at", "-pk").distinct("worklist_item")
    found = dict(latest.values_list("worklist_item_id", "facts"))
    found |= dict(ItemDemand.objects.filter(worklist_item__in=item_ids).values_list("worklist_item_id", "facts"))
    return {item_id: facts for item_id, facts in found.items() if facts}


def _made_facts(item_ids: list[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Make the facts of items that no run has looked at, as they were when the item opened."""
    if not item_ids:
        return {}
    items = WorklistItem.objects.filter(pk__in=item_ids).select_related("study__patient", "hospital", "order")
    holidays = set(Holiday.objects.filter(on__gte=(now - RECENT).date()).values_list("hospital_id", "on"))
    made = {}
    for found in examined(list(items), now=now):
        local = found.item.opened_at.astimezone(found.item.hospital.zone)
        day = local.date()
        made[found.item.pk] = found.facts.as_dict() | {
            "time_of_day": local.strftime("%H:%M"),
            "weekday": WEEKDAYS[local.weekday()],
            "holiday": bool({(found.item.hospital_id, day), (None, day)} & holidays),
            "elapsed_share": 0.0,
        }
    return made
