"""Signed versions of a report."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from pacs_core.access.models import TenantModel
from pacs_core.archive.models import Patient
from reporting.models.certificate import SigningCertificate
from reporting.models.report import Report, ReportKind


class ReportVersion(TenantModel):
    """A version a radiologist asked to sign; once signed a database trigger refuses every change.

    A failed attempt keeps its row; the next attempt is a new row with the same number. What supersedes what is read
    from `previous` of the later version, so that superseding changes nothing here.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", "Being signed"
        SIGNED = "signed", "Signed"
        FAILED = "failed", "Signing failed"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=ReportKind)
    sections = models.JSONField()
    draft_version = models.PositiveIntegerField(help_text="Number of the draft that was signed")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signed_versions")
    certificate = models.ForeignKey(SigningCertificate, on_delete=models.PROTECT, related_name="+")
    printed_name = models.CharField(max_length=120)
    printed_patient = models.JSONField(
        null=True, help_text="Whom the radiologist signed for, as printed; null in versions of before it was kept"
    )
    signed_at = models.DateTimeField(help_text="When the radiologist signed, whole seconds; the clock of every attempt")
    meaning = models.CharField(max_length=200)
    previous = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="successors")
    acknowledged_checks = models.JSONField(default=list, help_text="Keys of warnings the signer confirmed")
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    failure = models.CharField(max_length=500, blank=True, help_text="Shown to the radiologist; names no patient")
    # The code printed in the QR picture is derived from this and SIGNING_KEY_SECRET; only its digest is stored.
    verification_nonce = models.CharField(max_length=32, unique=True)
    verification_digest = models.CharField(max_length=64, unique=True)
    pdf_path = models.CharField(max_length=255, blank=True, help_text="Relative to STORAGE_ROOT/reports")
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    pdf_size_bytes = models.PositiveIntegerField(default=0)
    level = models.CharField(max_length=10, blank=True, help_text="PAdES level: B-B, B-T or B-LT")
    produced_at = models.DateTimeField(null=True)
    requested_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report", "number"], name="version_number_once", condition=~models.Q(state="failed")
            ),
            models.CheckConstraint(
                condition=~models.Q(state="signed") | (~models.Q(pdf_sha256="") & ~models.Q(pdf_path="")),
                name="signed_version_has_bytes",
            ),
        ]

    def is_of_other_details(self, patient: Patient) -> bool:
        """Say whether the study's patient is another now, or called otherwise, than when this was signed."""
        return self.printed_patient is not None and self.printed_patient != printed_patient_of(patient)

    @property
    def level_in_words(self) -> str:
        return words_of_level(self.level)


def printed_patient_of(patient: Patient) -> dict[str, str]:
    """Return what a report prints of a patient."""
    return {
        "name": patient.name,
        "patient_id": patient.patient_id,
        "issuer_of_patient_id": patient.issuer_of_patient_id,
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else "",
        "sex": patient.sex,
    }


def words_of_level(level: str) -> str:
    """Say what a PAdES level proves; a missing timestamp is named, so that nobody takes B-B for more than it is."""
    meaning = {
        "B-B": _("no timestamp authority configured"),
        "B-T": _("time confirmed by a timestamp authority"),
        "B-LT": _("time confirmed by a timestamp authority, revocation data enclosed"),
    }
    return f"PAdES {level}, {meaning[level]}" if level in meaning else _("unknown")
