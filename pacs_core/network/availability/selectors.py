"""The availability notices that a person may see."""

from django.db.models import QuerySet

from pacs_core.access.scopes import current_scope
from pacs_core.network.availability.models import AvailabilityNotice


def visible_notices() -> QuerySet[AvailabilityNotice]:
    """Return the notices of the open scope's hospitals, the newest first."""
    return (
        AvailabilityNotice.objects.filter(hospital_id__in=current_scope().hospital_ids)
        .select_related("hospital", "study")
        .order_by("-requested_at", "-pk")
    )
