"""What has to be read: orders, worklist items, service levels."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

from pacs_core.access.models import TenantModel
from pacs_core.archive.models import Patient, Study


class Priority(models.TextChoices):
    STAT = "stat", "STAT"
    URGENT = "urgent", "Urgent"
    ROUTINE = "routine", "Routine"


class Order(TenantModel):
    """An imaging order of a hospital's RIS (HL7 ORC, OBR); meets its study by accession number with issuer."""

    class Status(models.TextChoices):
        """Ordered, then what its examination's performed steps say; cancelled stays so until it is placed again."""

        ORDERED = "ordered", "Ordered"
        IN_PROGRESS = "in_progress", "Being examined"
        PERFORMED = "performed", "Examined"
        DISCONTINUED = "discontinued", "Discontinued"
        CANCELLED = "cancelled", "Cancelled"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="orders")
    identified_as = models.ForeignKey(
        Patient,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whom the messages name, where a merge or move gave the order to another patient",
    )
    placer_order_number = models.CharField(max_length=100, blank=True)
    filler_order_number = models.CharField(max_length=100, blank=True)
    accession_number = models.CharField(max_length=64)
    issuer_of_accession_number = models.CharField(max_length=64)
    study_instance_uid = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.ORDERED)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.ROUTINE)
    procedure_code = models.CharField(max_length=64, blank=True)
    procedure_scheme = models.CharField(max_length=16, blank=True)
    procedure_description = models.CharField(max_length=200, blank=True)
    modality = models.CharField(max_length=16, blank=True)
    body_part = models.CharField(max_length=40, blank=True)
    laterality = models.CharField(max_length=1, blank=True, help_text="L, R, B or empty")
    patient_class = models.CharField(max_length=10, blank=True, help_text="HL7 table 0004 (PV1-2): E, I, O, ...")
    clinical_information = models.TextField(blank=True)
    reason_for_study = models.TextField(blank=True)
    referring_physician_name = models.CharField(max_length=324, blank=True)
    referring_physician_identifier = models.CharField(max_length=64, blank=True)
    referring_physician = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="referred_orders"
    )
    requested_at = models.DateTimeField(null=True)
    requested_procedure_id = models.CharField(max_length=64, blank=True)
    scheduled_procedure_step_id = models.CharField(max_length=64, blank=True)
    scheduled_station_ae_title = models.CharField(
        max_length=16, blank=True, help_text="Empty: for whichever station of the hospital asks"
    )
    scheduled_station_name = models.CharField(max_length=64, blank=True)
    scheduled_location = models.CharField(max_length=64, blank=True)
    performing_physician_name = models.CharField(max_length=324, blank=True, help_text="As scheduled")
    protocol_code = models.CharField(max_length=64, blank=True)
    protocol_scheme = models.CharField(max_length=16, blank=True)
    protocol_text = models.CharField(max_length=64, blank=True)
    admission_id = models.CharField(max_length=64, blank=True)
    patient_location = models.CharField(max_length=64, blank=True)
    patient_transport = models.CharField(max_length=64, blank=True)
    patient_state = models.CharField(max_length=64, blank=True)
    pregnancy_status = models.PositiveSmallIntegerField(null=True, help_text="PS3.3 C.7.1.3: 3 definitely pregnant")
    allergies = models.TextField(blank=True, help_text="One a line")
    examination_started_at = models.DateTimeField(null=True, help_text="By the scanner's performed steps")
    examination_ended_at = models.DateTimeField(null=True)
    discontinuation_reason = models.CharField(max_length=200, blank=True)
    placed_again_at = models.DateTimeField(
        null=True, help_text="After it was cancelled or discontinued: performed steps before that count no more"
    )
    message_at = models.DateTimeField(null=True, help_text="MSH-7 of the last message applied; older ones are kept out")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "hospital", "issuer_of_accession_number", "accession_number", name="order_once_per_accession"
            )
        ]
        indexes = [
            models.Index(
                "hospital", "study_instance_uid", name="order_by_study", condition=~models.Q(study_instance_uid="")
            ),
            models.Index(
                "hospital",
                Coalesce("requested_at", "created_at"),
                name="order_to_examine",
                condition=models.Q(status__in=("ordered", "in_progress")),
            ),
        ]


class ServiceLevel(models.Model):
    """Minutes from a study's first image to the signed report; the most specific row wins (modality, then any)."""

    hospital = models.ForeignKey(settings.TENANT_MODEL, on_delete=models.CASCADE, related_name="service_levels")
    priority = models.CharField(max_length=10, choices=Priority)
    modality = models.CharField(max_length=16, blank=True)
    minutes = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("hospital", "priority", "modality", name="service_level_once")]


