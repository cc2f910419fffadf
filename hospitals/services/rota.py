"""Privileges and shifts: who may read where, and when."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from hospitals.errors import InvalidValue
from hospitals.models import Hospital, ReadingPrivilege, Shift, User
from pacs_core.audit.services import record_audit


def grant_privilege(
    *, radiologist: User, hospital: Hospital, modality: str = "", valid_until: datetime | None = None
) -> ReadingPrivilege:
    """Let a radiologist read `modality` (empty: any) at a hospital; repeating it renews the end."""
    _must_be_radiologist(radiologist)
    privilege, is_new = ReadingPrivilege.objects.get_or_create(
        radiologist=radiologist, hospital=hospital, modality=modality.upper(), defaults={"valid_until": valid_until}
    )
    if is_new or privilege.valid_until != valid_until:
        privilege.valid_until = valid_until
        privilege.save(update_fields=["valid_until"])
        _audit("privilege.granted", radiologist, hospital)
    return privilege


@transaction.atomic
def withdraw_privilege(*, privilege: ReadingPrivilege) -> None:
    """End a privilege now; assignment and signing check it from this moment on."""
    privilege.valid_until = timezone.now()
    privilege.save(update_fields=["valid_until"])
    _audit("privilege.withdrawn", privilege.radiologist, privilege.hospital)


def add_shift(*, radiologist: User, starts_at: datetime, ends_at: datetime) -> Shift:
    """Add a shift (aware instants, end exclusive); the same start again moves its end."""
    _must_be_radiologist(radiologist)
    shift = Shift.objects.filter(radiologist=radiologist, starts_at=starts_at).first()
    shift = shift or Shift(radiologist=radiologist, starts_at=starts_at)
    shift.ends_at = ends_at
    try:
        shift.full_clean()
    except ValidationError as error:
        raise InvalidValue("ends_at", "must lie after starts_at") from error
    shift.save()
    return shift


def _must_be_radiologist(user: User) -> None:
    if user.role != User.Role.RADIOLOGIST:
        raise InvalidValue("radiologist", f"{user.email} is a {user.get_role_display().lower()}, not a radiologist")


def _audit(action: str, radiologist: User, hospital: Hospital) -> None:
    record_audit(action=action, object_type="user", object_id=radiologist.pk, detail={"hospital_id": hospital.pk})
