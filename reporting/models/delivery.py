"""Who received a signed version, and whether it was looked at."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from reporting.models.version import ReportVersion


class Delivery(TenantModel):
    """A signed version in one referring physician's portal."""

    report_version = models.ForeignKey(ReportVersion, on_delete=models.PROTECT, related_name="deliveries")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="deliveries")
    delivered_at = models.DateTimeField(default=timezone.now)
    first_viewed_at = models.DateTimeField(null=True)
    downloads = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("report_version", "recipient", name="delivered_once")]
        indexes = [
            models.Index("recipient", models.F("delivered_at").desc(), name="delivery_of_recipient"),
        ]
