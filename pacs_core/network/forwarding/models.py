"""Studies on their way to nodes, and what the nodes have taken."""

from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from pacs_core.network.outbound.models import OutboundJob


class ForwardingJob(OutboundJob):
    """A study on its way to a node or an AI service."""

    study = models.ForeignKey("archive.Study", on_delete=models.PROTECT, related_name="forwarding_jobs")
    content_version = models.PositiveIntegerField(help_text="Instances of the study when it was asked for")
    asked_by = models.CharField(max_length=300, blank=True, help_text="The rules that matched, or the person")
    instances_sent = models.PositiveIntegerField(default=0, help_text="Of the study, by this node's jobs together")

    class Meta:
        constraints = [
            models.UniqueConstraint("study", "ae_title", "content_version", name="forwarding_once_a_content"),
        ]
        indexes = [
            models.Index("retry_at", name="forwarding_open", condition=models.Q(status__in=("waiting", "running"))),
            models.Index("hospital", models.F("requested_at").desc(), name="forwarding_of_hospital"),
        ]


class ForwardedInstance(TenantModel):
    """An instance that a node has taken: never sent to it again."""

    instance = models.ForeignKey("archive.Instance", on_delete=models.CASCADE, related_name="+")
    ae_title = models.CharField(max_length=16)
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("instance", "ae_title", name="forwarded_once")]
