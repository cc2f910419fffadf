"""Whom we speak with: DICOM nodes and HL7 senders of hospitals, and whom we turned away."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel

# PS3.5 6.2, AE: 16 characters of the default repertoire without backslash and controls.
validate_ae_title = RegexValidator(
    r"^(?! )[ -\[\]-~]{1,16}(?<! )$", "An AE title has 1 to 16 printable ASCII characters."
)


class Node(models.Model):
    """A DICOM application entity of a hospital; who calls by its AE title acts for that hospital."""

    hospital = models.ForeignKey(settings.TENANT_MODEL, on_delete=models.PROTECT, related_name="nodes")
    ae_title = models.CharField(max_length=16, unique=True, validators=[validate_ae_title])
    host = models.CharField(max_length=255, blank=True)
    port = models.PositiveIntegerField(null=True, validators=[MinValueValidator(1), MaxValueValidator(65535)])
    may_store = models.BooleanField(default=False)
    may_find = models.BooleanField(default=False)
    may_move = models.BooleanField(default=False)
    is_paused = models.BooleanField(default=False)
    sends_priors = models.BooleanField(
        default=False, help_text="Sends earlier examinations: they are filed as priors and wait for no reader"
    )
    last_association_at = models.DateTimeField(null=True)
    last_stored_at = models.DateTimeField(null=True)


class RejectedAssociation(models.Model):
    """An association we refused, counted by caller and reason, for the administrator."""

    calling_ae_title = models.CharField(max_length=16)
    called_ae_title = models.CharField(max_length=16)
    peer_address = models.CharField(max_length=64)
    reason = models.CharField(max_length=60)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "calling_ae_title", "called_ae_title", "peer_address", "reason", name="rejection_counted_once"
            )
        ]


class Hl7Source(models.Model):
    """A sender of HL7 messages: MSH-3 and MSH-4 name it, its messages act for its hospital."""

    hospital = models.ForeignKey(settings.TENANT_MODEL, on_delete=models.PROTECT, related_name="hl7_sources")
    sending_application = models.CharField(max_length=180)
    sending_facility = models.CharField(max_length=180)
    last_message_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("sending_application", "sending_facility", name="hl7_source_once"),
        ]


class ReceivedMessage(TenantModel):
    """An HL7 message that was stored, with the acknowledgement it got; sent again, it gets the same one."""

    source = models.ForeignKey(Hl7Source, on_delete=models.PROTECT, related_name="+")
    message_control_id = models.CharField(max_length=199, help_text="MSH-10")
    message_type = models.CharField(max_length=20)
    body = models.BinaryField()
    body_sha256 = models.CharField(max_length=64)
    acknowledgement = models.TextField()
    acknowledgement_code = models.CharField(max_length=2, help_text="AA, AE or AR (HL7 table 0008)")
    reason = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("source", "message_control_id", "body_sha256", name="hl7_message_once"),
        ]
