"""A project's export, as a row."""

from hospitals.models import Hospital
from pacs_core.network.research.models import DeidentifiedExport, ResearchProject
from pacs_core.network.research.services import add_research_project


def make_export(hospital: Hospital, **fields: object) -> DeidentifiedExport:
    """An export of a project LUNG, made when it is not there; call inside the hospital's scope."""
    project = ResearchProject.objects.filter(hospital=hospital, code="LUNG").first()
    project = project or add_research_project(hospital_id=hospital.pk, code="LUNG", name="Lung nodules")
    values: dict[str, object] = {"study_ids": [], "instances_total": 0}
    return DeidentifiedExport.objects.create(hospital=hospital, project=project, **(values | fields))
