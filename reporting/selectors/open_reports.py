"""Which studies are still being reported on."""

from collections.abc import Collection

from reporting.models import Report
from worklist.models import WorklistItem
from worklist.transitions import OPEN_STATUSES


def studies_with_open_reports(study_ids: Collection[int]) -> set[int]:
    """Return those of the studies whose report is to be written, being written (addenda too) or being signed."""
    items = WorklistItem.objects.filter(study_id__in=study_ids, status__in=OPEN_STATUSES)
    reports = Report.objects.filter(worklist_item__study_id__in=study_ids).exclude(status=Report.Status.SIGNED)
    return set(items.values_list("study_id", flat=True)) | set(
        reports.values_list("worklist_item__study_id", flat=True)
    )
