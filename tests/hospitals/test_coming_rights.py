"""Rights over a span are at each of its instants those that asking for that instant gives."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hospitals.models import (
    Credential,
    Exclusion,
    Hospital,
    Licence,
    Membership,
    ReaderGroup,
    ReadingPrivilege,
    User,
)
from hospitals.selectors.coming_rights import RightsFrom, coming_rights
from hospitals.selectors.reading_rights import ReadingRights, reading_rights_at
from tests.story import make_hospital, make_radiologist, see_all

SPAN = timedelta(days=14)


@pytest.fixture(autouse=True)
def _scope(db: None) -> Iterator[None]:
    with see_all():
        yield


def rights_in(periods: list[RightsFrom], at: datetime) -> ReadingRights:
    return [one.rights for one in periods if one.starts_at <= at][-1]


def scattered(readers: list[User], places: list[Hospital], now: datetime, chance: Random) -> set[datetime]:
    """Give rights that begin and end before, in and after the span; return the instants of change."""
    instants: set[datetime] = set()

    def valid() -> dict[str, Any]:
        begins = now + timedelta(hours=chance.randint(-100, 400))
        ends = chance.choice([None, begins + timedelta(hours=chance.randint(1, 300))])
        instants.update(at for at in (begins, ends) if at is not None)
        return {"valid_from": begins, "valid_until": ends}

    for reader in readers:
        for place in places:
            Membership.objects.filter(user=reader, hospital=place).update(**valid())
            Credential.objects.filter(radiologist=reader, hospital=place).update(**valid())
            for modality in ("CT", "MR"):
                ReadingPrivilege.objects.create(radiologist=reader, hospital=place, modality=modality, **valid())
        Licence.objects.create(radiologist=reader, jurisdiction="DE", **valid())
        Exclusion.objects.create(radiologist=reader, hospital=chance.choice(places), reason="x", **valid())
        Exclusion.objects.create(radiologist=reader, modality="CR", reason="y", **valid())
    return instants


@pytest.mark.parametrize("seed", range(3))
def test_they_are_those_of_each_instant(seed: int) -> None:
    places = [make_hospital(code) for code in ("NORTH", "SOUTH")]
    readers = [make_radiologist(*places, on_shift=False) for _number in range(3)]
    ReaderGroup.objects.create(name="Night").members.set(readers[:2])
    Hospital.objects.filter(code="SOUTH").update(is_active=bool(seed))
    now = timezone.now().replace(microsecond=0)
    instants = scattered(readers, places, now, Random(seed))
    found = coming_rights(now, now + SPAN)
    asked = {now, now + timedelta(hours=1)} | {at for at in instants if now <= at < now + SPAN}
    asked |= {at - timedelta(microseconds=1) for at in instants if now < at < now + SPAN}
    for at in sorted(asked):
        assert {pk: rights_in(periods, at) for pk, periods in found.items()} == reading_rights_at(at)


def test_who_may_read_as_before_has_one_period_only_and_the_queries_are_fixed() -> None:
    north = make_hospital("NORTH")
    readers = [make_radiologist(north, on_shift=False) for _number in range(4)]
    now = timezone.now()
    with CaptureQueriesContext(connection) as queries:
        found = coming_rights(now, now + SPAN)
    assert [len(found[reader.pk]) for reader in readers] == [1, 1, 1, 1]
    assert len(queries) == 7
