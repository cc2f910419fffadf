"""A report and its drafts."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from worklist.models import WorklistItem


class ReportKind(models.TextChoices):
    """What a signed version is; printed on each of its pages."""

    FINAL = "FINAL", "Final"
    ADDENDUM = "ADDENDUM", "Addendum"
    CORRECTED = "CORRECTED", "Corrected"


class Report(TenantModel):
    """The report of one worklist item: a current draft, and the versions that were signed from its drafts."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SIGNING = "signing", "Being signed"
        SIGNED = "signed", "Signed"

    worklist_item = models.OneToOneField(WorklistItem, on_delete=models.PROTECT, related_name="report")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reports", help_text="Of the current draft"
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    draft_kind = models.CharField(max_length=10, choices=ReportKind, default=ReportKind.FINAL)
    draft_version = models.PositiveIntegerField(default=0, help_text="Number of the current DraftVersion")
    preliminary_version = models.PositiveIntegerField(
        default=0, help_text="Number of the latest PreliminaryVersion; 0 when no reading was finished before signing"
    )
    created_at = models.DateTimeField(default=timezone.now)


class DraftVersion(TenantModel):
    """One saved state of a draft; kept, so that a conflict or a crash loses nothing."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="drafts")
    number = models.PositiveIntegerField()
    sections = models.JSONField(help_text="Text by section name, see reporting.sections")
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now)
    request_id = models.UUIDField(help_text="Chosen by the browser: a repeated save is recognized")

    class Meta:
        constraints = [
            models.UniqueConstraint("report", "number", name="draft_number_once"),
            models.UniqueConstraint("report", "request_id", name="draft_request_once"),
        ]
