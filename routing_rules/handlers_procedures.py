"""Answers to events of the procedure map."""

from pacs_core.events.models import Event
from routing_rules.services.procedures import note_procedure
from worklist.models import WorklistItem


def note_procedure_of_item(event: Event) -> None:
    """Give the item its row in the map; an item that is gone needs none."""
    item = WorklistItem.objects.select_related("study", "order").filter(pk=event.payload["worklist_item_id"]).first()
    if item is not None:
        note_procedure(item)
