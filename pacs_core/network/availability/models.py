"""Notices that a study's instances are here."""

from django.db import models

from pacs_core.network.outbound.models import OutboundJob


class AvailabilityNotice(OutboundJob):
    """Tells a node that a study's instances are here (PS3.4 R)."""

    study = models.ForeignKey("archive.Study", on_delete=models.PROTECT, related_name="+")
    content_version = models.PositiveIntegerField(help_text="Instances of the study when it was made")

    class Meta:
        constraints = [models.UniqueConstraint("study", "ae_title", "content_version", name="notice_once_a_content")]
        indexes = [
            models.Index("retry_at", name="notice_open", condition=models.Q(status__in=("waiting", "running"))),
            models.Index("hospital", models.F("requested_at").desc(), name="notice_of_hospital"),
        ]
