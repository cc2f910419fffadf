"""Answers to events: assignment follows what happens to an item."""

from pacs_core.events.models import Event
from routing_rules.services.assignment import decide_for_item


def assign_opened_item(event: Event) -> None:
    decide_for_item(worklist_item_id=event.payload["worklist_item_id"])


def reconsider_changed_item(event: Event) -> None:
    """A changed order may ask for another reader; the present one keeps the item while still eligible."""
    decide_for_item(worklist_item_id=event.payload["worklist_item_id"])


def assign_released_item(event: Event) -> None:
    decide_for_item(
        worklist_item_id=event.payload["worklist_item_id"], not_reader_id=event.payload.get("released_by_id")
    )
