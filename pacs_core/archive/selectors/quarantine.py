"""What waits in quarantine."""

from django.db.models import QuerySet

from pacs_core.archive.models import QuarantinedInstance


def quarantined_instances(*, only_open: bool = False) -> QuerySet[QuarantinedInstance]:
    """Quarantined instances of the open scope's hospitals, the newest first."""
    rows = QuarantinedInstance.objects.select_related("hospital").order_by("-received_at", "-pk")
    return rows.filter(resolved_at__isnull=True) if only_open else rows
