"""DICOM nodes of hospitals, what they hold and sent, and whom we turned away."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pacs_core.access.models import TenantModel
from pacs_core.network.nodes.values import (
    validate_ae_title,
    validate_dicomweb_address,
    validate_fingerprint,
    validate_network,
    validate_subject,
)


class Node(models.Model):
    """A DICOM application entity of a hospital; who calls by its AE title acts for that hospital.

    Labels and explanations here are those of its form: a setting added here is shown there.
    """

    class CompletionRule(models.TextChoices):
        """When all images of a study that it sends are here, other than by quiet time."""

        PERFORMED_STEP = "performed_step", _("when its performed step has ended and all named images are here")
        EXPECTED_COUNT = "expected_count", _("when as many images as awaited are here")

    hospital = models.ForeignKey(settings.TENANT_MODEL, on_delete=models.PROTECT, related_name="nodes")
    ae_title = models.CharField(
        _("AE title"),
        max_length=16,
        unique=True,
        validators=[validate_ae_title],
        help_text=_("The title that the scanner or PACS calls with; capitals matter."),
    )
    host = models.CharField(
        _("Host"), max_length=255, blank=True, help_text=_("Where we reach it: a name or an address.")
    )
    port = models.PositiveIntegerField(
        _("Port"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    may_store = models.BooleanField(_("May store"), default=False, help_text=_("Send us images (C-STORE)."))
    may_find = models.BooleanField(_("May find"), default=False, help_text=_("Search its hospital's studies (C-FIND)."))
    may_move = models.BooleanField(
        _("May move"), default=False, help_text=_("Have its hospital's images sent to it (C-MOVE, C-GET).")
    )
    may_query_worklist = models.BooleanField(
        _("May query the worklist"),
        default=False,
        help_text=_("Ask what is to be examined: patients and orders of its hospital (Modality Worklist)."),
    )
    may_report_steps = models.BooleanField(
        _("May report steps"),
        default=False,
        help_text=_("Say that an examination was begun, completed or discontinued (MPPS)."),
    )
    addresses = ArrayField(
        models.CharField(max_length=49, validators=[validate_network]),
        verbose_name=_("Calls from"),
        default=list,
        blank=True,
        help_text=_(
            "Addresses or networks that it calls from, with commas: 10.0.0.5, 10.1.0.0/16. Empty: any address."
        ),
    )
    requires_tls = models.BooleanField(
        _("TLS only"), default=False, help_text=_("Turned away unless it calls on the port with TLS.")
    )
    certificate_fingerprints = ArrayField(
        models.CharField(max_length=120, validators=[validate_fingerprint]),
        verbose_name=_("Its certificates"),
        default=list,
        blank=True,
        help_text=_("SHA-256 of each certificate it may show, with commas. Two while one replaces the other."),
    )
    certificate_subject = models.CharField(
        _("Its certificate's subject"),
        max_length=300,
        blank=True,
        validators=[validate_subject],
        help_text=_("The whole name as in RFC 4514: CN=north-ct,O=Northgate. Empty: any name."),
    )
    is_reached_over_tls = models.BooleanField(
        _("Call it over TLS"), default=False, help_text=_("What we send to its host and port goes over TLS.")
    )
    most_associations = models.PositiveSmallIntegerField(
        _("Associations at once"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(500)],
        help_text=_("Over all our processes; the next one is told to come again later."),
    )
    instances_per_minute = models.PositiveIntegerField(
        _("Images a minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Beyond it we answer more slowly, so that it sends more slowly. Empty: no limit."),
    )
    calls_from_time = models.TimeField(
        _("May call from"), null=True, blank=True, help_text=_("By the hospital's clock. Empty: at any hour.")
    )
    calls_until_time = models.TimeField(
        _("May call until"), null=True, blank=True, help_text=_("Earlier than the beginning: over midnight.")
    )
    is_paused = models.BooleanField(default=False)
    sends_priors = models.BooleanField(
        _("Sends priors only"),
        default=False,
        help_text=_("Its studies are shown as priors and wait for no reader, until an order or a scanner names them."),
    )
    is_network_service = models.BooleanField(
        _("Service of the whole network"),
        default=False,
        help_text=_("Rules may send it any hospital's studies, patients' names included. For AI services."),
    )
    wants_availability = models.BooleanField(
        _("Told when a study is complete"),
        default=False,
        help_text=_("By an Instance Availability Notification, again for late images. Needs host and port."),
    )
    dicomweb_url = models.CharField(
        _("DICOMweb address"),
        max_length=500,
        blank=True,
        validators=[validate_dicomweb_address],
        help_text=_("Where its /studies is: https://pacs.example/dicom-web. Studies then go to it by STOW-RS."),
    )
    dicomweb_user = models.CharField(
        _("DICOMweb user"), max_length=150, blank=True, help_text=_("Empty: the secret is a bearer token.")
    )
    dicomweb_secret = models.BinaryField(default=b"", editable=False, help_text="Sealed, see nodes/credentials.py")
    completion_rule = models.CharField(
        _("A study is complete"),
        max_length=14,
        null=True,
        blank=True,
        choices=CompletionRule,
        help_text=_("When all of its images are here. Empty: after the quiet time."),
    )
    quiet_seconds = models.PositiveIntegerField(
        _("Quiet time in seconds"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(86_400)],
        help_text=_("Without another image. Empty: the hospital's."),
    )
    expected_instances = models.PositiveIntegerField(
        _("Images of a study"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Of each study, where their number is awaited. Empty: as many as its images announce."),
    )
    longest_wait_minutes = models.PositiveIntegerField(
        _("Longest wait in minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1_440)],
        help_text=_("After its last image a study is complete in any case. Empty: 30."),
    )
    last_association_at = models.DateTimeField(null=True, editable=False)
    last_stored_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(
        max_length=300, blank=True, editable=False, help_text="For the administrator; names no patient"
    )
    last_error_at = models.DateTimeField(null=True, editable=False)
    presented_fingerprint = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Of the certificate it showed last, accepted or not"
    )
    presented_subject = models.CharField(max_length=300, blank=True, editable=False)
    presented_until = models.DateTimeField(null=True, editable=False, help_text="When that certificate expires")

    def clean(self) -> None:
        if (self.calls_from_time is None) != (self.calls_until_time is None):
            raise ValidationError({"calls_until_time": _("Hours have a beginning and an end, or neither.")})


class OpenAssociation(TenantModel):
    """An association that a node holds now, in whichever process; without a beat its process is gone."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="open_associations")
    process = models.CharField(max_length=64, help_text="The worker process that serves it")
    peer_address = models.CharField(max_length=64)
    secured_by = models.CharField(max_length=60, blank=True, help_text="TLS version and suite; empty without TLS")
    opened_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)


