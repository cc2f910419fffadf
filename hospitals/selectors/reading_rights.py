"""Who may read what at an instant: licences, credentials, privileges, exclusions, groups and caps of radiologists."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, Model, OuterRef, QuerySet

from hospitals.models import Credential, Exclusion, Licence, Membership, ReaderGroup, ReadingPrivilege, User
from hospitals.models.reading import valid_at

NO_PROFILE_CAP = 0


@dataclass(frozen=True)
class ReadingRights:
    """What a radiologist may read at an instant, and how much may wait for one.

    `privileges` are (hospital code, modality, subspecialty), "" for any; `credentials` hospital codes, only where a
    membership runs too; `licences` jurisdictions; `exclusions` (hospital code, modality, subspecialty, reason), ""
    for any. A cap of None is no cap.
    """

    privileges: frozenset[tuple[str, str, str]] = frozenset()
    credentials: frozenset[str] = frozenset()
    licences: frozenset[str] = frozenset()
    jurisdiction_of_reading: str = ""
    exclusions: tuple[tuple[str, str, str, str], ...] = ()
    groups: frozenset[str] = frozenset()
    maximum_open_items: int = NO_PROFILE_CAP
    maximum_open_minutes: int | None = None
    maximum_relative_value_per_shift: float | None = None
    is_resident: bool = False
    subspecialties: frozenset[str] = frozenset()


def reading_rights_at(now: datetime, *, radiologist_ids: Collection[int] | None = None) -> dict[int, ReadingRights]:
    """Return the rights at `now` of all active radiologists, or of those named, in seven queries.

    Hospitals count, licences too, whatever the open scope: a reader's rights do not depend on who looks.
    """
    users = User.objects.filter(role=User.Role.RADIOLOGIST, is_active=True).select_related("radiologist_profile")
    if radiologist_ids is not None:
        users = users.filter(pk__in=radiologist_ids)
    people = list(users.order_by("pk"))
    valid = valid_at(now)
    runs = Membership.objects.filter(valid, user=OuterRef("radiologist"), hospital=OuterRef("hospital"))
    credentials = Credential.objects.filter(valid, Exists(runs), hospital__is_active=True)
    privileges = _by_radiologist(
        ReadingPrivilege.objects.filter(valid), radiologist_ids, "hospital__code", "modality", "subspecialty"
    )
    admitted = _by_radiologist(credentials, radiologist_ids, "hospital__code")
    licences = _by_radiologist(Licence.objects.filter(valid), radiologist_ids, "jurisdiction")
    exclusions = _by_radiologist(
        Exclusion.objects.filter(valid), radiologist_ids, "hospital__code", "modality", "subspecialty", "reason"
    )
    groups = groups_by_member(radiologist_ids)
    return {
        user.pk: ReadingRights(
            privileges=frozenset(privileges[user.pk]),
            credentials=frozenset(code for (code,) in admitted[user.pk]),
            licences=frozenset(place for (place,) in licences[user.pk]),
            exclusions=tuple(sorted((code or "", *others) for code, *others in exclusions[user.pk])),
            groups=frozenset(groups[user.pk]),
            **rights_of_profile(user),
        )
        for user in people
    }


def rights_of(user: User, now: datetime) -> ReadingRights | None:
    """Return one person's rights at `now`, None unless an active radiologist."""
    return reading_rights_at(now, radiologist_ids=[user.pk]).get(user.pk)


def first_bar(
    rights: ReadingRights, *, hospital_code: str, jurisdiction: str, modalities: Iterable[str], subspecialty: str
) -> str:
    """Return the first reason why the reader may not read an examination, in words; "" when nothing bars.

    In the order in which a medical staff office asks: licence where the patient is, licence where the reader sits,
    credential, privilege, exclusion. An empty jurisdiction asks for no licence; an empty subspecialty is not known yet
    (the procedure is not mapped) and asks for no privilege of its own.
    """
    kinds = sorted(set(modalities))
    return (
        licence_bar(rights, jurisdiction)
        or ("" if hospital_code in rights.credentials else f"No credential at {hospital_code}")
        or privilege_bar(rights, hospital_code, kinds, subspecialty)
        or _exclusion_bar(rights, hospital_code, kinds, subspecialty)
    )


def licence_bar(rights: ReadingRights, jurisdiction: str) -> str:
    """Name the licence that is missing, where the patient is first; "" when none is."""
    if jurisdiction and jurisdiction not in rights.licences:
        return f"No licence for {jurisdiction}"
    sits = rights.jurisdiction_of_reading
    return f"No licence where the reader sits ({sits})" if sits and sits not in rights.licences else ""


def privilege_bar(rights: ReadingRights, hospital_code: str, modalities: Collection[str], subspecialty: str) -> str:
    """Name the privilege that is missing; each modality needs one that covers it with the subspecialty."""
    here = [(modality, special) for code, modality, special in rights.privileges if code == hospital_code]
    if not here:
        return f"No reading privilege at {hospital_code}"
    for wanted in modalities or ("",):
        covering = [special for modality, special in here if modality in ("", wanted) or not wanted]
        if not covering:
            return f"No privilege for {wanted} at {hospital_code}"
        if subspecialty and not {"", subspecialty} & set(covering):
            return f"No privilege for {subspecialty} at {hospital_code}"
    return ""


def _exclusion_bar(rights: ReadingRights, hospital_code: str, modalities: Collection[str], subspecialty: str) -> str:
    for code, modality, special, reason in rights.exclusions:
        is_covered = code in ("", hospital_code) and special in ("", subspecialty)
        if is_covered and (not modality or modality in modalities):
            return f"Excluded: {reason}"
    return ""


def _by_radiologist(
    rows: QuerySet[Any], radiologist_ids: Collection[int] | None, *fields: str
) -> dict[int, list[tuple[Any, ...]]]:
    if radiologist_ids is not None:
        rows = rows.filter(radiologist__in=radiologist_ids)
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for radiologist_id, *values in rows.values_list("radiologist_id", *fields):
        found[radiologist_id].append(tuple(values))
    return found


def groups_by_member(radiologist_ids: Collection[int] | None) -> dict[int, set[str]]:
    """Return the names of each member's reader groups, of all members or of those named."""
    rows = ReaderGroup.objects.filter(members__isnull=False)
    if radiologist_ids is not None:
        rows = rows.filter(members__in=radiologist_ids)
    found: dict[int, set[str]] = defaultdict(set)
    for user_id, name in rows.annotate(member=F("members")).values_list("member", "name"):
        found[user_id].add(name)
    return found


def rights_of_profile(user: User) -> dict[str, Any]:
    """Return what the profile says; without a profile nothing may wait for the reader."""
    profile: Model | None = getattr(user, "radiologist_profile", None)
    if profile is None:
        return {}
    return {
        "jurisdiction_of_reading": profile.jurisdiction_of_reading,
        "maximum_open_items": profile.maximum_open_items,
        "maximum_open_minutes": profile.maximum_open_minutes,
        "maximum_relative_value_per_shift": profile.maximum_relative_value_per_shift,
        "is_resident": profile.is_resident,
        "subspecialties": frozenset(profile.subspecialties),
    }
