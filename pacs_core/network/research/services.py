"""Make projects, ask for de-identified copies, try again."""

import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from pacs_core.access.scopes import current_scope
from pacs_core.archive.models import Instance, Study
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from pacs_core.network.forwarding.errors import NodeNotUsable
from pacs_core.network.forwarding.selectors import node_for
from pacs_core.network.outbound.jobs import Status, begin_anew
from pacs_core.network.research.errors import ExportValueRefused
from pacs_core.network.research.keys import new_sealed_key
from pacs_core.network.research.models import DeidentifiedExport, ResearchProject, validate_project_code

logger = logging.getLogger(__name__)

MOST_STUDIES = 500


@transaction.atomic
def add_research_project(*, hospital_id: int, code: str, name: str, **options: bool) -> ResearchProject:
    """Make a project with a new key; `options` are those of Options, the default where left out.

    Raises ExportValueRefused.
    """
    try:
        validate_project_code(code)
    except ValidationError as error:
        raise ExportValueRefused({"code": error.messages}) from error
    if ResearchProject.objects.filter(hospital_id=hospital_id, code=code).exists():
        raise ExportValueRefused({"code": [f"There is a project {code} already."]})
    project = ResearchProject.objects.create(
        hospital_id=hospital_id,
        code=code,
        name=name,
        sealed_key=new_sealed_key(),
        created_by_id=current_scope().principal.user_id,
        **options,
    )
    chosen = sorted(option for option, is_chosen in vars(project.options).items() if is_chosen)
    _audit("research_project.added", project.hospital_id, "research_project", project.pk, code=code, options=chosen)
    return project


@transaction.atomic
def ask_for_deidentified_export(
    *, project: ResearchProject, studies: list[str], ae_title: str = "", accepts_doubtful_pixels: bool = False
) -> DeidentifiedExport:
    """Ask for copies of the studies named by UID or accession number, as a ZIP or for a node.

    Raises ExportValueRefused with the names that are no study of the project's hospital.
    """
    found = _studies_named(studies, project.hospital_id)
    if ae_title:
        try:
            node_for(ae_title=ae_title, hospital_id=project.hospital_id)
        except NodeNotUsable as error:
            raise ExportValueRefused({"ae_title": [str(error)]}) from error
    export = DeidentifiedExport.objects.create(
        hospital_id=project.hospital_id,
        project=project,
        study_ids=sorted(study.pk for study in found),
        ae_title=ae_title,
        accepts_doubtful_pixels=accepts_doubtful_pixels,
        instances_total=Instance.objects.filter(series__study__in=found).count(),
        asked_by_id=current_scope().principal.user_id,
    )
    _audit(
        "deidentified_export.asked",
        export.hospital_id,
        "deidentified_export",
        export.pk,
        project=project.code,
        studies=export.study_ids,
        ae_title=ae_title,
        accepts_doubtful_pixels=accepts_doubtful_pixels,
    )
    announce(export)
    enqueue(export)
    return export


@transaction.atomic
def retry_deidentified_export(*, export_id: int) -> DeidentifiedExport:
    """Go on with a given-up or waiting export at once, as a person asks; raises JobNotRetriable."""
    export = begin_anew(DeidentifiedExport, export_id)
    _audit("deidentified_export.retried", export.hospital_id, "deidentified_export", export.pk)
    announce(export)
    enqueue(export)
    return export


def audit_download(export: DeidentifiedExport) -> None:
    _audit("deidentified_export.downloaded", export.hospital_id, "deidentified_export", export.pk)


def audit_end(export: DeidentifiedExport) -> None:
    action = "deidentified_export.done" if export.status == Status.DONE else "deidentified_export.given_up"
    _audit(
        action,
        export.hospital_id,
        "deidentified_export",
        export.pk,
        instances=export.instances_copied,
        left_out=export.instances_left_out,
    )


def announce(export: DeidentifiedExport) -> None:
    emit_event("DeidentifiedExportChanged", hospital_id=export.hospital_id, deidentified_export_id=export.pk)


def enqueue(export: DeidentifiedExport) -> None:
    from pacs_core.network.tasks import make_deidentified_export

    make_deidentified_export.delay_on_commit(export.pk, export.hospital_id)


def _studies_named(names: list[str], hospital_id: int) -> list[Study]:
    if not names:
        raise ExportValueRefused({"studies": ["Name at least one study."]})
    if len(names) > MOST_STUDIES:
        raise ExportValueRefused({"studies": [f"{len(names)} studies are named; at most {MOST_STUDIES} go at once."]})
    studies = Study.objects.filter(hospital_id=hospital_id)
    found = list(studies.filter(Q(study_instance_uid__in=names) | Q(accession_number__in=names)))
    known = {study.study_instance_uid for study in found} | {study.accession_number for study in found}
    if unknown := [name for name in names if name not in known]:
        raise ExportValueRefused({"studies": [f"No study of this hospital: {', '.join(unknown[:10])}."]})
    return found


def _audit(action: str, hospital_id: int, object_type: str, object_id: int, **detail: Any) -> None:
    record_audit(action=action, object_type=object_type, object_id=object_id, hospital_id=hospital_id, detail=detail)
