"""What only a radiologist has: subspecialties, caps, and where the reading happens."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from hospitals.errors import InvalidValue
from hospitals.models import RadiologistProfile, User
from hospitals.models.reading import SUBSPECIALTIES
from hospitals.services.rights import announce_reading_rights

MOST_OPEN_ITEMS = 500
MOST_OPEN_MINUTES = 7 * 24 * 60
MOST_RELATIVE_VALUE = 1000.0
READING_FIELDS = (
    "maximum_open_minutes",
    "maximum_relative_value_per_shift",
    "site_of_reading",
    "jurisdiction_of_reading",
    "is_resident",
)
_CAPS = (
    ("maximum_open_items", MOST_OPEN_ITEMS),
    ("maximum_open_minutes", MOST_OPEN_MINUTES),
    ("maximum_relative_value_per_shift", MOST_RELATIVE_VALUE),
)


def set_reader_profile(
    *,
    user: User,
    subspecialties: Iterable[str] | None = None,
    maximum_open_items: int | None = None,
    **reading: Any,
) -> set[str]:
    """Write a radiologist's profile in the caller's transaction; return the names of what changed.

    `reading` are READING_FIELDS; a cap of None there lifts it. The plan is told of a change. InvalidValue names the
    field.
    """
    if user.role != User.Role.RADIOLOGIST:
        return set()
    unknown = set(reading) - set(READING_FIELDS)
    if unknown:
        raise InvalidValue(unknown.pop(), "is no field of a radiologist")
    profile, _ = RadiologistProfile.objects.get_or_create(user=user)
    wanted = dict(reading)
    if subspecialties is not None:
        wanted["subspecialties"] = _known(subspecialties)
    if maximum_open_items is not None:
        wanted["maximum_open_items"] = maximum_open_items
    if wanted.get("jurisdiction_of_reading"):
        wanted["jurisdiction_of_reading"] = wanted["jurisdiction_of_reading"].strip().upper()
    changed = {name for name, value in wanted.items() if getattr(profile, name) != value}
    for name in changed:
        setattr(profile, name, wanted[name])
    _check(profile, changed)
    if changed:
        profile.save(update_fields=sorted(changed))
        announce_reading_rights([user.pk])
    return changed


def _known(subspecialties: Iterable[str]) -> list[str]:
    names = list(subspecialties)
    for name in names:
        if name not in SUBSPECIALTIES:
            raise InvalidValue("subspecialties", f"{name!r} is unknown. Maybe one of {', '.join(SUBSPECIALTIES)}.")
    return names


def _check(profile: RadiologistProfile, changed: set[str]) -> None:
    for name, most in _CAPS:
        value = getattr(profile, name)
        if name in changed and value is not None and not 1 <= value <= most:
            raise InvalidValue(name, f"must lie between 1 and {most:g}")
    try:
        profile.clean_fields(exclude=["user", "subspecialties"])
    except ValidationError as error:
        raise InvalidValue.from_validation(error) from error
