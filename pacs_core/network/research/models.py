"""Projects that get de-identified copies, and the copies that were asked for."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from pacs_core.network.outbound.models import OutboundJob
from pacs_core.standards.dicom.deidentification.options import Options

validate_project_code = RegexValidator(
    r"^[A-Z][A-Z0-9_]{1,15}$", "2 to 16 capitals, digits or _, a letter first: LUNG2026."
)


class ResearchProject(TenantModel):
    """Who gets copies of a hospital's studies, how they are cleaned, and the key that makes its pseudonyms.

    The options stay as they were when the project was made: copies of one project fit together.
    """

    code = models.CharField(max_length=16, validators=[validate_project_code], help_text="Begins each pseudonym")
    name = models.CharField(max_length=120)
    sealed_key = models.BinaryField(help_text="32 random bytes, encrypted with a secret that is not in the database")
    retain_modified_dates = models.BooleanField(default=True)
    clean_descriptors = models.BooleanField(default=True)
    clean_structured_content = models.BooleanField(default=True)
    retain_patient_characteristics = models.BooleanField(default=False)
    retain_safe_private = models.BooleanField(default=False)
    retain_uids = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("hospital", "code", name="research_project_once")]

    @property
    def options(self) -> Options:
        return Options(**{name: getattr(self, name) for name in Options.__dataclass_fields__})


class DeidentifiedExport(OutboundJob):
    """De-identified copies of some studies on their way into a ZIP or to a node."""

    project = models.ForeignKey(ResearchProject, on_delete=models.PROTECT, related_name="exports")
    study_ids = ArrayField(models.BigIntegerField())
    ae_title = models.CharField(max_length=16, blank=True, help_text="The node that gets them; empty for a ZIP")
    accepts_doubtful_pixels = models.BooleanField(
        default=False, help_text="A person has looked: images that may show text are copied too"
    )
    last_instance_id = models.BigIntegerField(default=0, help_text="Instances up to this one are copied or left out")
    instances_total = models.PositiveIntegerField()
    instances_copied = models.PositiveIntegerField(default=0)
    instances_sent = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=dict, help_text="Reason -> number of instances")
    file_path = models.CharField(max_length=255, blank=True, help_text="Of the ZIP, relative to STORAGE_ROOT")
    size_bytes = models.BigIntegerField(default=0)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                "retry_at", name="deidentified_export_open", condition=models.Q(status__in=("waiting", "running"))
            ),
            models.Index("hospital", models.F("requested_at").desc(), name="deidentified_export_latest"),
        ]

    @property
    def instances_left_out(self) -> int:
        return sum(self.left_out.values())

    @property
    def is_sent_to_node(self) -> bool:
        return bool(self.ae_title)
