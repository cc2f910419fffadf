"""What scanners say of the steps that they perform."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel


class PerformedProcedureStep(TenantModel):
    """What a scanner says that it does (MPPS, PS3.4 F); its UID means something within its hospital only."""

    class Status(models.TextChoices):
        """The words of PerformedProcedureStepStatus (0040,0252)."""

        IN_PROGRESS = "IN PROGRESS"
        COMPLETED = "COMPLETED"
        DISCONTINUED = "DISCONTINUED"

    sop_instance_uid = models.CharField(max_length=64)
    calling_ae_title = models.CharField(max_length=16)
    performed_station_ae_title = models.CharField(max_length=16)
    modality = models.CharField(max_length=16)
    patient_id = models.CharField(max_length=64, blank=True)
    issuer_of_patient_id = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=12, choices=Status)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    discontinuation_reason = models.CharField(max_length=200, blank=True)
    named_sop_instance_uids = ArrayField(
        models.CharField(max_length=64), default=list, help_text="Of the instances that it says it has made"
    )
    attributes = models.JSONField(help_text="All that was said, as DICOM JSON (PS3.18 F)")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("hospital", "sop_instance_uid", name="performed_step_once")]


class ScheduledStepAttributes(TenantModel):
    """What a performed step was scheduled as, an item of ScheduledStepAttributesSequence (PS3.3 C.4.13)."""

    performed_step = models.ForeignKey(
        PerformedProcedureStep, on_delete=models.CASCADE, related_name="scheduled_attributes"
    )
    study_instance_uid = models.CharField(max_length=64)
    accession_number = models.CharField(max_length=64, blank=True)
    issuer_of_accession_number = models.CharField(max_length=64, blank=True)
    requested_procedure_id = models.CharField(max_length=64, blank=True)
    scheduled_procedure_step_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index("hospital", "study_instance_uid", name="scheduled_by_study"),
            models.Index("hospital", "accession_number", name="scheduled_by_accession"),
        ]
