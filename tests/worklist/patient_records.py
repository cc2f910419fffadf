"""Records of patients that pages and lists are tried with: a pair, a change, a link, other numbers, a rule."""

from dataclasses import dataclass

from hospitals.models import Hospital
from pacs_core.archive.models import (
    NationalIdentifierRule,
    Patient,
    PatientChange,
    PatientIdentifier,
    PatientLink,
    Study,
)
from pacs_core.archive.services.identity import change_demographics
from tests.story import in_hospital, make_patient, make_study


@dataclass(frozen=True)
class Records:
    patient: Patient
    other: Patient
    others_study: Study
    change: PatientChange
    link: PatientLink
    rule: NationalIdentifierRule


def make_records(hospital: Hospital, patient: Patient | None = None, *, type_code: str = "NI") -> Records:
    """Two records of a hospital that are alike; the first, or the one given, was corrected."""
    patient = patient or make_patient(hospital, name="DOE^JANET")
    other = make_patient(hospital, name="DOE^JANET")
    with in_hospital(hospital):
        change = change_demographics(patient_id=patient.pk, name=f"DOE^JANET {type_code}", reason="typed wrong")
        assert change is not None
        PatientIdentifier.objects.create(hospital=hospital, patient=patient, value=type_code, type_code="NI")
        first, second = sorted((patient, other), key=lambda record: record.pk)
        pair = {"patient": first, "other_patient": second, "hospital": hospital, "other_hospital": hospital}
        link = PatientLink.objects.create(**pair, status="suggested", basis="demographics", reasons=["same_name"])
        rule = NationalIdentifierRule.objects.create(hospital=hospital, scheme="NHS", type_code=type_code)
    return Records(patient, other, make_study(hospital, other), change, link, rule)
