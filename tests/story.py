"""The story's places, people and studies; short makers with sensible defaults for arranging a test.

Makers open the scope they need, so they work inside and outside of an open scope. `see_all()` is the scope for
arranging and asserting over every hospital that exists when it is opened.
"""

import itertools
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from hospitals.models import Credential, Hospital, Membership, RadiologistProfile, ReadingPrivilege, Shift, User
from hospitals.selectors.scopes import scope_of_user
from pacs_core.access.scopes import Scope, all_hospitals_scope, hospital_scope, open_scope
from pacs_core.archive.models import Instance, Patient, Series, Study
from pacs_core.network.models import Node
from worklist.models import Order, WorklistItem

PASSWORD = "correct horse battery"
_serial = itertools.count(1)


def see_all() -> AbstractContextManager[Scope]:
    return open_scope(all_hospitals_scope(process="test"))


def in_hospital(hospital: Hospital) -> AbstractContextManager[Scope]:
    return open_scope(hospital_scope(process="test", hospital_id=hospital.pk))


def as_user(user: User) -> AbstractContextManager[Scope]:
    return open_scope(scope_of_user(user))


def make_hospital(code: str = "NORTH", **fields: Any) -> Hospital:
    values: dict[str, Any] = {
        "name": f"{code.title()} Hospital",
        "time_zone": "Europe/Berlin",
        "issuer_of_patient_id": code,
        "issuer_of_accession_number": code,
        "quiet_seconds": 1,
    }
    return Hospital.objects.create(code=code, **(values | fields))


def make_node(hospital: Hospital, ae_title: str = "NORTH_CT", **fields: Any) -> Node:
    return Node.objects.create(hospital=hospital, ae_title=ae_title, **({"may_store": True} | fields))


def make_user(role: str, *hospitals: Hospital, email: str = "", **fields: Any) -> User:
    number = next(_serial)
    user = User.objects.create_user(
        email or f"{role}.{number}@example.org",
        PASSWORD,
        **({"name": f"Dr. {role.title()} {number}", "role": role} | fields),
    )
    for hospital in hospitals:
        Membership.objects.create(user=user, hospital=hospital)
    return user


def make_radiologist(
    *hospitals: Hospital,
    email: str = "",
    subspecialties: tuple[str, ...] = ("neuro", "body", "chest", "musculoskeletal"),
    on_shift: bool = True,
    maximum_open_items: int = 20,
    **fields: Any,
) -> User:
    """A radiologist who may read everything at the hospitals, on shift now unless told otherwise."""
    user = make_user("radiologist", *hospitals, email=email, **fields)
    RadiologistProfile.objects.create(
        user=user, subspecialties=list(subspecialties), maximum_open_items=maximum_open_items, site_of_reading="Home"
    )
    for hospital in hospitals:
        admit(user, hospital)
    if on_shift:
        now = timezone.now()
        Shift.objects.create(radiologist=user, starts_at=now - timedelta(hours=2), ends_at=now + timedelta(hours=6))
    return user


def admit(radiologist: User, hospital: Hospital) -> None:
    """Let a radiologist read everything at one hospital more."""
    Credential.objects.create(radiologist=radiologist, hospital=hospital)
    ReadingPrivilege.objects.create(radiologist=radiologist, hospital=hospital)


def make_patient(hospital: Hospital, **fields: Any) -> Patient:
    number = next(_serial)
    values: dict[str, Any] = {
        "patient_id": f"P{number:06}",
        "issuer_of_patient_id": hospital.issuer_of_patient_id,
        "name": f"DOE^JANE{number}",
        "birth_date": date(1970, 1, 2),
        "sex": "F",
    }
    with in_hospital(hospital):
        return Patient.objects.create(hospital=hospital, **(values | fields))


def make_study(hospital: Hospital, patient: Patient | None = None, *, instances: int = 1, **fields: Any) -> Study:
    """A study with one series whose instances have rows but no files."""
    number = next(_serial)
    values: dict[str, Any] = {
        "study_instance_uid": f"2.25.100{number}",
        "accession_number": f"A{number:06}",
        "issuer_of_accession_number": hospital.issuer_of_accession_number,
        "study_at": timezone.now(),
        "description": "CT head",
        "modalities": ["CT"],
        "body_part": "HEAD",
        "number_of_series": 1,
        "number_of_instances": instances,
    }
    patient = patient or make_patient(hospital)
    with in_hospital(hospital):
        study = Study.objects.create(hospital=hospital, patient=patient, **(values | fields))
        series = Series.objects.create(
            hospital=hospital,
            study=study,
            series_instance_uid=f"{study.study_instance_uid}.1",
            modality=study.modalities[0],
            series_number=1,
            number_of_instances=instances,
        )
        for position in range(1, instances + 1):
            _make_instance(hospital, series, position)
    return study


def _make_instance(hospital: Hospital, series: Series, position: int) -> Instance:
    return Instance.objects.create(
        hospital=hospital,
        series=series,
        sop_instance_uid=f"{series.series_instance_uid}.{position}",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        instance_number=position,
        file_path=f"absent/{position}",
        size_bytes=1,
        sha256="0" * 64,
        metadata={},
        received_at=timezone.now(),
    )


def make_order(hospital: Hospital, patient: Patient | None = None, **fields: Any) -> Order:
    number = next(_serial)
    values: dict[str, Any] = {
        "accession_number": f"A{number:06}",
        "issuer_of_accession_number": hospital.issuer_of_accession_number,
        "procedure_code": "CTHEAD",
        "procedure_description": "CT head without contrast",
        "modality": "CT",
        "body_part": "HEAD",
        "clinical_information": "Sudden left-sided weakness",
    }
    patient = patient or make_patient(hospital)
    with in_hospital(hospital):
        return Order.objects.create(hospital=hospital, patient=patient, **(values | fields))


def make_item(
    hospital: Hospital, study: Study | None = None, order: Order | None = None, **fields: Any
) -> WorklistItem:
    """An unassigned routine item whose service level ends in a day."""
    study = study or make_study(hospital, order.patient if order else None)
    values: dict[str, Any] = {"service_level_minutes": 1440, "deadline_at": timezone.now() + timedelta(days=1)}
    with in_hospital(hospital):
        return WorklistItem.objects.create(hospital=hospital, study=study, order=order, **(values | fields))
