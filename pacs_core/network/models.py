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
    is_network_service = models.BooleanField(
        default=False, help_text="An AI service of the whole network: may be sent any hospital's studies"
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


class ForwardingJob(TenantModel):
    """A study on its way to a node or an AI service; the row is the truth, a worker and a sweep carry it out.

    The node is named by its AE title and looked up anew at each attempt: what it may get is judged when it is sent.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Being sent"
        DONE = "done", "Sent"
        FAILED = "failed", "Given up"

    study = models.ForeignKey("archive.Study", on_delete=models.PROTECT, related_name="forwarding_jobs")
    ae_title = models.CharField(max_length=16, validators=[validate_ae_title])
    content_version = models.PositiveIntegerField(help_text="Instances of the study when it was asked for")
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    asked_by = models.CharField(max_length=300, blank=True, help_text="The rules that matched, in words")
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(default=timezone.now)
    last_error = models.CharField(max_length=300, blank=True, help_text="For the administrator; names no patient")
    instances_sent = models.PositiveIntegerField(default=0, help_text="Of the study, by this node's jobs together")
    requested_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("study", "ae_title", "content_version", name="forwarding_once_a_content"),
        ]
        indexes = [
            models.Index("retry_at", name="forwarding_open", condition=models.Q(status__in=("waiting", "running"))),
            models.Index("hospital", models.F("requested_at").desc(), name="forwarding_of_hospital"),
        ]


class ForwardedInstance(TenantModel):
    """An instance that a node has taken: never sent to it again."""

    instance = models.ForeignKey("archive.Instance", on_delete=models.PROTECT, related_name="+")
    ae_title = models.CharField(max_length=16)
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("instance", "ae_title", name="forwarded_once")]
