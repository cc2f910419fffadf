"""Who is who: what was merged, moved and corrected, other identifiers, and links between records of one person."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel


class PatientChange(TenantModel):
    """One merge, move or correction, with all it takes to undo it; it stays as a record when it is undone."""

    class Kind(models.TextChoices):
        MERGE = "merge", "Merged"
        MOVE = "move", "Study moved"
        DEMOGRAPHICS = "demographics", "Details changed"

    class Source(models.TextChoices):
        HL7 = "hl7", "HL7 message"
        PERSON = "person", "Person"

    kind = models.CharField(max_length=12, choices=Kind)
    patient = models.ForeignKey(
        "archive.Patient",
        on_delete=models.PROTECT,
        related_name="changes",
        help_text="Who survived, got the study, or was corrected",
    )
    other_patient = models.ForeignKey(
        "archive.Patient",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who was merged, or lost the study",
    )
    before = models.JSONField(default=dict, help_text="Fields of the patient that changed, as they were (patient data)")
    after = models.JSONField(default=dict, help_text="The same fields as the change left them (patient data)")
    study_ids = ArrayField(models.BigIntegerField(), default=list, help_text="Studies that changed their patient")
    order_ids = ArrayField(models.BigIntegerField(), default=list, help_text="Orders that changed their patient")
    alias_ids = ArrayField(models.BigIntegerField(), default=list, help_text="Earlier aliases of who was merged")
    source = models.CharField(max_length=6, choices=Source)
    message_control_id = models.CharField(max_length=199, blank=True, help_text="MSH-10, where a message asked for it")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    undo_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            # A second merge of the same patient can't slip in beside the first, whatever the code forgets.
            models.UniqueConstraint(
                "other_patient",
                name="patient_merged_once_at_a_time",
                condition=models.Q(kind="merge", undone_at__isnull=True),
            )
        ]
        indexes = [
            models.Index("patient", models.F("id").desc(), name="change_of_patient"),
            models.Index("other_patient", models.F("id").desc(), name="change_of_other_patient"),
        ]


class PatientIdentifier(TenantModel):
    """Another number of a patient, as images (OtherPatientIDsSequence) or messages (PID-3) give it."""

    patient = models.ForeignKey("archive.Patient", on_delete=models.CASCADE, related_name="identifiers")
    value = models.CharField(max_length=64)
    issuer = models.CharField(max_length=64, blank=True, help_text="Assigning authority (CX-4) or issuer (0010,0021)")
    type_code = models.CharField(max_length=16, blank=True, help_text="HL7 table 0203 (CX-5): MR, NI, SS, ...")
    first_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("patient", "issuer", "type_code", "value", name="identifier_once_per_patient")
        ]
        indexes = [models.Index("value", name="identifier_by_value")]


class NationalIdentifierRule(TenantModel):
    """Which of a hospital's identifiers are of a national scheme: by their issuer, their type, or both."""

    scheme = models.CharField(max_length=32, help_text="One name in the whole network for one number space: NHS")
    issuer = models.CharField(max_length=64, blank=True, help_text="Empty: any issuer")
    type_code = models.CharField(max_length=16, blank=True, help_text="HL7 table 0203; empty: any type")

    class Meta:
        constraints = [
            models.UniqueConstraint("hospital", "issuer", "type_code", name="national_rule_once"),
            models.CheckConstraint(
                condition=~models.Q(issuer="") | ~models.Q(type_code=""), name="national_rule_names_something"
            ),
        ]


class PatientLink(TenantModel):
    """Two hospitals' records that are, or may be, of one person; seen only by who may see both hospitals.

    `patient` is the record with the smaller key and `hospital` its hospital, so that a pair has one row.
    """

    class Status(models.TextChoices):
        SUGGESTED = "suggested", "Suggested"
        LINKED = "linked", "Linked"
        DECLINED = "declined", "Not the same person"

    class Basis(models.TextChoices):
        NATIONAL_IDENTIFIER = "national_identifier", "Shared national identifier"
        DEMOGRAPHICS = "demographics", "Alike"
        PERSON = "person", "Named by a person"

    other_hospital = models.ForeignKey(settings.TENANT_MODEL, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("archive.Patient", on_delete=models.CASCADE, related_name="+")
    other_patient = models.ForeignKey("archive.Patient", on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=10, choices=Status)
    basis = models.CharField(max_length=20, choices=Basis)
    reasons = models.JSONField(default=list, help_text="Codes of archive.selectors.likeness; no patient data")
    score = models.FloatField(default=1.0, help_text="Likeness from 0 to 1")
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Null beside a date: linked by a shared national identifier",
    )
    decision_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("patient", "other_patient", name="link_once_per_pair"),
            models.CheckConstraint(condition=models.Q(patient__lt=models.F("other_patient")), name="link_in_key_order"),
        ]
        indexes = [
            models.Index("other_patient", name="link_of_other_patient"),
            models.Index("score", name="link_to_decide", condition=models.Q(status="suggested")),
        ]
