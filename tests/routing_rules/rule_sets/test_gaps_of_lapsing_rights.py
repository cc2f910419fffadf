"""Gaps go by the rights of each hour: one that ends or begins within the coming two weeks counts until or from then."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hospitals.models import Credential, Exclusion, Hospital, Licence, Membership, ReadingPrivilege, User
from routing_rules.selectors.rota_gaps import forget_rota, read_rota_ahead
from routing_rules.selectors.rule_facts import read_sample
from routing_rules.selectors.rule_network import network_of_rules
from routing_rules.services.rule_sets import publish_rule_set
from tests.routing_rules.rule_sets.test_selectors import DEFAULT, gaps, on_call_for_ever
from tests.story import as_user, make_hospital, make_item, make_order, make_radiologist, make_user, see_all

# Each right, and how its rows are found.
RIGHTS: dict[str, Any] = {
    "licence where the patient is": Licence,
    "credential": Credential,
    "privilege": ReadingPrivilege,
    "membership": Membership,
}


@pytest.fixture
def north(db: None) -> Hospital:
    hospital = make_hospital("NORTH", time_zone="UTC", jurisdiction="DE")
    with see_all():
        publish_rule_set(rules=[DEFAULT], note="The first")
    make_item(hospital, order=make_order(hospital))
    return hospital


@pytest.fixture
def olga(north: Hospital) -> User:
    return make_user("coordinator", north)


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_licensed(north)


@pytest.fixture
def noon() -> datetime:
    """Noon of the day in ten days."""
    return (timezone.now() + timedelta(days=10)).replace(hour=12, minute=0, second=0, microsecond=0)


def make_licensed(north: Hospital) -> User:
    """A reader who is there for all of the two weeks."""
    reader = make_radiologist(north, on_shift=False)
    Licence.objects.create(radiologist=reader, jurisdiction="DE")
    on_call_for_ever(reader)
    return reader


def words_from(start: datetime) -> str:
    """The gap that begins then and lasts to the end of the two weeks."""
    end = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1, days=14)
    return f"NORTH: nobody may read there on {_at(start)} – {_at(end)}."


def _at(instant: datetime) -> str:
    return f"{instant:%a} {instant.day} {instant:%b %H:%M}"


@pytest.mark.parametrize("right", RIGHTS)
def test_every_hour_after_the_end_of_a_right_is_a_gap(
    north: Hospital, olga: User, ada: User, noon: datetime, right: str
) -> None:
    assert gaps(olga) == []
    forget_rota()
    RIGHTS[right].objects.update(valid_until=noon)
    assert gaps(olga) == [words_from(noon)]


def test_what_is_another_readers_right_still_covers(north: Hospital, olga: User, ada: User, noon: datetime) -> None:
    Credential.objects.update(valid_until=noon)
    make_licensed(north)
    assert gaps(olga) == []


def test_an_exclusion_that_begins_is_a_gap_from_then_on(north: Hospital, olga: User, ada: User, noon: datetime) -> None:
    Exclusion.objects.create(radiologist=ada, hospital=north, reason="leaves", valid_from=noon)
    assert gaps(olga) == [words_from(noon)]


def test_a_right_that_begins_ends_the_gap(north: Hospital, olga: User, ada: User, noon: datetime) -> None:
    ReadingPrivilege.objects.update(valid_from=noon)
    (words,) = gaps(olga)
    assert words.endswith(f" – {_at(noon)}.")


@pytest.mark.parametrize(("minute", "first"), [(0, 12), (29, 12), (31, 13)])
def test_an_hour_has_the_rights_of_most_of_it(
    north: Hospital, olga: User, ada: User, noon: datetime, minute: int, first: int
) -> None:
    Licence.objects.update(valid_until=noon.replace(minute=minute))
    assert gaps(olga) == [words_from(noon.replace(hour=first))]


def test_two_rights_that_end_in_one_hour_are_one_change(north: Hospital, olga: User, ada: User, noon: datetime) -> None:
    Licence.objects.update(valid_until=noon.replace(minute=5))
    Credential.objects.update(valid_until=noon.replace(minute=10))
    assert gaps(olga) == [words_from(noon)]


def test_more_rights_that_change_ask_no_more_of_the_database(
    north: Hospital, olga: User, ada: User, noon: datetime
) -> None:
    def queries() -> int:
        with as_user(olga):
            sample, network, now = read_sample(timezone.now()), network_of_rules(), timezone.now()
            with CaptureQueriesContext(connection) as asked:
                ahead = read_rota_ahead(sample, network, now)
        assert len(ahead.cover.emails) == lines
        return len(asked)

    lines = 1
    before = queries()
    for number in range(1, 6):
        Licence.objects.create(radiologist=ada, jurisdiction=f"FR-{number}", valid_until=noon + timedelta(hours=number))
    lines = 6
    assert queries() == before
