"""Hospitals: add and change; by code, so that repeating a call changes nothing."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from hospitals.errors import InvalidValue, UnknownHospital
from hospitals.models import Hospital
from pacs_core.access.scopes import Scope, current_scope, open_scope, scope_is_open
from pacs_core.audit.services import record_audit

CHANGEABLE = (
    "name",
    "city",
    "telephone",
    "time_zone",
    "issuer_of_patient_id",
    "issuer_of_accession_number",
    "quiet_seconds",
    "jurisdiction",
    "contract",
    "is_active",
)


def find_hospital(code: str) -> Hospital:
    """Return the hospital with this code; UnknownHospital when there is none."""
    hospital = Hospital.objects.filter(code=code.upper()).first()
    if hospital is None:
        raise UnknownHospital(code)
    return hospital


@transaction.atomic
def add_hospital(*, code: str, **values: Any) -> tuple[Hospital, bool]:
    """Add a hospital, or change the one with this code; return it and whether it is new.

    `values` are CHANGEABLE fields; the issuers default to the code. InvalidValue names the field that is wrong.
    """
    unknown = set(values) - set(CHANGEABLE)
    if unknown:
        raise InvalidValue(unknown.pop(), "is no field of a hospital")
    hospital = Hospital.objects.select_for_update(no_key=True).filter(code=code.upper()).first()
    is_new = hospital is None
    if hospital is None:
        hospital = Hospital(
            code=code.upper(), issuer_of_patient_id=code.upper(), issuer_of_accession_number=code.upper()
        )
    changed = [name for name, value in values.items() if getattr(hospital, name) != value]
    if not is_new and not changed:
        return hospital, False
    for name in changed:
        setattr(hospital, name, values[name])
    try:
        hospital.full_clean()
    except ValidationError as error:
        raise InvalidValue.from_validation(error) from error
    hospital.save()
    with open_scope(_widened(hospital.pk)):
        record_audit(
            action="hospital.added" if is_new else "hospital.changed",
            object_type="hospital",
            object_id=hospital.pk,
            hospital_id=hospital.pk,
            detail={"fields": sorted(changed)},
        )
    return hospital, is_new


def _widened(hospital_id: int) -> Scope:
    """The open scope with one hospital more, since a new hospital is in nobody's scope yet."""
    scope = current_scope() if scope_is_open() else Scope()
    return Scope(scope.hospital_ids | {hospital_id}, scope.principal)
