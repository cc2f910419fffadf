"""Patients, studies, series, instances and the files they came in."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from pacs_core.archive.models_conflicts import (  # noqa: F401  what Django looks for here
    InstanceVersion,
    RejectedReference,
    RejectionNote,
    ShownManager,
    StudyConflict,
)
from pacs_core.archive.models_identity import (  # noqa: F401  what Django looks for here
    NationalIdentifierRule,
    PatientChange,
    PatientIdentifier,
    PatientLink,
)
from pacs_core.archive.models_retention import ImageDeletion, LegalHold, RetentionRule  # noqa: F401  as above
from pacs_core.archive.models_steps import (  # noqa: F401  what Django looks for here
    PerformedProcedureStep,
    ScheduledStepAttributes,
)
from pacs_core.archive.names import folded_group


class Patient(TenantModel):
    """A patient of one hospital: PatientID means something only with its issuer (PS3.3 C.7.1.1)."""

    patient_id = models.CharField(max_length=64)
    issuer_of_patient_id = models.CharField(max_length=64)
    name = models.CharField(max_length=324, blank=True, help_text="DICOM person name, FAMILY^GIVEN (PS3.5 6.2.1)")
    name_alphabetic = folded_group("name", "alphabetic")
    name_ideographic = folded_group("name", "ideographic")
    name_phonetic = folded_group("name", "phonetic")
    birth_date = models.DateField(null=True)
    sex = models.CharField(max_length=1, blank=True, help_text="M, F, O or empty (PS3.3 C.7.1.1)")
    merged_into = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="aliases",
        help_text="The surviving patient, never itself merged: this row is then no more than another ID of that one",
    )
    person = models.BigIntegerField(
        null=True, help_text="Equal for records of one person, by links and merges; null: none is known"
    )
    demographics_at = models.DateTimeField(null=True, help_text="MSH-7 of the last update; older ones are kept out")
    compared_at = models.DateTimeField(null=True, help_text="When other records of this person were last looked for")

    class Meta:
        constraints = [
            models.UniqueConstraint("hospital", "issuer_of_patient_id", "patient_id", name="patient_once_per_issuer"),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("pk")),
                name="patient_not_merged_into_itself",
            ),
        ]
        indexes = [
            models.Index("person", name="patient_by_person", condition=models.Q(person__isnull=False)),
            models.Index("id", name="patient_to_compare", condition=models.Q(compared_at__isnull=True)),
            models.Index("birth_date", name="patient_by_birth_date"),
            models.Index("hospital", "name_alphabetic", name="patient_by_name"),
            models.Index(
                *("hospital", "name_ideographic"),
                name="patient_by_ideographic_name",
                condition=models.Q(name_ideographic__gt=""),
            ),
            models.Index(
                *("hospital", "name_phonetic"),
                name="patient_by_phonetic_name",
                condition=models.Q(name_phonetic__gt=""),
            ),
        ]


class Study(TenantModel):
    """A study as its images describe it; identified by StudyInstanceUID in the whole network."""

    class CompletedBy(models.TextChoices):
        """What said that all images were here."""

        QUIET_TIME = "quiet_time", "no more images came for a while"
        PERFORMED_STEP = "performed_step", "all that the scanner named are here"
        EXPECTED_COUNT = "expected_count", "as many as were announced are here"
        LONGEST_WAIT = "longest_wait", "the longest wait was over, images may be missing"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="studies")
    identified_as = models.ForeignKey(
        Patient,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whom the images name, where a merge or move gave them to another patient",
    )
    study_instance_uid = models.CharField(max_length=64, unique=True)
    accession_number = models.CharField(max_length=64, blank=True)
    issuer_of_accession_number = models.CharField(max_length=64, blank=True)
    study_at = models.DateTimeField(null=True, help_text="Study date and time, from the hospital's zone to UTC")
    description = models.CharField(max_length=64, blank=True)
    modalities = ArrayField(models.CharField(max_length=16), default=list)
    body_part = models.CharField(max_length=64, blank=True)
    laterality = models.CharField(max_length=1, blank=True)
    referring_physician_name = models.CharField(max_length=324, blank=True)
    referring_physician_name_alphabetic = folded_group("referring_physician_name", "alphabetic")
    referring_physician_name_ideographic = folded_group("referring_physician_name", "ideographic")
    referring_physician_name_phonetic = folded_group("referring_physician_name", "phonetic")
    procedure_code = models.CharField(max_length=64, blank=True)
    priority = models.CharField(max_length=10, default="routine", help_text="stat, urgent or routine, from the header")
    number_of_series = models.PositiveIntegerField(default=0)
    number_of_instances = models.PositiveIntegerField(default=0)
    first_received_at = models.DateTimeField(default=timezone.now)
    last_received_at = models.DateTimeField(default=timezone.now)
    images_deleted_at = models.DateTimeField(null=True, help_text="When a retention rule let them go")
    archived_at = models.DateTimeField(null=True, help_text="When they moved to the archive class of the bucket")
    expected_instances = models.PositiveIntegerField(
        null=True, help_text="The most that its images say there are (NumberOfStudyRelatedInstances)"
    )
    completed_at = models.DateTimeField(null=True, help_text="When all images were here, by its senders' rules")
    completed_by = models.CharField(max_length=14, choices=CompletedBy, blank=True)
    is_hidden = models.BooleanField(default=False, db_default=False, help_text="Nothing of it is to be seen")
    corrected_at = models.DateTimeField(null=True, help_text="Since when the rows, not the files, say whose it is")

    objects = ShownManager()
    kept = models.Manager()

    class Meta:
        indexes = [
            models.Index("hospital", "accession_number", name="study_by_accession"),
            models.Index("hospital", models.F("study_at").desc(), name="study_by_date"),
            # In the order of search pages: a page ends where its limit does, not after sorting the days it is of.
            models.Index(
                *(models.F("study_at").desc(nulls_last=True), models.F("id").desc(), "hospital"),
                name="study_newest_first",
            ),
            models.Index("last_received_at", name="study_growing", condition=models.Q(completed_at__isnull=True)),
        ]


class Series(TenantModel):
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="series")
    series_instance_uid = models.CharField(max_length=64, unique=True)
    modality = models.CharField(max_length=16, blank=True)
    series_number = models.IntegerField(null=True)
    description = models.CharField(max_length=64, blank=True)
    body_part = models.CharField(max_length=64, blank=True)
    number_of_instances = models.PositiveIntegerField(default=0)
    is_hidden = models.BooleanField(default=False, db_default=False, help_text="Nothing of it is to be seen")

    objects = ShownManager()
    kept = models.Manager()


class Instance(TenantModel):
    """A SOP instance; its file is kept as it was received, metadata is its DICOM JSON without bulk data (PS3.18 F)."""

    class Damage(models.TextChoices):
        MISSING = "missing", "Missing"
        CHANGED = "changed", "Other content than was received"

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="instances")
    sop_instance_uid = models.CharField(max_length=64, unique=True)
    sop_class_uid = models.CharField(max_length=64)
    transfer_syntax_uid = models.CharField(max_length=64)
    instance_number = models.IntegerField(null=True)
    number_of_frames = models.PositiveIntegerField(default=1)
    rows = models.PositiveIntegerField(null=True)
    columns = models.PositiveIntegerField(null=True)
    file_path = models.CharField(max_length=255, help_text="Relative to STORAGE_ROOT")
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the data set, without the file meta information")
    metadata = models.JSONField()
    received_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, help_text="When its file was last compared with sha256")
    damage = models.CharField(
        max_length=8, blank=True, db_default="", choices=Damage, help_text="What that comparison found"
    )
    is_hidden = models.BooleanField(default=False, db_default=False, help_text="A rejection note, or named by one")

    objects = ShownManager()
    kept = models.Manager()

    class Meta:
        indexes = [
            models.Index("series", "instance_number", name="instance_in_order"),
            models.Index(models.F("verified_at").asc(nulls_first=True), "id", name="instance_to_verify"),
            models.Index("hospital", "id", name="instance_damaged", condition=~models.Q(damage="")),
        ]


class SeriesMetadata(TenantModel):
    """The metadata of some of a series' instances as one text, written with their rows; derived, never the truth.

    A database trigger removes a series' texts when an instance of it changes or goes.
    """

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="metadata_texts")
    number_of_instances = models.PositiveIntegerField()
    documents = models.BinaryField(help_text="zlib: the JSON objects of Instance.metadata, divided by commas")


class ReceivedInstance(TenantModel):
    """The truth of what was accepted and still has to be indexed: written before success is answered."""

    class Outcome(models.TextChoices):
        PENDING = "pending"
        INDEXED = "indexed"
        DUPLICATE = "duplicate"
        QUARANTINED = "quarantined"

    source = models.CharField(max_length=10, help_text="dimse, stow, import, or priors for an import of priors")
    calling_ae_title = models.CharField(max_length=16, blank=True)
    study_instance_uid = models.CharField(max_length=64)
    sop_instance_uid = models.CharField(max_length=64)
    file_path = models.CharField(max_length=255, help_text="Relative to STORAGE_ROOT")
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the data set, without the file meta information")
    received_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.PENDING)
    indexed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index("study_instance_uid", "id", name="received_pending", condition=models.Q(outcome="pending")),
            models.Index("sop_instance_uid", name="received_pending_sop", condition=models.Q(outcome="pending")),
            models.Index("calling_ae_title", "id", name="received_by_caller"),
            models.Index("study_instance_uid", "calling_ae_title", "received_at", name="received_of_study"),
        ]


class QuarantinedInstance(TenantModel):
    """Content that could not be filed, kept until a person decides."""

    class Resolution(models.TextChoices):
        RETRIED = "retried"
        REJECTED = "rejected"
        ACCEPTED = "accepted"
        REASSIGNED = "reassigned"

    source = models.CharField(max_length=10, help_text="dimse, stow, import, priors or hl7")
    calling_ae_title = models.CharField(max_length=16, blank=True)
    file_path = models.CharField(max_length=255, help_text="Relative to STORAGE_ROOT")
    size_bytes = models.BigIntegerField()
    reason_code = models.CharField(max_length=40)
    reason = models.CharField(max_length=300, help_text="For the administrator; names fields, not patients")
    study_instance_uid = models.CharField(max_length=64, blank=True)
    sop_instance_uid = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    resolution = models.CharField(max_length=10, choices=Resolution, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, db_default="", help_text="Of the data set, where it was read")
    conflict = models.ForeignKey(StudyConflict, null=True, on_delete=models.PROTECT, related_name="instances")
    filed_as = models.ForeignKey(Instance, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index("sop_instance_uid", name="quarantined_by_sop")]


class ViewingGrant(TenantModel):
    """Lets one user look at exactly these studies through /dicom-web/reading/<key>/ until it expires.

    The first of `study_ids` is the study being read, whose `hospital` it is; what is made of it may be stored there.
    The priors after it may be other hospitals' that the user may see.
    """

    key = models.CharField(max_length=43, unique=True, help_text="256 random bits, base64url")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    study_ids = ArrayField(models.BigIntegerField())
    purpose = models.CharField(max_length=20, help_text="reading or portal")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()


class StorageSample(models.Model):
    """How much room there was where files are kept; taken every hour, to tell when it will be gone."""

    sampled_at = models.DateTimeField(unique=True)
    total_bytes = models.BigIntegerField()
    free_bytes = models.BigIntegerField()
