"""Images that a report's reader marked."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from reporting.models.report import Report


class KeyImage(TenantModel):
    """An image of the report's study that matters; written into a key object selection when the report is signed."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="key_images")
    series_instance_uid = models.CharField(max_length=64)
    sop_instance_uid = models.CharField(max_length=64)
    frame_number = models.PositiveIntegerField(default=1)
    series_number = models.IntegerField(null=True)
    instance_number = models.IntegerField(null=True)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    marked_at = models.DateTimeField(default=timezone.now)
    stored_at = models.DateTimeField(
        null=True, help_text="When it was written beside the images; it stays from then on"
    )

    class Meta:
        constraints = [
            # Readers who read independently of each other each mark their own.
            models.UniqueConstraint(
                "report", "sop_instance_uid", "frame_number", "marked_by", name="key_image_once_per_reader"
            )
        ]
