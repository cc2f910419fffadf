"""Escalation: the policy of each priority, which steps were taken, which items have one due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, ExpressionWrapper, F, Q
from django.db.models.fields import DateTimeField

from hospitals.models import User
from pacs_core.access.scopes import current_scope
from routing_rules.engine.escalation import ASSIGNED, READING, STEPS, UNASSIGNED, Shares
from routing_rules.models import EscalationPolicy, EscalationStep
from worklist.models import Priority, WorklistItem

# Nobody is called out of bed for a routine examination, and its reader has all day.
DEFAULT_SHARES: dict[str, Shares] = {
    Priority.STAT: Shares(0.5, 0.65, 0.8, 0.9),
    Priority.URGENT: Shares(0.6, 0.7, 0.85, 0.95),
    Priority.ROUTINE: Shares(0.75, 0.8, 0.9, None),
}


@dataclass(frozen=True)
class Policy:
    """What is done when for a priority; `edit_number` 0 is the default that nobody has changed."""

    priority: str
    shares: Shares
    edit_number: int = 0
    changed_at: datetime | None = None
    changed_by: User | None = None

    @property
    def label(self) -> str:
        return str(Priority(self.priority).label)


def escalation_policies() -> dict[str, Policy]:
    """Return the policy of every priority, the most urgent first; one query."""
    rows = {row.priority: row for row in EscalationPolicy.objects.select_related("changed_by")}
    return {
        priority: _of_row(rows[priority]) if priority in rows else Policy(priority, DEFAULT_SHARES[priority])
        for priority in Priority.values
    }


def escalation_of(item_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """Return the steps that count for each item as its deadline is now; one query, an absent item has none."""
    wanted = list(item_ids)
    taken: dict[int, set[str]] = {item_id: set() for item_id in wanted}
    rows = EscalationStep.objects.filter(worklist_item__in=wanted, deadline_at__gte=F("worklist_item__deadline_at"))
    for item_id, step in rows.values_list("worklist_item_id", "step"):
        taken[item_id].add(step)
    return {item_id: frozenset(steps) for item_id, steps in taken.items()}


def steps_of(item: WorklistItem) -> list[EscalationStep]:
    """Return every step ever taken for an item, the latest first."""
    return list(item.escalation_steps.order_by("-taken_at", "-pk"))


class Candidate(NamedTuple):
    """What of an unsigned item decides which steps are due."""

    pk: int
    hospital_id: int
    status: str
    priority: str
    deadline_at: datetime
    service_level_minutes: int
    is_pinned: bool
    assigned_to_id: int | None


def items_past_a_share(now: datetime, policies: Iterable[Policy]) -> list[Candidate]:
    """Return the unsigned items that have used the first share of their policy, the nearest deadline first.

    One query over a partial index. Pinned items that wait are among them: their reader may be off shift.
    """
    past = Q(is_pinned=True, status=ASSIGNED)
    for policy in policies:
        shares = [share for step in STEPS if (share := policy.shares.of(step)) is not None]
        if shares:
            past |= Q(priority=policy.priority) & _has_used(min(shares), now)
    items = WorklistItem.objects.filter(past, status__in=(UNASSIGNED, ASSIGNED, READING))
    return [Candidate(*row) for row in items.order_by("deadline_at", "pk").values_list(*Candidate._fields)]


def _has_used(share: float, now: datetime) -> Q:
    """Say that an item has used up a share of its service level: it is due after the rest has passed too."""
    latest = ExpressionWrapper(
        now + F("service_level_minutes") * ((1 - share) * timedelta(minutes=1)), output_field=DateTimeField()
    )
    return Q(deadline_at__lte=latest)


def _of_row(row: EscalationPolicy) -> Policy:
    shares = Shares(row.remind_reader_at, row.widen_pool_at, row.alert_coordinator_at, row.call_on_call_at)
    return Policy(row.priority, shares, row.edit_number, row.changed_at, row.changed_by)


def steps_taken_since(since: datetime) -> dict[tuple[str, str], int]:
    """Count the steps taken in the open scope's hospitals by priority and step."""
    rows = EscalationStep.objects.filter(taken_at__gte=since, hospital_id__in=current_scope().hospital_ids)
    counted = rows.values_list("worklist_item__priority", "step").annotate(Count("pk")).order_by()
    return {(priority, step): number for priority, step, number in counted}
