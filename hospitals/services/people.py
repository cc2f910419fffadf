"""People: accounts, roles, memberships, machine tokens."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from knox.models import AuthToken

from hospitals.errors import InvalidValue, UnknownPerson
from hospitals.models import Hospital, Membership, ReferringPhysicianIdentifier, User
from hospitals.models.hospital import time_zone_names
from hospitals.services.directory import find_hospital
from hospitals.services.reader_profile import set_reader_profile
from pacs_core.access.scopes import current_scope, scope_is_open
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event

CHANGEABLE = ("name", "role", "time_zone", "telephone", "is_active", "is_demonstration")


def find_person(email: str) -> User:
    """Return the account of a mail address, in whatever case; UnknownPerson when there is none."""
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        raise UnknownPerson(email)
    return user


@transaction.atomic
def add_user(
    *,
    email: str,
    hospital_codes: Iterable[str] = (),
    password: str | None = None,
    subspecialties: Iterable[str] | None = None,
    maximum_open_items: int | None = None,
    reading: Mapping[str, Any] | None = None,
    **values: Any,
) -> tuple[User, bool]:
    """Add an account, or change the one with this address; return it and whether it is new.

    Memberships are added, never taken away. Without a password a new account cannot sign in until one is set.
    `subspecialties`, `maximum_open_items` and `reading` (fields of services.reader_profile) are a radiologist's; what
    is not given stays. InvalidValue names the field.
    """
    unknown = set(values) - set(CHANGEABLE)
    if unknown:
        raise InvalidValue(unknown.pop(), "is no field of a person")
    hospitals = [find_hospital(code) for code in hospital_codes]
    user = User.objects.select_for_update(no_key=True).filter(email=email.lower()).first()
    is_new = user is None
    if user is None:
        user = User(email=email.lower())
        user.set_unusable_password()
    changed = {name for name, value in values.items() if getattr(user, name) != value}
    if not is_new:
        _refuse_locking_oneself_out(user, values)
    for name in changed:
        setattr(user, name, values[name])
    _clean(user)
    if password is not None and (is_new or not user.check_password(password)):
        _set_password(user, password, validate=not user.is_demonstration)
        changed.add("password")
    if is_new or changed:
        user.save()
    joined = _join(user, hospitals)
    changed |= set_reader_profile(
        user=user, subspecialties=subspecialties, maximum_open_items=maximum_open_items, **(reading or {})
    )
    if is_new or changed or joined:
        record_audit(
            action="person.added" if is_new else "person.changed",
            object_type="user",
            object_id=user.pk,
            detail={"fields": sorted(changed), "hospitals": joined},
        )
        announce_access_change(user)
    return user, is_new


@transaction.atomic
def end_membership(*, user: User, hospital: Hospital) -> None:
    """Take a person's access to a hospital away from now on; open screens lose it too."""
    now = timezone.now()
    running = Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    if Membership.objects.filter(running, user=user, hospital=hospital).update(valid_until=now):
        record_audit(action="membership.ended", object_type="user", object_id=user.pk, hospital_id=hospital.pk)
        announce_access_change(user)


@transaction.atomic
def set_referring_identifier(*, user: User, hospital: Hospital, identifier: str) -> None:
    """Say by which number a hospital's orders name a referring physician (HL7 OBR-16.1); empty takes it away."""
    if user.role != User.Role.REFERRING_PHYSICIAN:
        raise InvalidValue("identifier", f"{user.email} is no referring physician")
    identifier = identifier.strip()
    known = ReferringPhysicianIdentifier.objects.filter(user=user, hospital=hospital)
    if list(known.values_list("identifier", flat=True)) == ([identifier] if identifier else []):
        return
    known.delete()
    try:
        with transaction.atomic():
            if identifier:
                ReferringPhysicianIdentifier.objects.create(user=user, hospital=hospital, identifier=identifier)
    except IntegrityError as error:
        taken = f"{identifier!r} names another person at {hospital.code}. Maybe take it from that person first."
        raise InvalidValue("identifier", taken) from error
    record_audit(action="referring_identifier.changed", object_type="user", object_id=user.pk, hospital_id=hospital.pk)


@transaction.atomic
def create_token(*, email: str) -> str:
    """Make a token for machines that act as this person; only its digest is kept, so it is shown once."""
    user = find_person(email)
    _token, text = cast("tuple[AuthToken, str]", AuthToken.objects.create(user=user))
    record_audit(action="token.created", object_type="user", object_id=user.pk)
    return text


@transaction.atomic
def revoke_tokens(*, user: User) -> int:
    """End every token of a person; return how many there were."""
    count, _by_model = AuthToken.objects.filter(user=user).delete()
    record_audit(action="token.revoked", object_type="user", object_id=user.pk, detail={"count": count})
    return count


def announce_access_change(user: User) -> None:
    """Tell the person's open sockets to check again what they may see."""
    emit_event("AccessChanged", hospital_id=None, user_ids=[user.pk])


def new_password() -> str:
    """Return a password to hand over once, 20 characters."""
    return secrets.token_urlsafe(15)


def _clean(user: User) -> None:
    try:
        user.full_clean(exclude=["password"])
        if user.time_zone not in time_zone_names():
            raise InvalidValue("time_zone", f"{user.time_zone!r} is no IANA time zone. Maybe Europe/Berlin.")
    except ValidationError as error:
        raise InvalidValue.from_validation(error) from error


def _set_password(user: User, password: str, *, validate: bool) -> None:
    try:
        if validate:
            validate_password(password, user)
    except ValidationError as error:
        raise InvalidValue("password", " ".join(error.messages)) from error
    user.set_password(password)


def _join(user: User, hospitals: list[Hospital]) -> list[int]:
    joined = []
    for hospital in hospitals:
        membership, is_new = Membership.objects.get_or_create(user=user, hospital=hospital)
        if not is_new and membership.valid_until is not None and membership.valid_until <= timezone.now():
            membership.valid_until = None
            membership.save(update_fields=["valid_until"])
            is_new = True
        if is_new:
            joined.append(hospital.pk)
    return joined


def _refuse_locking_oneself_out(user: User, values: dict[str, Any]) -> None:
    """Nobody takes away their own access by mistake; another administrator may."""
    if not scope_is_open() or current_scope().principal.user_id != user.pk:
        return
    if values.get("is_active") is False:
        raise InvalidValue("is_active", "You cannot lock yourself out. Maybe ask another administrator.")
    if values.get("role", user.role) != user.role:
        raise InvalidValue("role", "You cannot change your own role. Maybe ask another administrator.")
