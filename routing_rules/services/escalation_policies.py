"""The network's policies of escalation: saved together, or not at all."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from hospitals.models import User
from pacs_core.audit.services import record_audit
from routing_rules.engine.escalation import STEPS, Shares
from routing_rules.errors import InvalidShare, PolicyChangedMeanwhile
from routing_rules.models import EscalationPolicy
from routing_rules.selectors.escalation import DEFAULT_SHARES, Policy, escalation_policies

LEAST_SHARE, GREATEST_SHARE = 0.01, 2.0


@dataclass(frozen=True)
class PolicyChange:
    """New shares of one priority; `edit_number` is that of the policy that was looked at."""

    priority: str
    shares: Shares
    edit_number: int


@transaction.atomic
def save_escalation_policies(*, changes: Collection[PolicyChange], user: User, now: datetime) -> list[str]:
    """Save what differs; return the priorities changed. They count from the next sweep, a few seconds later.

    Raises InvalidShare, and PolicyChangedMeanwhile when a priority is no longer as it was looked at.
    """
    for change in changes:
        _check(change)
    _lock_rows(change.priority for change in changes)
    policies = escalation_policies()
    wanted = [change for change in changes if change.shares != policies[change.priority].shares]
    stale = [change.priority for change in wanted if change.edit_number != policies[change.priority].edit_number]
    if stale:
        raise PolicyChangedMeanwhile(stale)
    for change in wanted:
        _save(change, policies[change.priority], user, now)
    return [change.priority for change in wanted]


def _check(change: PolicyChange) -> None:
    if change.priority not in DEFAULT_SHARES:
        raise InvalidShare(change.priority, "", "is no priority")
    for step in STEPS:
        share = change.shares.of(step)
        if share is not None and not LEAST_SHARE <= share <= GREATEST_SHARE:
            raise InvalidShare(change.priority, step, "must lie between 1 % and 200 % of the service level")


def _lock_rows(priorities: Iterable[str]) -> None:
    """Make the rows that are still defaults, then lock all of them in one order."""
    wanted = sorted(priorities)
    EscalationPolicy.objects.bulk_create(
        [EscalationPolicy(priority=priority, **_columns(DEFAULT_SHARES[priority])) for priority in wanted],
        ignore_conflicts=True,
    )
    list(EscalationPolicy.objects.select_for_update(no_key=True).filter(priority__in=wanted).order_by("pk"))


def _save(change: PolicyChange, before: Policy, user: User, now: datetime) -> None:
    EscalationPolicy.objects.filter(priority=change.priority).update(
        **_columns(change.shares), edit_number=before.edit_number + 1, changed_at=now, changed_by=user
    )
    record_audit(
        action="escalation.changed",
        object_type="escalation_policy",
        object_id=change.priority,
        detail={"before": asdict(before.shares), "after": asdict(change.shares)},
    )


def _columns(shares: Shares) -> dict[str, float | None]:
    return {f"{step}_at": shares.of(step) for step in STEPS}
