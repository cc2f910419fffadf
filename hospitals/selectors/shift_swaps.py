"""What a shift loses when it changes hands."""

from datetime import datetime

from hospitals.models import Hospital, User
from hospitals.selectors.reading_rights import (
    NO_PROFILE_CAP,
    ReadingRights,
    licence_bar,
    privilege_bar,
    reading_rights_at,
)


def rights_lacking(*, giver: User, taker: User, at: datetime) -> list[str]:
    """Return in words what the giver may read at `at` and the taker may not, hospital by hospital; [] for nothing.

    A coordinator is warned by it: the engine gives the taker none of that work.
    """
    found = reading_rights_at(at, radiologist_ids=[giver.pk, taker.pk])
    given, taken = found.get(giver.pk), found.get(taker.pk)
    if given is None or taken is None:
        return []
    lacking = [
        f"{place.code}: {bar}"
        for place in Hospital.objects.filter(code__in=given.credentials, is_active=True).order_by("code")
        for bar in _bars(given, taken, place)
    ]
    missing = sorted(given.subspecialties - taken.subspecialties)
    if missing:
        lacking.append(f"Does not read {', '.join(missing)}")
    if taken.maximum_open_items == NO_PROFILE_CAP:
        lacking.append("No work may wait for this reader")
    if taken.is_resident and not given.is_resident:
        lacking.append("Is a resident: an attending radiologist has to sign")
    return lacking


def _bars(given: ReadingRights, taken: ReadingRights, place: Hospital) -> list[str]:
    bars = []
    if place.code not in taken.credentials:
        return ["no credential"]
    if not licence_bar(given, place.jurisdiction) and (bar := licence_bar(taken, place.jurisdiction)):
        bars.append(_lower(bar))
    for _code, modality, special in sorted(right for right in given.privileges if right[0] == place.code):
        bar = privilege_bar(taken, place.code, [modality] if modality else [], special)
        if bar:
            bars.append(_lower(bar.replace(f" at {place.code}", "")))
    return sorted(set(bars))


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
