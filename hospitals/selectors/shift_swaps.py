"""What a shift loses when it changes hands."""

from collections.abc import Collection
from datetime import datetime

from hospitals.models import Hospital, ShiftSwap, User
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
    return _lacking(found.get(giver.pk), found.get(taker.pk), _hospitals())


def rights_lacking_in(swaps: Collection[ShiftSwap]) -> dict[int, list[str]]:
    """Return by swap id what each taker lacks, judged when the latest of the shifts begins; eight queries for all."""
    taken = [swap for swap in swaps if swap.status == ShiftSwap.Status.TAKEN]
    if not taken:
        return {}
    people = {pk for swap in taken for pk in (swap.offered_by_id, swap.taken_by_id)}
    found = reading_rights_at(max(swap.shift.starts_at for swap in taken), radiologist_ids=people)
    places = _hospitals()
    return {swap.pk: _lacking(found.get(swap.offered_by_id), found.get(swap.taken_by_id), places) for swap in taken}


def _lacking(given: ReadingRights | None, taken: ReadingRights | None, places: list[Hospital]) -> list[str]:
    if given is None or taken is None:
        return []
    lacking = [
        f"{place.code}: {bar}"
        for place in places
        if place.code in given.credentials
        for bar in _bars(given, taken, place)
    ]
    missing = sorted(given.subspecialties - taken.subspecialties)
    if missing:
        lacking.append(f"does not read {', '.join(missing)}")
    if taken.maximum_open_items == NO_PROFILE_CAP:
        lacking.append("no work may wait for this reader")
    if taken.is_resident and not given.is_resident:
        lacking.append("is a resident: an attending radiologist has to sign")
    return lacking


def _bars(given: ReadingRights, taken: ReadingRights, place: Hospital) -> list[str]:
    if place.code not in taken.credentials:
        return ["no credential"]
    bars = set()
    if not licence_bar(given, place.jurisdiction) and (bar := licence_bar(taken, place.jurisdiction)):
        bars.add(bar)
    for _code, modality, special in (right for right in given.privileges if right[0] == place.code):
        bars.add(privilege_bar(taken, place.code, [modality] if modality else [], special))
    return sorted(bar[:1].lower() + bar[1:].replace(f" at {place.code}", "") for bar in bars if bar)


def _hospitals() -> list[Hospital]:
    return list(Hospital.objects.filter(is_active=True).order_by("code"))