class NodeTraffic(TenantModel):
    """What a node has sent us within an hour."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="traffic")
    hour_at = models.DateTimeField(help_text="When the hour begins")
    instances = models.PositiveIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0, help_text="Instances that were not taken")

    class Meta:
        constraints = [models.UniqueConstraint("node", "hour_at", name="node_traffic_once_an_hour")]


class NodePace(models.Model):
    """Until when the images of a node with a limit are booked; over all processes."""

    node = models.OneToOneField(Node, on_delete=models.CASCADE, primary_key=True, related_name="+")
    booked_until = models.DateTimeField()


class EchoTest(TenantModel):
    """The last C-ECHO that a person had sent to a node."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="echo_tests")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True, help_text="In words; empty when the node answered")


class RejectedAssociation(models.Model):
    """An association we refused, counted by caller and reason, for the administrator.

    A caller whose TLS handshake failed has named no AE title.
    """

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


# Django finds an app's models through this module only.
from pacs_core.network.availability.models import AvailabilityNotice  # noqa: E402, F401
from pacs_core.network.commitment.models import CommitmentRequest  # noqa: E402, F401
from pacs_core.network.forwarding.models import ForwardedInstance, ForwardingJob  # noqa: E402, F401
from pacs_core.network.hl7.models import Hl7Source, ReceivedMessage  # noqa: E402, F401
from pacs_core.network.research.models import DeidentifiedExport, ResearchProject  # noqa: E402, F401
from pacs_core.network.workitems.models import Workitem, WorkitemSubscription  # noqa: E402, F401
