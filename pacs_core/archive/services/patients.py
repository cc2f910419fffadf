"""Patients are identified by PatientID with its issuer (PS3.3 C.7.1.1); one statement makes or finds the row."""

from datetime import date

from pacs_core.archive.models import Patient

# PatientID may be empty (type 2). Such patients are never taken for one another: the study is their identity.
ISSUER_OF_THE_UNIDENTIFIED = "MERIDIAN-UNIDENTIFIED"


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
    here: images and orders that contradict each other are for a person to reconcile.
    """
    key = {"hospital_id": hospital_id, "issuer_of_patient_id": issuer_of_patient_id, "patient_id": patient_id}
    known = {"name": name[:324], "birth_date": birth_date, "sex": sex}
    Patient.objects.bulk_create([Patient(**key, **known)], ignore_conflicts=True)
    patient = Patient.objects.get(**key)
    missing = [field for field, value in known.items() if value and not getattr(patient, field)]
    if missing:
        for field in missing:
            setattr(patient, field, known[field])
        patient.save(update_fields=missing)
    return patient
