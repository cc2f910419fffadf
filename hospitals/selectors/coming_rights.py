"""Who may read what over a span: rights as they begin and end in it, so that a rota is judged by those of its hours."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, DateTimeField, F, Q, QuerySet, Value, When

from hospitals.models import Credential, Exclusion, Hospital, Licence, Membership, ReadingPrivilege, User
from hospitals.selectors.reading_rights import ReadingRights, first_bar, groups_by_member, rights_of_profile
from hospitals.spans import Span, merged

_NEVER = Value(None, output_field=DateTimeField())
# A value and the instants between which it holds, None where that is the whole span.
_Held = tuple[datetime | None, datetime | None, tuple[Any, ...]]


@dataclass(frozen=True)
class RightsFrom:
    """A radiologist's rights from an instant on, until the next one at which they change."""

    starts_at: datetime
    rights: ReadingRights


def coming_rights(start: datetime, end: datetime) -> dict[int, list[RightsFrom]]:
    """Return for each active radiologist the rights at `start` and at every instant before `end` at which they change.

    At each of these instants they are what `reading_rights_at` gives; seven queries. Hospitals and licences count
    whatever the open scope.
    """
    people = User.objects.filter(role=User.Role.RADIOLOGIST, is_active=True).select_related("radiologist_profile")
    groups = groups_by_member(None)
    lines: dict[int, _Rows] = defaultdict(_Rows)
    for name, rows, fields in (
        ("memberships", Membership.objects.annotate(radiologist=F("user")), ("hospital_id",)),
        ("credentials", Credential.objects.filter(hospital__is_active=True), ("hospital_id", "hospital__code")),
        ("privileges", ReadingPrivilege.objects.all(), ("hospital__code", "modality", "subspecialty")),
        ("licences", Licence.objects.all(), ("jurisdiction",)),
        ("exclusions", Exclusion.objects.all(), ("hospital__code", "modality", "subspecialty", "reason")),
    ):
        for radiologist_id, held in _held(rows, start, end, fields):
            getattr(lines[radiologist_id], name).append(held)
    found = {}
    for user in people.order_by("pk"):
        own = rights_of_profile(user) | {"groups": frozenset(groups[user.pk])}
        line = lines[user.pk]
        found[user.pk] = [RightsFrom(at, line.rights_at(at, own)) for at in (start, *sorted(line.changes()))]
    return found


def barred_spans(start: datetime, end: datetime, *, hospital_ids: Collection[int]) -> dict[int, list[Span]]:
    """Return when in [start, end) each active radiologist may read nothing at any of these hospitals; eight queries."""
    if end <= start:
        return {}
    active = Hospital.objects.filter(pk__in=hospital_ids, is_active=True)
    places = list(active.order_by("code").values_list("code", "jurisdiction"))
    spans: dict[int, list[Span]] = {}
    for reader_id, periods in coming_rights(start, end).items():
        untils = [*(one.starts_at for one in periods[1:]), end]
        barred = [
            (one.starts_at, until)
            for one, until in zip(periods, untils, strict=True)
            if not any(_reads_something(one.rights, *place) for place in places)
        ]
        if barred:
            spans[reader_id] = merged(barred)
    return spans


def _reads_something(rights: ReadingRights, code: str, jurisdiction: str) -> bool:
    return not first_bar(rights, hospital_code=code, jurisdiction=jurisdiction, modalities=(), subspecialty="")


@dataclass
class _Rows:
    """One radiologist's rows that hold at some time of the span."""

    memberships: list[_Held] = field(default_factory=list)
    credentials: list[_Held] = field(default_factory=list)
    privileges: list[_Held] = field(default_factory=list)
    licences: list[_Held] = field(default_factory=list)
    exclusions: list[_Held] = field(default_factory=list)

    def changes(self) -> set[datetime]:
        every = (self.memberships, self.credentials, self.privileges, self.licences, self.exclusions)
        return {at for rows in every for begins, ends, _values in rows for at in (begins, ends) if at is not None}

    def rights_at(self, at: datetime, of_profile: dict[str, Any]) -> ReadingRights:
        belongs = {hospital_id for (hospital_id,) in _valid(self.memberships, at)}
        return ReadingRights(
            privileges=frozenset(_valid(self.privileges, at)),
            credentials=frozenset(code for place, code in _valid(self.credentials, at) if place in belongs),
            licences=frozenset(place for (place,) in _valid(self.licences, at)),
            exclusions=tuple(sorted((code or "", *others) for code, *others in _valid(self.exclusions, at))),
            **of_profile,
        )


def _valid(rows: Iterable[_Held], at: datetime) -> Iterator[tuple[Any, ...]]:
    for begins, ends, values in rows:
        if (begins is None or begins <= at) and (ends is None or at < ends):
            yield values


def _held(rows: QuerySet[Any], start: datetime, end: datetime, fields: tuple[str, ...]) -> Iterator[tuple[int, _Held]]:
    """Yield the rows that hold in the span; an instant outside of it is told as None, which most are."""
    inside = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=start), valid_from__lt=end).annotate(
        begins=Case(When(valid_from__gt=start, then=F("valid_from")), default=_NEVER),
        ends=Case(When(valid_until__lt=end, then=F("valid_until")), default=_NEVER),
    )
    for radiologist_id, begins, ends, *values in inside.values_list("radiologist", "begins", "ends", *fields):
        yield radiologist_id, (begins, ends, tuple(values))
