"""Readings that were finished before the report was signed."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from reporting.models.report import Report


class PreliminaryVersion(TenantModel):
    """What one reader said at the end of a reading that is not the signature; a trigger refuses every change.

    A resident's preliminary report is the base of the attending's text; of two independent readings each is kept as
    it was. Never shown to a referring physician.
    """

    class Kind(models.TextChoices):
        PRELIMINARY = "preliminary", "Preliminary report"
        FIRST = "first", "First reading"
        SECOND = "second", "Second reading"
        FURTHER = "further", "Further reading"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="preliminary_versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    sections = models.JSONField(help_text="Text by section name, see reporting.sections")
    draft_version = models.PositiveIntegerField(help_text="Number of the draft that was finished")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="preliminary_versions")
    printed_name = models.CharField(max_length=120, help_text="The author's name then, as the PDF prints it")
    finished_at = models.DateTimeField(default=timezone.now)
    acknowledged_checks = models.JSONField(default=list, help_text="Keys of warnings the author confirmed")

    class Meta:
        constraints = [models.UniqueConstraint("report", "number", name="preliminary_number_once")]
        indexes = [models.Index("author", models.F("finished_at").desc(), name="preliminary_of_author")]
