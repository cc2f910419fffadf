"""Patients are identified by PatientID with its issuer (PS3.3 C.7.1.1); one statement makes or finds the row."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from pacs_core.archive.errors import StudyNotFileable
from pacs_core.archive.models import Patient, PatientChange, PatientIdentifier, Study
from pacs_core.standards.dicom.header import InstanceHeader
from pacs_core.standards.dicom.identifiers import InstanceIdentifiers
from pacs_core.standards.identifiers import OtherIdentifier

# PatientID may be empty (type 2). Such patients are never taken for one another: the study is their identity.
ISSUER_OF_THE_UNIDENTIFIED = "MERIDIAN-UNIDENTIFIED"
# More than anyone has; a header with more is a mistake, or worse.
MOST_IDENTIFIERS = 20


def identify_patient(
    *,
    hospital_id: int,
    patient_id: str,
    issuer_of_patient_id: str,
    name: str = "",
    birth_date: date | None = None,
    sex: str = "",
) -> Patient:
    """Return the hospital's patient with this ID and issuer, made when there is none; fill in what was unknown.

    Safe against other processes doing the same (INSERT ... ON CONFLICT DO NOTHING). Known values are never changed
    here: images and orders that contradict each other are for a person to reconcile. The patient may have been merged:
    what is filed goes to survivor_of it.
    """
    key = {"hospital_id": hospital_id, "issuer_of_patient_id": issuer_of_patient_id, "patient_id": patient_id}
    known = {"name": name[:324], "birth_date": birth_date, "sex": sex}
    Patient.objects.bulk_create([Patient(**key, **known)], ignore_conflicts=True)
    patient = Patient.objects.get(**key)
    missing = [field for field, value in known.items() if value and not getattr(patient, field)]
    if missing:
        for field in missing:
            setattr(patient, field, known[field])
        patient.compared_at = None
        patient.save(update_fields=[*missing, "compared_at"])
    return patient


def survivor_of(patient: Patient) -> Patient:
    """Return whose studies and orders the patient's are, and hold that against merges until the transaction ends.

    The rows are locked FOR KEY SHARE, as a foreign key to them would, but now: Django's constraints are deferred to
    the commit, when a merge that has not seen the new study may be through. Filing at once is not hindered by it.
    """
    return _locked_survivor(patient, "key share")


def survivor_to_correct(patient: Patient) -> Patient:
    """Return whose details the patient's are, held against merges and against who files for them.

    A new study either sees the correction, or is there already when the patient's studies are marked as corrected.
    """
    return _locked_survivor(patient, "update")


def _locked_survivor(patient: Patient, strength: str) -> Patient:
    while True:
        root_id = patient.merged_into_id or patient.pk
        locked = Patient.objects.raw(
            f'select * from "archive_patient" where id = any(%s) order by id for {strength}', [[patient.pk, root_id]]
        )
        rows = {row.pk: row for row in locked}
        patient = rows[patient.pk]
        if (patient.merged_into_id or patient.pk) == root_id:
            return rows[root_id]


def owners_of(patient: Patient) -> dict[str, Patient | None]:
    """Return `patient` and `identified_as` of a new study or order that names this patient; held as by survivor_of."""
    survivor = survivor_of(patient)
    return {"patient": survivor, "identified_as": patient if survivor.pk != patient.pk else None}


def was_corrected(patient: Patient) -> bool:
    """Say whether the patient's details were corrected: images that come with the former ones leave with the new."""
    corrections = patient.changes.filter(kind=PatientChange.Kind.DEMOGRAPHICS, undone_at__isnull=True)
    return corrections.exists()


def note_identifiers(patient: Patient, identifiers: Iterable[OtherIdentifier]) -> None:
    """Keep the patient's other numbers; a new one lets records of the same person be looked for again."""
    own = (patient.patient_id, patient.issuer_of_patient_id)
    given = {found for found in identifiers if _is_usable(found) and found[:2] != own}
    if not given:
        return
    known = {
        OtherIdentifier(value, issuer, type_code)
        for value, issuer, type_code in patient.identifiers.values_list("value", "issuer", "type_code")
    }
    fresh = sorted(given - known)[: max(0, MOST_IDENTIFIERS - len(known))]
    if not fresh:
        return
    PatientIdentifier.objects.bulk_create(
        [
            PatientIdentifier(hospital_id=patient.hospital_id, patient=patient, **identifier._asdict())
            for identifier in fresh
        ],
        ignore_conflicts=True,
    )
    Patient.objects.filter(pk=patient.pk).update(compared_at=None)


def _is_usable(identifier: OtherIdentifier) -> bool:
    """Leave out what has no value or would have to be cut: a cut number is somebody else's."""
    return bool(identifier.value) and all(
        len(text) <= most for text, most in zip(identifier, (64, 64, 16), strict=True)
    )


def named_patient(header: InstanceIdentifiers | InstanceHeader) -> tuple[str, str]:
    """Return (issuer, id) as the header has them; an empty ID identifies nobody, so the study stands in for it."""
    if not header.patient_id:
        return ISSUER_OF_THE_UNIDENTIFIED, header.study_instance_uid
    return header.issuer_of_patient_id, header.patient_id


def patient_key(header: InstanceIdentifiers | InstanceHeader, hospital: Any) -> tuple[str, str]:
    """Return (issuer, id), where the header names no issuer the hospital's; raises StudyNotFileable when too long."""
    issuer, patient_id = named_patient(header)
    if len(patient_id) > 64 or len(issuer) > 64:
        raise StudyNotFileable("patient_id_too_long", "PatientID or its issuer has more than 64 characters.")
    return issuer or hospital.issuer_of_patient_id, patient_id


def names_patient_of(study: Study, header: InstanceIdentifiers | InstanceHeader, hospital: Any) -> bool:
    """Say whether the images name the study's patient: whom its first images named, who has it now, or an alias."""
    issuer, patient_id = patient_key(header, hospital)
    for patient in (study.identified_as, study.patient):
        if patient is not None and (issuer, patient_id) == (patient.issuer_of_patient_id, patient.patient_id):
            return True
    aliases = Patient.objects.filter(merged_into__in=(study.patient_id, study.identified_as_id))
    return aliases.filter(issuer_of_patient_id=issuer, patient_id=patient_id).exists()
