"""Rights that lapse soon, or lapsed by their date, and what they bar."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from hospitals.models import Credential, Hospital, Licence, Membership, ReadingPrivilege, Shift, User
from hospitals.models.reading import valid_at
from pacs_core.access.scopes import current_scope

WARNED_WITHIN_DAYS = 30
# A right that lapsed longer ago is no news.
SHOWN_AFTER_DAYS = 30


@dataclass(frozen=True)
class LapsingRight:
    """One right with the instant of its end; `hospitals` are those of the open scope where the end bars the reader.

    `shifts_after` counts the shifts planned to end after it.
    """

    kind: str
    right_id: int
    radiologist: User
    words: str
    valid_until: datetime
    is_lapsed: bool
    hospitals: tuple[Hospital, ...] = ()
    shifts_after: int = 0


def lapsing_rights(now: datetime, within_days: int = WARNED_WITHIN_DAYS) -> list[LapsingRight]:
    """Return what lapses within `within_days` or has lapsed lately, by its end, over the open scope's hospitals.

    What a person withdrew is left out, and so is a privilege that another one of the reader covers for longer.
    """
    start, end = now - timedelta(days=SHOWN_AFTER_DAYS), now + timedelta(days=within_days)
    ending = Q(valid_until__gt=start, valid_until__lte=end, withdrawn_at__isnull=True, radiologist__is_active=True)
    places = list(Hospital.objects.filter(pk__in=current_scope().hospital_ids, is_active=True).order_by("code"))
    found = [
        *_licences(ending, now, places),
        *_credentials(ending, now, places),
        *_privileges(ending, now, places),
    ]
    shifts = _shift_ends(now, {right.radiologist.pk for right in found})
    found = [
        replace(right, shifts_after=sum(at > right.valid_until for at in shifts[right.radiologist.pk]))
        for right in found
    ]
    return sorted(found, key=lambda right: (right.valid_until, right.radiologist.name, right.kind, right.right_id))


def _licences(ending: Q, now: datetime, places: list[Hospital]) -> Iterable[LapsingRight]:
    """A licence bars at the hospitals of its jurisdiction, at all where the reader sits in it."""
    member = Membership.objects.filter(valid_at(now), user=OuterRef("radiologist"), hospital__in=places)
    rows = list(
        Licence.objects.filter(ending, Exists(member)).select_related("radiologist__radiologist_profile").order_by("pk")
    )
    memberships = Membership.objects.filter(valid_at(now), user__in=[row.radiologist_id for row in rows])
    belongs = set(memberships.values_list("user_id", "hospital_id"))
    for row in rows:
        profile = getattr(row.radiologist, "radiologist_profile", None)
        sits_there = profile is not None and profile.jurisdiction_of_reading == row.jurisdiction
        barred = tuple(
            place
            for place in places
            if (row.radiologist_id, place.pk) in belongs and (sits_there or place.jurisdiction == row.jurisdiction)
        )
        yield _lapsing("licence", row, f"Licence {row.jurisdiction}", barred, now)


def _credentials(ending: Q, now: datetime, places: list[Hospital]) -> Iterable[LapsingRight]:
    rows = Credential.objects.filter(ending, hospital__in=places).select_related("radiologist", "hospital")
    for row in rows.order_by("pk"):
        yield _lapsing("credential", row, f"Credential at {row.hospital.code}", (row.hospital,), now)


def _privileges(ending: Q, now: datetime, places: list[Hospital]) -> Iterable[LapsingRight]:
    rows = list(
        ReadingPrivilege.objects.filter(ending, hospital__in=places)
        .select_related("radiologist", "hospital")
        .order_by("pk")
    )
    others = defaultdict(list)
    for other in ReadingPrivilege.objects.filter(radiologist__in=[row.radiologist_id for row in rows]):
        others[other.radiologist_id, other.hospital_id].append(other)
    for row in rows:
        if not any(_covers_longer(other, row) for other in others[row.radiologist_id, row.hospital_id]):
            what = " ".join(word for word in (row.modality, row.subspecialty) if word) or "any"
            yield _lapsing("privilege", row, f"Privilege {what} at {row.hospital.code}", (row.hospital,), now)


def _covers_longer(other: ReadingPrivilege, row: ReadingPrivilege) -> bool:
    if other.pk == row.pk or other.modality not in ("", row.modality):
        return False
    if other.subspecialty not in ("", row.subspecialty) or other.valid_from > _end_of(row):
        return False
    return other.valid_until is None or other.valid_until > _end_of(row)


def _end_of(row: Licence | Credential | ReadingPrivilege) -> datetime:
    """Return the end of a row that was chosen because it has one."""
    if row.valid_until is None:
        raise ValueError(f"{type(row).__name__} {row.pk} is open ended")
    return row.valid_until


def _lapsing(
    kind: str,
    row: Licence | Credential | ReadingPrivilege,
    words: str,
    barred: tuple[Hospital, ...],
    now: datetime,
) -> LapsingRight:
    return LapsingRight(kind, row.pk, row.radiologist, words, _end_of(row), _end_of(row) <= now, barred)


def _shift_ends(now: datetime, radiologist_ids: set[int]) -> dict[int, list[datetime]]:
    ends = defaultdict(list)
    shifts = Shift.objects.filter(radiologist__in=radiologist_ids, ends_at__gt=now, dropped_out_at__isnull=True)
    for radiologist_id, ends_at in shifts.values_list("radiologist_id", "ends_at"):
        ends[radiologist_id].append(ends_at)
    return ends
