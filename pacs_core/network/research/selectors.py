"""Projects and exports of the hospitals in view, and what an export has still to copy."""

from dataclasses import dataclass

from django.db.models import QuerySet

from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import current_scope
from pacs_core.archive.models import Instance
from pacs_core.archive.selectors.corrections import corrections_of
from pacs_core.network.research.models import DeidentifiedExport, ResearchProject
from pacs_core.standards.dicom.coercion import Corrections


@dataclass(frozen=True)
class Original:
    """An instance to be copied, whose it is, and what is corrected before it is copied."""

    instance_id: int
    file_path: str
    issuer_of_patient_id: str
    patient_id: str
    corrections: Corrections | None


def visible_projects() -> QuerySet[ResearchProject]:
    in_view = ResearchProject.objects.filter(hospital_id__in=current_scope().hospital_ids)
    return in_view.select_related("hospital").order_by("hospital__code", "code")


def visible_exports() -> QuerySet[DeidentifiedExport]:
    """Return the exports of the open scope's hospitals, the newest first."""
    return (
        DeidentifiedExport.objects.filter(hospital_id__in=current_scope().hospital_ids)
        .select_related("hospital", "project", "asked_by")
        .order_by("-requested_at", "-pk")
    )


def visible_export(export_id: int) -> DeidentifiedExport:
    """Return one of them; raises NotVisible."""
    found = visible_exports().filter(pk=export_id).first()
    if found is None:
        raise NotVisible(f"No export {export_id} is visible.")
    return found


def originals_left(export: DeidentifiedExport) -> list[Original]:
    """Return the instances that the export has not looked at yet, in the order of their rows."""
    rows = Instance.objects.filter(series__study_id__in=export.study_ids, pk__gt=export.last_instance_id)
    corrections = corrections_of(rows)
    return [
        Original(*row, corrections.get(row[0]))
        for row in rows.order_by("pk").values_list(
            "pk", "file_path", "series__study__patient__issuer_of_patient_id", "series__study__patient__patient_id"
        )
    ]
