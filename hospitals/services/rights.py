"""Who may read: grant, renew and end licences, credentials, privileges and exclusions; each step audited.

A right is named by its key (the radiologist with the hospital, the jurisdiction, the modality, ...): granting it again
renews it, with new dates. Whatever changes is told as ReadingRightsChanged, so that the plan follows at once.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from hospitals.errors import InvalidValue
from hospitals.models import Credential, Exclusion, Hospital, Licence, Membership, ReadingPrivilege, User
from hospitals.models.reading import SUBSPECIALTIES, ValidForATime
from pacs_core.access.scopes import current_scope, scope_is_open
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event

Right = Licence | Credential | ReadingPrivilege | Exclusion
KINDS: dict[type[ValidForATime], str] = {
    Licence: "licence",
    Credential: "credential",
    ReadingPrivilege: "privilege",
    Exclusion: "exclusion",
}


def kind_of(right: Right) -> str:
    """Return licence, credential, privilege or exclusion."""
    return KINDS[type(right)]


@transaction.atomic
def grant_licence(
    *,
    radiologist: User,
    jurisdiction: str,
    number: str = "",
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> Licence:
    """Note a licence to practise; repeating it renews it, keeping the number when none is given."""
    key = {"radiologist": radiologist, "jurisdiction": jurisdiction.strip().upper()}
    values = {"number": number.strip()} if number.strip() else {}
    return _granted(Licence, key, valid_from=valid_from, valid_until=valid_until, **values)


@transaction.atomic
def grant_credential(
    *,
    radiologist: User,
    hospital: Hospital,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> Credential:
    """Note that a hospital's medical staff office has admitted the radiologist; repeating it renews it."""
    key = {"radiologist": radiologist, "hospital": hospital}
    return _granted(Credential, key, valid_from=valid_from, valid_until=valid_until)


@transaction.atomic
def grant_privilege(
    *,
    radiologist: User,
    hospital: Hospital,
    modality: str = "",
    subspecialty: str = "",
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> ReadingPrivilege:
    """Let a radiologist read `modality` and `subspecialty` (empty: any) at a hospital; repeating it renews it."""
    _check_subspecialty(subspecialty)
    key = {
        "radiologist": radiologist,
        "hospital": hospital,
        "modality": modality.strip().upper(),
        "subspecialty": subspecialty,
    }
    return _granted(ReadingPrivilege, key, valid_from=valid_from, valid_until=valid_until)


@transaction.atomic
def exclude_reader(
    *,
    radiologist: User,
    reason: str,
    hospital: Hospital | None = None,
    modality: str = "",
    subspecialty: str = "",
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> Exclusion:
    """Keep work from a radiologist, whatever else would allow it; an empty field means any."""
    _check_subspecialty(subspecialty)
    if not reason.strip():
        raise InvalidValue("reason", "is needed: it is what people read when they ask why not this reader")
    key = {
        "radiologist": radiologist,
        "hospital": hospital,
        "modality": modality.strip().upper(),
        "subspecialty": subspecialty,
        "reason": reason.strip(),
    }
    return _granted(Exclusion, key, valid_from=valid_from, valid_until=valid_until)


@transaction.atomic
def renew_right(*, right: Right, valid_until: datetime | None) -> Right:
    """Let a right hold until another instant (None: without end); one that had ended begins again now."""
    right = _locked(right)
    now = timezone.now()
    if valid_until is not None and valid_until <= now:
        raise InvalidValue("valid_until", "lies in the past. Maybe end it instead.")
    if right.valid_until is not None and right.valid_until <= now:
        right.valid_from = now
    right.valid_until, right.withdrawn_at = valid_until, None
    _save(right, "renewed")
    return right


@transaction.atomic
def end_right(*, right: Right) -> Right:
    """End a right now; assignment, claiming and signing look at it from this moment on. Ended already: no change."""
    right = _locked(right)
    now = timezone.now()
    if right.valid_until is not None and right.valid_until <= now:
        return right
    right.valid_until = right.withdrawn_at = now
    _save(right, "withdrawn")
    return right


def announce_reading_rights(radiologist_ids: Iterable[int], *, hospital_id: int | None = None) -> None:
    """Tell the plan that readers may read more or less, at one hospital or at all of theirs in the open scope."""
    members = Membership.objects.filter(user__in=set(radiologist_ids))
    if hospital_id is not None:
        members = members.filter(hospital=hospital_id)
    elif scope_is_open():
        members = members.filter(hospital__in=current_scope().hospital_ids)
    for user_id, member_of in members.order_by("hospital_id", "user_id").values_list("user_id", "hospital_id"):
        emit_event("ReadingRightsChanged", hospital_id=member_of, radiologist_id=user_id)


def must_be_radiologist(user: User) -> None:
    if user.role != User.Role.RADIOLOGIST:
        raise InvalidValue("radiologist", f"{user.email} is a {user.get_role_display().lower()}, not a radiologist")


def _granted(
    model: type[Any],
    key: dict[str, Any],
    *,
    valid_from: datetime | None,
    valid_until: datetime | None,
    **values: Any,
) -> Any:
    """Return the right of this key with these dates; the same dates again write nothing."""
    must_be_radiologist(key["radiologist"])
    now = timezone.now()
    right = model.objects.select_for_update(no_key=True).filter(**key).order_by("pk").first()
    verb = "granted" if right is None else "renewed"
    if right is None:
        right = model(**key, valid_from=valid_from or now)
    elif _is_unchanged(right, valid_from, valid_until, values, now):
        return right
    elif valid_from is not None or (right.valid_until is not None and right.valid_until <= now):
        right.valid_from = valid_from or now
    right.valid_until, right.withdrawn_at = valid_until, None
    for name, value in values.items():
        setattr(right, name, value)
    _save(right, verb)
    return right


def _is_unchanged(
    right: Right, valid_from: datetime | None, valid_until: datetime | None, values: dict[str, Any], now: datetime
) -> bool:
    if (valid_from is not None and right.valid_from != valid_from) or right.valid_until != valid_until:
        return False
    return right.withdrawn_at is None and all(getattr(right, name) == value for name, value in values.items())


def _locked(right: Right) -> Any:
    return type(right).objects.select_for_update(no_key=True, of=("self",)).get(pk=right.pk)


def _save(right: Right, verb: str) -> None:
    """Check and write a right, with the audit entry (ids and dates only) and the event."""
    if right.valid_until is not None and right.valid_until <= right.valid_from and right.withdrawn_at is None:
        raise InvalidValue("valid_until", "must lie after the first day")
    try:
        right.clean_fields()
    except ValidationError as error:
        raise InvalidValue.from_validation(error) from error
    if right.valid_until is not None and right.valid_until < right.valid_from:
        right.valid_from = right.valid_until  # withdrawn before it began
    right.save()
    hospital_id = getattr(right, "hospital_id", None)
    kind = kind_of(right)
    record_audit(
        action=f"{kind}.{verb}",
        object_type="user",
        object_id=right.radiologist_id,
        hospital_id=hospital_id,
        detail={
            f"{kind}_id": right.pk,
            "from": right.valid_from.isoformat(),
            "until": right.valid_until.isoformat() if right.valid_until else "open",
        },
    )
    announce_reading_rights([right.radiologist_id], hospital_id=hospital_id)


def _check_subspecialty(name: str) -> None:
    if name and name not in SUBSPECIALTIES:
        raise InvalidValue("subspecialty", f"{name!r} is unknown. Maybe one of {', '.join(SUBSPECIALTIES)}.")
