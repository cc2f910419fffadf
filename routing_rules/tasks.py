"""Celery tasks of assignment."""

from django.utils import timezone

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.events.durable_task import durable_task, periodic_task
from routing_rules.selectors.planning_due import is_plan_due
from routing_rules.services.planning import plan_now
from routing_rules.services.replay import empty_old_snapshots


@durable_task
def plan_waiting_items() -> None:
    """Answer what was asked of the planner; nothing to do when another run has answered it meanwhile."""
    plan_now()


@periodic_task(every_seconds=10)
def sweep_plans() -> None:
    """Plan when the hour calls for it, and when a request's message was lost."""
    with open_scope(all_hospitals_scope(process="assignment")):
        is_due = is_plan_due(timezone.now())
    if is_due:
        plan_now(even_if_not_asked=True)


@periodic_task(every_seconds=3_600)
def empty_snapshots() -> None:
    """Let go of the snapshots that are past their time."""
    empty_old_snapshots(now=timezone.now())
