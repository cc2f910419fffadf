"""Rule sets as versioned data, and the network's settings of the engine."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class RuleSet(models.Model):
    """A version of the network's rules: a draft that may be edited, or published and never edited again.

    The published one with the highest version is in force; rolling back publishes an older version's rules anew.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"

    version = models.PositiveIntegerField(unique=True, null=True, help_text="Given at publication; a draft has none")
    status = models.CharField(max_length=10, choices=Status, default=Status.PUBLISHED)
    name = models.CharField(max_length=80, blank=True, help_text="A draft's working name")
    rules = models.JSONField(help_text="Checked by routing_rules.engine.rules.check_rules before it is published")
    note = models.CharField(max_length=300, blank=True, help_text="Why it was published")
    based_on = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    rolls_back_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(default=timezone.now)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    edit_number = models.PositiveIntegerField(
        default=1, help_text="Two editors of one draft never overwrite each other"
    )
    published_at = models.DateTimeField(null=True, default=timezone.now)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="draft", version__isnull=True, published_at__isnull=True)
                | models.Q(status="published", version__isnull=False, published_at__isnull=False),
                name="rule_set_published_has_version",
            )
        ]


class NetworkSettings(models.Model):
    """The network's weights and limits of the engine; one row, keys as in routing_rules.engine.weights.Weights."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    weights = models.JSONField(default=dict, help_text="Only what differs from the engine's defaults")
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="network_settings_once")]