class WorklistItem(TenantModel):
    """One study waiting for, being given, or having its report; status changes only through worklist.transitions."""

    class Status(models.TextChoices):
        UNASSIGNED = "unassigned", "Unassigned"
        ASSIGNED = "assigned", "Assigned"
        READING = "reading", "Being read"
        SIGNING = "signing", "Signing"
        SIGNED = "signed", "Signed"
        CANCELLED = "cancelled", "Cancelled"

    class Reconciliation(models.TextChoices):
        """Why a person has to look before order and images may be taken for one another's."""

        PATIENT_DIFFERS = "patient_differs", "The order with this accession number is for another patient"
        ORDERS_DISAGREE = "orders_disagree", "Study UID and accession number name different orders"
        ORDER_CANCELLED = "order_cancelled", "The order was cancelled before its images came"

    class ReadingMode(models.TextChoices):
        """How many readings the rules ask for, and by whom."""

        SINGLE = "single", "Single reading"
        DOUBLE = "double", "Double reading"
        TWO_TIER = "two_tier", "Resident, then attending"

    study = models.OneToOneField(Study, on_delete=models.PROTECT, related_name="worklist_item")
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="worklist_items")
    status = models.CharField(max_length=12, choices=Status, default=Status.UNASSIGNED)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.ROUTINE)
    priority_rank = models.PositiveSmallIntegerField(default=2, help_text="0 stat, 1 urgent, 2 routine; for sorting")
    service_level_minutes = models.PositiveIntegerField()
    raised_priority = models.CharField(
        max_length=10, choices=Priority, blank=True, help_text="What a rule raises the priority to"
    )
    ruled_service_level_minutes = models.PositiveIntegerField(null=True, help_text="Set by a rule")
    ruled_service_level_factor = models.FloatField(default=1.0, help_text="Rules change the minutes by this")
    opened_at = models.DateTimeField(default=timezone.now)
    deadline_at = models.DateTimeField()
    expected_minutes = models.DecimalField(max_digits=6, decimal_places=1, default=8)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="assigned_items"
    )
    assigned_at = models.DateTimeField(null=True)
    is_pinned = models.BooleanField(
        default=False, help_text="Assigned or handed over by a person: rules leave it alone"
    )
    place = models.PositiveSmallIntegerField(
        null=True, help_text="In the reader's list as planned, 1 is next; null when nobody has it or it is opened"
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="claimed_items"
    )
    claimed_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    reading_mode = models.CharField(max_length=8, choices=ReadingMode, default=ReadingMode.SINGLE)
    reading_stage = models.PositiveSmallIntegerField(
        default=1, help_text="2 once the first of two readings is finished; the deadline is one for both"
    )
    first_reader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who finished the first reading; never reads the second",
    )
    first_finished_at = models.DateTimeField(null=True, help_text="Null again when the attending sent it back")
    late_images = models.PositiveIntegerField(default=0, help_text="Instances that came after the study was complete")
    reconciliation_reason = models.CharField(max_length=20, choices=Reconciliation, blank=True)
    reconciled_at = models.DateTimeField(
        null=True, help_text="When a person decided which order this is, or that there is none: matching leaves it so"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(
                "hospital",
                "priority_rank",
                "deadline_at",
                name="item_open",
                condition=models.Q(status__in=("unassigned", "assigned", "reading", "signing")),
            ),
            models.Index("hospital", "signed_at", name="item_signed", condition=models.Q(status="signed")),
            models.Index("hospital", "opened_at", name="item_opened"),
            models.Index(
                "deadline_at",
                name="item_unread_by_deadline",
                condition=models.Q(status__in=("unassigned", "assigned", "reading")),
            ),
            models.Index(
                "assigned_to",
                "deadline_at",
                name="item_of_reader",
                condition=models.Q(status__in=("assigned", "reading", "signing")),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reading_stage=1)
                | models.Q(
                    reading_stage=2,
                    reading_mode__in=("double", "two_tier"),
                    first_reader__isnull=False,
                    first_finished_at__isnull=False,
                ),
                name="item_second_stage_has_first_reader",
            )
        ]


class WorklistItemTransition(TenantModel):
    """One change of an item's status or holder: what, by whom, when, why."""

    worklist_item = models.ForeignKey(WorklistItem, on_delete=models.PROTECT, related_name="transitions")
    action = models.CharField(max_length=20)
    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    previous_holder = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index("worklist_item", "id", name="transition_of_item")]


class AiFinding(TenantModel):
    """What an AI service says it found in a study: a hint for the order of work and for the reader, no diagnosis.

    A service says a code once a study; a newer word of it (`found_at`) takes the place of the older one.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="ai_findings")
    service = models.CharField(max_length=60, help_text="The service's name: BleedNet")
    code = models.CharField(max_length=64, help_text="As rules ask for it: intracranial_haemorrhage")
    label = models.CharField(max_length=120, help_text="As people read it")
    confidence = models.FloatField(null=True, help_text="0 to 1, as the service says; null: it says none")
    found_at = models.DateTimeField(help_text="By the service's clock")
    withdrawn_at = models.DateTimeField(null=True, help_text="The service takes it back: no fact for rules any more")
    received_at = models.DateTimeField(default=timezone.now)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint("study", "service", "code", name="ai_finding_once"),
            models.CheckConstraint(
                condition=models.Q(confidence__isnull=True) | models.Q(confidence__gte=0, confidence__lte=1),
                name="ai_finding_confidence_is_a_share",
            ),
        ]
