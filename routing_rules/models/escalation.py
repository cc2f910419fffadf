"""Escalation by share of the deadline used: what is done when, and what was done."""

from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from worklist.models import Priority, WorklistItem


class EscalationPolicy(models.Model):
    """At which share of an item's service level each step is taken (null: never); a row for each priority."""

    priority = models.CharField(max_length=10, choices=Priority, unique=True)
    remind_reader_at = models.FloatField(null=True, default=0.5)
    widen_pool_at = models.FloatField(null=True, default=0.65)
    alert_coordinator_at = models.FloatField(null=True, default=0.8)
    call_on_call_at = models.FloatField(null=True, default=0.9)


class EscalationStep(TenantModel):
    """A step taken for an item, at most once each, unless its deadline changed."""

    class Step(models.TextChoices):
        REMIND_READER = "remind_reader", "Reader reminded"
        WIDEN_POOL = "widen_pool", "Pool widened"
        ALERT_COORDINATOR = "alert_coordinator", "Coordinator alerted"
        CALL_ON_CALL = "call_on_call", "On-call reader called"

    worklist_item = models.ForeignKey(WorklistItem, on_delete=models.PROTECT, related_name="escalation_steps")
    step = models.CharField(max_length=20, choices=Step)
    deadline_at = models.DateTimeField(help_text="The deadline it was taken for")
    taken_at = models.DateTimeField(default=timezone.now)
    told = models.JSONField(default=list, help_text="Ids of the people told")

    class Meta:
        constraints = [models.UniqueConstraint("worklist_item", "step", "deadline_at", name="escalation_step_once")]
