"""Merge patients, move studies, correct demographics; each is recorded with all it takes to undo it."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from pacs_core import flow
from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import current_scope
from pacs_core.archive.errors import IdentityConflict, PatientMergeRefused
from pacs_core.archive.models import Patient, PatientChange, Study
from pacs_core.archive.services.corrections import correct_studies
from pacs_core.archive.services.patients import survivor_to_correct
from pacs_core.archive.services.people import lock_identity, refresh_people
from pacs_core.archive.services.reassignment import reassign
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event

DEMOGRAPHICS = ("name", "birth_date", "sex")
Kind = PatientChange.Kind


@transaction.atomic
def merge_patients(
    *, surviving_id: int, merged_id: int, reason: str = "", message_control_id: str = ""
) -> PatientChange | None:
    """Give all of a patient's studies and orders to another, whose ID then includes the merged one's.

    What comes with the old ID later goes to the survivor. None when it was merged so already. A survivor that was
    itself merged stands for its own. Raises NotVisible, PatientMergeRefused.
    """
    lock_identity()
    survivor, merged = _patient(surviving_id), _patient(merged_id)
    root_id = survivor.merged_into_id or survivor.pk
    if merged.merged_into_id == root_id and merged.pk != survivor.pk:
        return None
    _refuse_unusable_merge(survivor, merged, root_id)
    alias_ids = list(merged.aliases.order_by("pk").values_list("pk", flat=True))
    lock_patients(root_id, merged.pk, *alias_ids)
    change = _record(
        Kind.MERGE,
        _patient(root_id),
        other_patient=merged,
        study_ids=reassign(Study.kept.filter(patient=merged), patient_id=root_id),
        order_ids=flow.resolve("reassign_orders")(from_patient_id=merged.pk, to_patient_id=root_id),
        alias_ids=alias_ids,
        reason=reason,
        message_control_id=message_control_id,
    )
    Patient.objects.filter(pk__in=[merged.pk, *alias_ids]).update(merged_into=root_id)
    refresh_people(root_id, merged.pk)
    announce_change(change, "patient.merged")
    return change


def _refuse_unusable_merge(survivor: Patient, merged: Patient, root_id: int) -> None:
    if merged.pk == survivor.pk:
        raise PatientMergeRefused("A patient can't be merged into itself.")
    if merged.hospital_id != survivor.hospital_id:
        raise PatientMergeRefused("Patients of two hospitals are linked, not merged.")
    if merged.pk == root_id:
        raise PatientMergeRefused(
            "The surviving patient was merged into this one earlier. Maybe undo that merge first."
        )
    if merged.merged_into_id is not None:
        raise PatientMergeRefused("The patient was already merged into another one. Maybe undo that merge first.")


@transaction.atomic
def move_study(*, study_id: int, patient_id: int, with_order: bool = False, reason: str = "") -> PatientChange:
    """Give one study to another patient of its hospital, with its order when that was placed for the wrong one too.

    Later images of the study still belong to it. Raises NotVisible, IdentityConflict.
    """
    lock_identity()
    target = _patient(patient_id)
    study = Study.kept.filter(pk=study_id).first()
    if study is None:
        raise NotVisible(f"There is no study {study_id} for you.")
    target_id = target.merged_into_id or target.pk
    if study.hospital_id != target.hospital_id:
        raise IdentityConflict("The study belongs to another hospital than the patient.")
    if study.patient_id == target_id:
        raise IdentityConflict("The study is this patient's already.")
    lock_patients(study.patient_id, target_id)
    source = _patient(study.patient_id)
    order_ids = (
        flow.resolve("reassign_orders")(from_patient_id=source.pk, to_patient_id=target_id, study_ids=[study.pk])
        if with_order
        else []
    )
    change = _record(
        Kind.MOVE,
        _patient(target_id),
        other_patient=source,
        study_ids=reassign(Study.kept.filter(pk=study.pk), patient_id=target_id),
        order_ids=order_ids,
        reason=reason,
    )
    announce_change(change, "study.moved")
    return change


@transaction.atomic
def move_visit(
    *, visit_number: str, prior_id: int, patient_id: int, message_control_id: str = ""
) -> PatientChange | None:
    """Give what was ordered and made in one visit of a patient to another; None when nothing of it is known.

    Raises NotVisible, IdentityConflict.
    """
    lock_identity()
    source_id, target_id = (_survivor_id(_patient(key)) for key in (prior_id, patient_id))
    if source_id == target_id:
        return None
    lock_patients(source_id, target_id)
    order_ids, study_ids = flow.resolve("what_a_visit_made")(patient_id=source_id, visit_number=visit_number)
    if not order_ids:
        return None
    flow.resolve("reassign_orders")(from_patient_id=source_id, to_patient_id=target_id, order_ids=order_ids)
    change = _record(
        Kind.MOVE,
        _patient(target_id),
        other_patient=_patient(source_id),
        study_ids=reassign(Study.kept.filter(pk__in=study_ids, patient=source_id), patient_id=target_id),
        order_ids=order_ids,
        message_control_id=message_control_id,
    )
    announce_change(change, "visit.moved")
    return change


@transaction.atomic
def change_demographics(
    *,
    patient_id: int,
    name: str = "",
    birth_date: date | None = None,
    sex: str = "",
    cleared: frozenset[str] = frozenset(),
    message_at: datetime | None = None,
    message_control_id: str = "",
    reason: str = "",
) -> PatientChange | None:
    """Correct what is known of a patient; an empty value leaves a field alone unless `cleared` names it.

    Stored files keep what they say; what leaves says the new details. None when nothing is new, or when the message is
    older than the last one applied.
    """
    patient = survivor_to_correct(_patient(patient_id))
    if message_at is not None:
        if patient.demographics_at is not None and message_at < patient.demographics_at:
            return None
        patient.demographics_at = message_at
    given = {"name": name[:324], "birth_date": birth_date, "sex": sex}
    nothing = {"name": "", "birth_date": None, "sex": ""}
    wanted = {field: nothing[field] if field in cleared else given[field] for field in DEMOGRAPHICS}
    changed = [
        field
        for field in DEMOGRAPHICS
        if (wanted[field] or field in cleared) and wanted[field] != getattr(patient, field)
    ]
    before = {field: as_json(getattr(patient, field)) for field in changed}
    for field in changed:
        setattr(patient, field, wanted[field])
    if not changed:
        patient.save(update_fields=["demographics_at"])
        return None
    patient.compared_at = None
    patient.save(update_fields=[*changed, "demographics_at", "compared_at"])
    change = _record(
        Kind.DEMOGRAPHICS,
        patient,
        before=before,
        after={field: as_json(wanted[field]) for field in changed},
        reason=reason,
        message_control_id=message_control_id,
    )
    announce_change(change, "patient.demographics_changed")
    return change


def lock_patients(*patient_ids: int) -> None:
    """Hold patients against everyone who files for them, in key order; the identity lock is held.

    FOR UPDATE, where other services take weaker locks: it is what a study that is just being filed conflicts with.
    """
    list(Patient.objects.select_for_update().filter(pk__in=patient_ids).order_by("pk"))


def as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def announce_change(change: PatientChange, action: str, *, undone: bool = False) -> None:
    """Tell who follows patients, and the audit trail, ids only; what leaves says it from now on."""
    if change.kind == Kind.DEMOGRAPHICS:
        correct_studies(Study.kept.filter(patient=change.patient_id))
    else:
        correct_studies(Study.kept.filter(pk__in=change.study_ids))
    emit_event(
        "PatientIdentityChanged",
        hospital_id=change.hospital_id,
        patient_change_id=change.pk,
        patient_id=change.patient_id,
        undone=undone,
    )
    record_audit(
        action=action,
        object_type="patient",
        object_id=change.patient_id,
        hospital_id=change.hospital_id,
        detail={
            "change": change.pk,
            "other_patient": change.other_patient_id,
            "studies": len(change.study_ids),
            "orders": len(change.order_ids),
            "fields": sorted(change.after),
        },
    )


def _patient(patient_id: int) -> Patient:
    patient = Patient.objects.filter(pk=patient_id).first()
    if patient is None:
        raise NotVisible(f"There is no patient {patient_id} for you.")
    return patient


def _survivor_id(patient: Patient) -> int:
    return patient.merged_into_id or patient.pk


def _record(kind: Kind, patient: Patient, **values: Any) -> PatientChange:
    actor_id = current_scope().principal.user_id
    source = PatientChange.Source.PERSON if actor_id else PatientChange.Source.HL7
    values["reason"] = values.get("reason", "").strip()[:300]
    return PatientChange.objects.create(
        hospital_id=patient.hospital_id, kind=kind, patient=patient, source=source, actor_id=actor_id, **values
    )
