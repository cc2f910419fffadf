"""Whether the hour alone calls for a plan: a shift begins or ends, what rules say of the time, readings go on."""

from datetime import datetime, timedelta

from django.db.models import F, Q

from hospitals.models import Shift, ShiftBreak, TimeOff
from routing_rules.models import ItemDemand, PlanningState
from routing_rules.selectors.rule_sets import newest_published
from worklist.models import WorklistItem

WAITING = (WorklistItem.Status.UNASSIGNED, WorklistItem.Status.ASSIGNED)
# Readings go on and deadlines come nearer though nothing is told: what waits is planned again at the latest then.
AT_LEAST_EVERY = timedelta(seconds=60)


def is_plan_due(now: datetime) -> bool:
    """Say whether to plan at `now`, whoever asked; needs a scope over all hospitals."""
    state = PlanningState.objects.filter(pk=1).first()
    waiting = WorklistItem.objects.filter(status__in=WAITING)
    if state is None or state.planned_at is None:
        return waiting.exists()
    if state.requested > state.planned:
        return True
    if now - state.planned_at >= AT_LEAST_EVERY:
        return waiting.exists()
    return _rota_turns(state.planned_at, now) or _rules_say_otherwise(now) or _was_not_ruled()


def _rota_turns(since: datetime, now: datetime) -> bool:
    between = Q(starts_at__gt=since, starts_at__lte=now) | Q(ends_at__gt=since, ends_at__lte=now)
    dropped = Q(dropped_out_at__gt=since, dropped_out_at__lte=now)
    return (
        Shift.objects.filter(between | dropped).exists()
        or ShiftBreak.objects.filter(between).exists()
        or TimeOff.objects.filter(between).exists()
    )


def _rules_say_otherwise(now: datetime) -> bool:
    """Say whether a fact of time has passed a limit, a hold has ended, or other rules are in force."""
    in_force = newest_published()
    demands = ItemDemand.objects.filter(worklist_item__status__in=WAITING)
    return demands.filter(Q(revise_at__lte=now) | ~Q(rule_set=in_force.pk if in_force else None)).exists()


def _was_not_ruled() -> bool:
    """Say whether an item waits that changed, or came, without the planner hearing of it."""
    waiting = WorklistItem.objects.filter(status__in=WAITING)
    return waiting.filter(Q(demand__isnull=True) | ~Q(demand__item_version=F("version"))).exists()
