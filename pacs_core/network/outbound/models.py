"""The base of what is on its way to a node."""

from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from pacs_core.network.nodes.values import validate_ae_title


class OutboundJob(TenantModel):
    """Something on its way to a node; the row is the truth, a worker and a sweep carry it out.

    The node is named by its AE title and looked up anew at each attempt: what it may get is judged when it is sent.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Being sent"
        DONE = "done", "Sent"
        FAILED = "failed", "Given up"

    ae_title = models.CharField(max_length=16, validators=[validate_ae_title])
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(default=timezone.now)
    last_error = models.CharField(max_length=300, blank=True, help_text="For the administrator; names no patient")
    requested_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
