"""Decisions for people who ask why."""

from django.db.models import QuerySet

from hospitals.models import User
from routing_rules.models import AssignmentDecision
from worklist.selectors.items import item_for_user


def decisions_for(user: User, worklist_item_id: int) -> QuerySet[AssignmentDecision]:
    """Return an item's decisions, the latest first; NotVisible when the user may not see the item."""
    item = item_for_user(user, worklist_item_id)
    return (
        AssignmentDecision.objects.filter(worklist_item=item)
        .select_related("rule_set", "chosen")
        .order_by("-decided_at", "-pk")
    )
