"""What a referring physician ordered."""

from django.db.models import QuerySet

from hospitals.models import User
from pacs_core.access.scopes import current_scope
from worklist.models import WorklistItem
from worklist.selectors.items import SHOWN_WITH


def items_of_referring_physician(user: User) -> QuerySet[WorklistItem]:
    """Return the items whose order names the user as referring physician, in the open scope, newest first."""
    return (
        WorklistItem.objects.select_related(*SHOWN_WITH)
        .filter(order__referring_physician=user, hospital_id__in=current_scope().hospital_ids)
        .order_by("-opened_at", "-pk")
    )
