"""What contradicts the archive and what was decided about it; what rejection notes take from view."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from pacs_core.archive.conflict_reasons import CONFLICT_REASONS


class ShownManager(models.Manager):
    """Rows that no rejection note hides; `kept` has the hidden ones too, for filing and for whoever may see them."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(is_hidden=False)


class StudyConflict(TenantModel):
    """Instances of one study that contradict what is filed in one way: one question to a person, and the answer."""

    class Decision(models.TextChoices):
        ACCEPTED = "accepted"
        REASSIGNED = "reassigned"
        REJECTED = "rejected"

    study_instance_uid = models.CharField(max_length=64, help_text="As the instances that were set aside name it")
    reason_code = models.CharField(max_length=40)
    opened_at = models.DateTimeField(default=timezone.now)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    remark = models.CharField(max_length=300, blank=True)
    target_study = models.ForeignKey("archive.Study", null=True, on_delete=models.PROTECT, related_name="+")

    @property
    def reason(self) -> str:
        """The contradiction in words."""
        return CONFLICT_REASONS[self.reason_code]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "hospital",
                "study_instance_uid",
                "reason_code",
                name="one_open_conflict",
                condition=models.Q(decided_at__isnull=True),
            )
        ]


class InstanceVersion(TenantModel):
    """What an instance held before a person let other content take its place; kept, and put back by undoing that."""

    instance = models.ForeignKey("archive.Instance", on_delete=models.PROTECT, related_name="versions")
    conflict = models.ForeignKey(StudyConflict, on_delete=models.PROTECT, related_name="+")
    file_path = models.CharField(max_length=255, help_text="Relative to STORAGE_ROOT")
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    replaced_at = models.DateTimeField(default=timezone.now)


class RejectionNote(TenantModel):
    """What takes instances from view (IHE RAD-66): a key object selection, or a person on the study's page."""

    class Code(models.TextChoices):
        """Titles of rejection notes (PS3.16 CID 7011)."""

        QUALITY = "113001", "Rejected for quality reasons"
        SAFETY = "113037", "Rejected for patient safety reasons"
        WORKLIST_ENTRY = "113038", "Incorrect modality worklist entry"
        EXPIRED = "113039", "Data retention policy expired"

    code = models.CharField(max_length=6, choices=Code)
    sop_instance_uid = models.CharField(max_length=64, blank=True, help_text="Of the note; empty when made by hand")
    remark = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_by_note = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "hospital", "sop_instance_uid", name="rejection_note_once", condition=~models.Q(sop_instance_uid="")
            )
        ]


class RejectedReference(TenantModel):
    """An instance that a rejection note names, be it here or still to come."""

    note = models.ForeignKey(RejectionNote, on_delete=models.PROTECT, related_name="references")
    study_instance_uid = models.CharField(max_length=64)
    sop_instance_uid = models.CharField(max_length=64)
    lifted_at = models.DateTimeField(null=True, help_text="When the expired instance was sent anew (113039 only)")

    class Meta:
        indexes = [models.Index("sop_instance_uid", name="rejected_by_sop")]
