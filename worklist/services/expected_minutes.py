"""The expected reading time of an item, the scale on which readers' loads are compared."""

from worklist.models import WorklistItem


def set_expected_minutes(*, worklist_item_id: int, minutes: float) -> None:
    """Store how many minutes a reader is expected to need; no event, since no list shows it."""
    WorklistItem.objects.filter(pk=worklist_item_id).exclude(expected_minutes=minutes).update(expected_minutes=minutes)
