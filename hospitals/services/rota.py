"""Privileges and shifts: who may read where, and when."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from hospitals.errors import InvalidValue
from hospitals.models import Hospital, ReadingPrivilege, Shift, User
from pacs_core.audit.services import record_audit

# Longer is a slip of the keyboard, not a shift.
LONGEST_SHIFT = timedelta(hours=36)


@transaction.atomic
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


@transaction.atomic
def add_shift(*, radiologist: User, starts_at: datetime, ends_at: datetime) -> Shift:
    """Add a shift (aware instants, end exclusive); the same start again moves its end."""
    _must_be_radiologist(radiologist)
    shift = Shift.objects.filter(radiologist=radiologist, starts_at=starts_at).first()
    if shift is not None and shift.ends_at == ends_at:
        return shift
    shift = shift or Shift(radiologist=radiologist, starts_at=starts_at)
    shift.ends_at = ends_at
    if not timedelta(0) < ends_at - starts_at <= LONGEST_SHIFT:
        hours = int(LONGEST_SHIFT.total_seconds() // 3600)
        raise InvalidValue("ends_at", f"must lie after starts_at, at most {hours} hours later")
    shift.save()
    record_audit(action="shift.added", object_type="user", object_id=radiologist.pk, detail={"shift_id": shift.pk})
    return shift


@transaction.atomic
def remove_shift(*, shift: Shift) -> None:
    """Take a shift out of the rota; assignment counts the radiologist as off shift from now on."""
    record_audit(
        action="shift.removed", object_type="user", object_id=shift.radiologist_id, detail={"shift_id": shift.pk}
    )
    shift.delete()


def _must_be_radiologist(user: User) -> None:
    if user.role != User.Role.RADIOLOGIST:
        raise InvalidValue("radiologist", f"{user.email} is a {user.get_role_display().lower()}, not a radiologist")


def _audit(action: str, radiologist: User, hospital: Hospital) -> None:
    record_audit(action=action, object_type="user", object_id=radiologist.pk, hospital_id=hospital.pk)
