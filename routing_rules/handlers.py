"""Answers to events: the plan follows what happens to items, readers and rules."""

import logging

from django.db import transaction
from django.utils import timezone

from pacs_core.events.models import Event
from routing_rules.services.demands import ask_again
from routing_rules.services.planning import plan_now, request_plan
from routing_rules.tasks import plan_waiting_items
from worklist.models import Priority, WorklistItem

logger = logging.getLogger(__name__)


def plan_again(event: Event) -> None:
    """Something happened that the plan may follow; requests that come together are answered by one run.

    What the planner itself did needs no other plan.
    """
    if event.payload.get("is_planned"):
        return
    request_plan()
    plan_waiting_items.delay_on_commit()


def plan_opened_item(event: Event) -> None:
    """Plan for a new item: for a STAT one at once, in this very process, for others with whatever else came."""
    request_plan()
    is_stat = WorklistItem.objects.filter(pk=event.payload["worklist_item_id"], priority=Priority.STAT).exists()
    if is_stat:
        transaction.on_commit(_plan_at_once)
    else:
        plan_waiting_items.delay_on_commit()


def plan_mapped_procedures(event: Event) -> None:
    """What some items of the hospital are called now means something else: ask the rules again, then plan."""
    if event.hospital_id is not None:
        ask_again(hospital_ids=[event.hospital_id], now=timezone.now())
    plan_again(event)


def _plan_at_once() -> None:
    """The request is committed: should this fail, the sweep finds it."""
    try:
        plan_now()
    except Exception:
        logger.exception("A STAT arrival was not planned at once")
