"""Celery tasks of assignment."""

import logging

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.events.durable_task import periodic_task
from routing_rules.services.assignment import decide_for_item
from worklist.models import WorklistItem

logger = logging.getLogger(__name__)
BATCH = 200


@periodic_task(every_seconds=15)
def sweep_unassigned_items() -> None:
    """Decide again for what nobody has: a shift may have begun, a cap may have room, a privilege may be new."""
    with open_scope(all_hospitals_scope(process="assignment")):
        waiting = list(
            WorklistItem.objects.filter(status=WorklistItem.Status.UNASSIGNED)
            .order_by("priority_rank", "deadline_at")
            .values_list("pk", flat=True)[:BATCH]
        )
    for worklist_item_id in waiting:
        try:
            decide_for_item(worklist_item_id=worklist_item_id)
        except Exception:
            logger.exception("No decision for item %s", worklist_item_id)
