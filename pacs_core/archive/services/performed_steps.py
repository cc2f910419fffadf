"""Keep what scanners say of performed procedure steps (MPPS, PS3.4 F.7.2); a step that has ended stays as it is."""

from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from pacs_core.archive.errors import PerformedStepEnded, PerformedStepHeld, PerformedStepUnknown
from pacs_core.archive.models import PerformedProcedureStep, ScheduledStepAttributes
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from pacs_core.standards.dicom.json_model import json_of
from pacs_core.standards.dicom.performed_step import FIXED, IN_PROGRESS, PerformedStep, read_begun_step, read_step
from pacs_core.standards.dicom.reading import quietly

Status = PerformedProcedureStep.Status
_EVENTS = {
    Status.IN_PROGRESS: "ProcedureStepStarted",
    Status.COMPLETED: "ProcedureStepCompleted",
    Status.DISCONTINUED: "ProcedureStepDiscontinued",
}
_FIXED_TAGS = frozenset(f"{tag_for_keyword(keyword):08X}" for keyword in FIXED)


@transaction.atomic
def begin_performed_step(
    *, hospital_id: int, sop_instance_uid: str, calling_ae_title: str, attributes: Dataset
) -> PerformedProcedureStep:
    """Keep a step that has begun; raises StepAttributeRefused, or PerformedStepHeld when the hospital has this UID."""
    read = read_begun_step(attributes)
    hospital = apps.get_model(settings.TENANT_MODEL).objects.get(pk=hospital_id)
    step = PerformedProcedureStep(
        hospital=hospital,
        sop_instance_uid=sop_instance_uid,
        calling_ae_title=calling_ae_title,
        patient_id=read.patient_id[:64],
        issuer_of_patient_id=(read.issuer_of_patient_id or hospital.issuer_of_patient_id)[:64],
        **_values(read, json_of(attributes), hospital),
    )
    try:
        with transaction.atomic():
            step.save(force_insert=True)
    except IntegrityError as error:
        raise PerformedStepHeld from error
    ScheduledStepAttributes.objects.bulk_create(
        ScheduledStepAttributes(
            hospital=hospital,
            performed_step=step,
            study_instance_uid=one.study_instance_uid,
            accession_number=one.accession_number[:64],
            issuer_of_accession_number=(one.issuer_of_accession_number or hospital.issuer_of_accession_number)[:64],
            requested_procedure_id=one.requested_procedure_id[:64],
            scheduled_procedure_step_id=one.scheduled_procedure_step_id[:64],
        )
        for one in read.scheduled
    )
    return _announce(step)


@transaction.atomic
def change_performed_step(*, hospital_id: int, sop_instance_uid: str, attributes: Dataset) -> PerformedProcedureStep:
    """Apply a modification list, whole or not at all; what is fixed since the step began is left as it is.

    Raises PerformedStepUnknown, PerformedStepEnded or StepAttributeRefused.
    """
    step = (
        PerformedProcedureStep.objects.select_for_update(no_key=True, of=("self",))
        .select_related("hospital")
        .filter(hospital_id=hospital_id, sop_instance_uid=sop_instance_uid)
        .first()
    )
    if step is None:
        raise PerformedStepUnknown
    if step.status != IN_PROGRESS:
        raise PerformedStepEnded
    changes = {tag: element for tag, element in json_of(attributes).items() if tag not in _FIXED_TAGS}
    merged = step.attributes | changes
    with quietly():
        read = read_step(Dataset.from_json(merged))
    for name, value in _values(read, merged, step.hospital).items():
        setattr(step, name, value)
    step.changed_at = timezone.now()
    step.save()
    return step if step.status == IN_PROGRESS else _announce(step)


def _values(read: PerformedStep, attributes: dict[str, Any], hospital: Any) -> dict[str, Any]:
    return {
        "status": read.status,
        "performed_station_ae_title": read.performed_station_ae_title[:16],
        "modality": read.modality[:16],
        "started_at": _as_utc(read.started_at, hospital),
        "ended_at": _as_utc(read.ended_at, hospital),
        "discontinuation_reason": read.discontinuation_reason[:200],
        "named_sop_instance_uids": list(read.named_sop_instance_uids),
        "attributes": attributes,
    }


def _as_utc(moment: datetime | None, hospital: Any) -> datetime | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=hospital.zone)).astimezone(UTC)


def _announce(step: PerformedProcedureStep) -> PerformedProcedureStep:
    event = _EVENTS[Status(step.status)]
    emit_event(event, hospital_id=step.hospital_id, performed_step_id=step.pk)
    record_audit(
        action=f"procedure_step.{event.removeprefix('ProcedureStep').lower()}",
        object_type="procedure_step",
        object_id=step.pk,
        hospital_id=step.hospital_id,
        detail={"calling_ae_title": step.calling_ae_title},
    )
    return step
