"""Patient administration by HL7 v2 (ADT^A08, A31, A40, A45; IHE RAD-12) into patients; named in flow.HL7_MESSAGES."""

from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction

from pacs_core.archive.errors import PatientMergeRefused
from pacs_core.archive.models import Patient, PatientChange
from pacs_core.archive.services.identity import change_demographics, merge_patients, move_visit
from pacs_core.archive.services.patients import identify_patient, note_identifiers
from pacs_core.standards.hl7.errors import Hl7FieldError
from pacs_core.standards.hl7.patient_fields import PatientFields
from pacs_core.standards.hl7.patient_messages import (
    PatientMerge,
    VisitMove,
    merges_of,
    message_at_of,
    updated_patient_of,
    visit_moves_of,
)
from pacs_core.standards.hl7.reader import MessageReader


@transaction.atomic
def receive_patient_update(message: MessageReader, hospital_id: int) -> Patient:
    """Apply an A08 or A31; a patient we have not met yet is remembered with what the message says."""
    hospital = _hospital(hospital_id)
    return _update(updated_patient_of(message), message, hospital)


@transaction.atomic
def receive_patient_merges(message: MessageReader, hospital_id: int) -> list[PatientChange | None]:
    """Apply all merges of an A40 or none; Hl7FieldError says why one is refused.

    Patients we have not met yet are remembered as merged, so that what comes with the old ID goes to the survivor.
    """
    hospital = _hospital(hospital_id)
    return [_merge(merge, message, hospital) for merge in merges_of(message)]


@transaction.atomic
def receive_visit_moves(message: MessageReader, hospital_id: int) -> list[PatientChange | None]:
    """Apply all moves of an A45 or none; a visit of which nothing is known here changes nothing."""
    hospital = _hospital(hospital_id)
    return [_move(move, message, hospital) for move in visit_moves_of(message)]


def _move(move: VisitMove, message: MessageReader, hospital: Any) -> PatientChange | None:
    patient = _identified(move.patient.patient_id, move.patient.issuer_of_patient_id, hospital, "PID", 3)
    prior = _identified(move.prior.value, move.prior.issuer, hospital, "MRG", 1)
    change = move_visit(
        visit_number=move.visit_number,
        prior_id=prior.pk,
        patient_id=patient.pk,
        message_control_id=_control_id(message),
    )
    _update(move.patient, message, hospital)  # afterwards: moves lock before they touch a patient
    return change


def _merge(merge: PatientMerge, message: MessageReader, hospital: Any) -> PatientChange | None:
    surviving = _identified(merge.survivor.value, merge.survivor.issuer, hospital, "PID", 3)
    prior = _identified(merge.prior.value, merge.prior.issuer, hospital, "MRG", 1)
    try:
        change = merge_patients(surviving_id=surviving.pk, merged_id=prior.pk, message_control_id=_control_id(message))
    except PatientMergeRefused as error:
        raise Hl7FieldError("MRG", 1, str(error).rstrip("."), error_code="205") from error
    _update(merge.patient, message, hospital)
    return change


def _update(fields: PatientFields, message: MessageReader, hospital: Any) -> Patient:
    patient = _identified(fields.patient_id, fields.issuer_of_patient_id, hospital, "PID", 3)
    change_demographics(
        patient_id=patient.pk,
        name=fields.name,
        birth_date=fields.birth_date,
        sex=fields.sex,
        cleared=fields.cleared,
        message_at=_aware(message_at_of(message), hospital),
        message_control_id=_control_id(message),
    )
    note_identifiers(patient, fields.identifiers)
    return patient


def _identified(value: str, issuer: str, hospital: Any, segment: str, field: int) -> Patient:
    for text in (value, issuer):
        if len(text) > 64:
            # One that had to be cut would name somebody else.
            raise Hl7FieldError(segment, field, "the identifier is longer than 64 characters")
    return identify_patient(
        hospital_id=hospital.pk, patient_id=value, issuer_of_patient_id=issuer or hospital.issuer_of_patient_id
    )


def _hospital(hospital_id: int) -> Any:
    return apps.get_model(settings.TENANT_MODEL).objects.get(pk=hospital_id)


def _control_id(message: MessageReader) -> str:
    return message.header.component(10)[:199]


def _aware(moment: datetime | None, hospital: Any) -> datetime | None:
    """Read a time without offset as the hospital's local time (2.A.22)."""
    return moment.replace(tzinfo=hospital.zone) if moment is not None and moment.tzinfo is None else moment
