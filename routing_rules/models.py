"""Rule sets, and the decisions that followed from them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from worklist.models import WorklistItem


class RuleSet(models.Model):
    """A version of the network's rules; published ones are never edited, the newest published one is in force."""

    version = models.PositiveIntegerField(unique=True)
    rules = models.JSONField(help_text="Checked by routing_rules.engine.rules.check_rules before it is saved")
    note = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class AssignmentDecision(TenantModel):
    """One decision with its facts, its rule set and every candidate, in or out and why; never changed."""

    worklist_item = models.ForeignKey(WorklistItem, on_delete=models.PROTECT, related_name="decisions")
    decided_at = models.DateTimeField(default=timezone.now)
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField()
    readers = models.JSONField(
        help_text="The readers' states that the engine saw; replaying them gives the same decision"
    )
    decision: "models.JSONField[dict[str, Any]]" = models.JSONField()
    chosen = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index("worklist_item", models.F("decided_at").desc(), name="decision_latest")]
