"""How long images are kept, what must not be deleted, and what was."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pacs_core.access.models import TenantModel


class RetentionRule(TenantModel):
    """How long a hospital keeps images of a modality; days count from the study date."""

    modality = models.CharField(max_length=16, blank=True, help_text="Empty: of modalities without a rule of their own")
    keep_days = models.PositiveIntegerField(null=True, validators=[MinValueValidator(1)], help_text="Empty: for ever")
    keep_children_until_age = models.PositiveSmallIntegerField(
        null=True, help_text="Images of who was under 18 are kept at least until this age"
    )
    archive_after_days = models.PositiveIntegerField(
        null=True, validators=[MinValueValidator(1)], help_text="Then they move to the archive class of the bucket"
    )

    class Meta:
        constraints = [models.UniqueConstraint("hospital", "modality", name="one_retention_rule_a_modality")]


class LegalHold(TenantModel):
    """Images that must not be deleted, whatever the rules say: those of a study, or all of a patient."""

    patient = models.ForeignKey("archive.Patient", on_delete=models.PROTECT, related_name="legal_holds")
    study = models.ForeignKey("archive.Study", null=True, on_delete=models.PROTECT, related_name="legal_holds")
    reason = models.CharField(max_length=300)
    placed_at = models.DateTimeField(default=timezone.now)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index("patient", name="legal_hold_in_force", condition=Q(released_at=None))]


class ImageDeletion(TenantModel):
    """Images that a rule lets go: announced, so that a person may keep them, then deleted; the study's row stays."""

    class State(models.TextChoices):
        ANNOUNCED = "announced", "Announced"
        WITHDRAWN = "withdrawn", "Kept"
        DELETING = "deleting", "Being deleted"
        DONE = "done", "Deleted"

    study = models.ForeignKey("archive.Study", on_delete=models.PROTECT, related_name="image_deletions")
    state = models.CharField(max_length=10, choices=State, default=State.ANNOUNCED)
    announced_at = models.DateTimeField()
    due_at = models.DateTimeField()
    instances = models.PositiveIntegerField()
    size_bytes = models.BigIntegerField()
    file_paths = ArrayField(models.CharField(max_length=255), default=list, help_text="Still to be removed")
    ended_at = models.DateTimeField(null=True)
    why_kept = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "study", name="one_deletion_at_a_time", condition=Q(state__in=("announced", "deleting"))
            )
        ]
        indexes = [models.Index("due_at", name="deletion_due", condition=Q(state__in=("announced", "deleting")))]
