"""What the rules demand of an item's reader, the planner's runs, and the decisions that followed from them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from routing_rules.models.procedures import Procedure
from routing_rules.models.rule_sets import RuleSet
from worklist.models import WorklistItem


class LongJSONField(models.JSONField):
    """JSON of tens of kilobytes that is stored many rows at once.

    Django stores many rows as arrays; psycopg escapes each character of an array in Python, which for a decision
    with hundreds of candidates takes longer than making it. A field with a placeholder of its own is stored as values.
    """

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return "%s"


class ItemDemand(TenantModel):
    """What the rules in force ask for an open item; evaluated again when the item, the rules or the hour change."""

    worklist_item = models.OneToOneField(WorklistItem, on_delete=models.CASCADE, related_name="demand")
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField()
    demand = models.JSONField(help_text="routing_rules.engine.rules.Demand as JSON")
    procedure = models.ForeignKey(Procedure, null=True, on_delete=models.SET_NULL, related_name="+")
    relative_value = models.FloatField(default=1.0)
    item_version = models.PositiveIntegerField()
    evaluated_at = models.DateTimeField(default=timezone.now)
    revise_at = models.DateTimeField(
        null=True, db_index=True, help_text="When a fact of time changes what the rules say"
    )
    circumstances = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of what the last decision for nobody was made under"
    )


class PlanningState(models.Model):
    """One row: how often planning was asked for, and up to which request it has been done."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    requested = models.BigIntegerField(default=0)
    planned = models.BigIntegerField(default=0)
    planned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="planning_state_once")]


class PlanningRun(models.Model):
    """A run of the planner that changed something, with the snapshot it saw; planning it again gives the same plan."""

    planned_at = models.DateTimeField(default=timezone.now, db_index=True)
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="+")
    snapshot = models.BinaryField(help_text="zlib of the snapshot's canonical JSON; emptied when it gets old")
    snapshot_sha256 = models.CharField(max_length=64)
    plan = models.JSONField(help_text="item id: reader id, as planned")
    number_of_items = models.PositiveIntegerField()
    number_of_readers = models.PositiveIntegerField()
    milliseconds = models.FloatField()


class AssignmentDecision(TenantModel):
    """One decision with its facts, its rule set and every candidate, in or out and why; never changed."""

    worklist_item = models.ForeignKey(WorklistItem, on_delete=models.PROTECT, related_name="decisions")
    planning_run = models.ForeignKey(PlanningRun, null=True, on_delete=models.PROTECT, related_name="decisions")
    decided_at = models.DateTimeField(default=timezone.now)
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField()
    demand = models.JSONField(default=dict, help_text="What the rules asked; empty in decisions made before plans")
    decision: "models.JSONField[dict[str, Any]]" = LongJSONField()
    chosen = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index("worklist_item", models.F("decided_at").desc(), name="decision_latest")]
