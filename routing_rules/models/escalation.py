"""Escalation by share of the deadline used: what is done when, and what was done."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from worklist.models import Priority, WorklistItem


class EscalationPolicy(models.Model):
    """At which share of an item's service level each step is taken (null: never); a row for each priority.

    A priority without a row has the defaults: see selectors.escalation.policies.
    """

    priority = models.CharField(max_length=10, choices=Priority, unique=True)
    remind_reader_at = models.FloatField(null=True, default=0.5)
    widen_pool_at = models.FloatField(null=True, default=0.65)
    alert_coordinator_at = models.FloatField(null=True, default=0.8)
    call_on_call_at = models.FloatField(null=True, default=0.9)
    edit_number = models.PositiveIntegerField(default=0, help_text="Two editors never overwrite each other")
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class EscalationStep(TenantModel):
    """A step taken for an item, at most once each; a deadline moved later lets it come again when it is due again.

    A row counts for the item while its `deadline_at` is not before the item's: taken for this deadline or a later one.
    """

    class Step(models.TextChoices):
        REMIND_READER = "remind_reader", "Reader reminded"
        WIDEN_POOL = "widen_pool", "Pool widened"
        ALERT_COORDINATOR = "alert_coordinator", "Coordinator alerted"
        CALL_ON_CALL = "call_on_call", "On-call reader called"

    worklist_item = models.ForeignKey(WorklistItem, on_delete=models.PROTECT, related_name="escalation_steps")
    step = models.CharField(max_length=20, choices=Step)
    deadline_at = models.DateTimeField(help_text="The deadline it was taken for")
    taken_at = models.DateTimeField(default=timezone.now)
    share = models.FloatField(default=0, help_text="Share of the service level that was used then")
    told = models.JSONField(default=list, help_text="Ids of the people told")

    class Meta:
        constraints = [models.UniqueConstraint("worklist_item", "step", "deadline_at", name="escalation_step_once")]
