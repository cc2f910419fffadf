"""Unified procedure steps (PS3.3 CC, PS3.4 CC): what is to be done, by whoever claims it, such as an AI service."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel


class Workitem(TenantModel):
    """One unified procedure step; `dataset` is its attributes in the DICOM JSON model but those that are columns."""

    class State(models.TextChoices):
        SCHEDULED = "SCHEDULED"
        IN_PROGRESS = "IN PROGRESS"
        COMPLETED = "COMPLETED"
        CANCELED = "CANCELED"

    workitem_uid = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=12, choices=State, default=State.SCHEDULED)
    transaction_uid = models.CharField(max_length=64, blank=True, help_text="The lock of who claimed it; never told")
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    scheduled_at = models.DateTimeField(help_text="ScheduledProcedureStepStartDateTime (0040,4005)")
    dataset = models.JSONField()
    cancellation = models.JSONField(default=dict, help_text="Why the last cancellation was requested")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index("hospital", "state", "scheduled_at", name="workitem_waiting")]


class WorkitemSubscription(TenantModel):
    """A subscriber of one workitem, or of all of a hospital's, or of those that match `filter` (PS3.4 CC.2.3)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    ae_title = models.CharField(max_length=16)
    workitem = models.ForeignKey(Workitem, null=True, on_delete=models.CASCADE, related_name="subscriptions")
    filter = models.JSONField(null=True, help_text="Keyword -> wanted values; empty for all")
    has_deletion_lock = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "hospital", "user", "ae_title", "workitem", name="workitem_subscribed_once", nulls_distinct=False
            )
        ]
