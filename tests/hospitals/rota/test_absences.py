"""Time off given, asked for and decided; dropping out and reading on; being called in; public holidays."""

from collections.abc import Iterator
from datetime import date

import pytest

from hospitals.errors import DropOutNotPossible, InvalidValue, UnknownJurisdiction
from hospitals.models import Holiday, Hospital, Shift, TimeOff, User
from hospitals.selectors.rota import reading_windows
from hospitals.services.drop_outs import call_in, drop_out, undo_drop_out
from hospitals.services.holidays import add_holiday, import_holidays, remove_holiday
from hospitals.services.time_off import TimeOffDecided, add_time_off, ask_time_off, decide_time_off, remove_time_off
from pacs_core.events.models import Event
from tests.hospitals.rota.arrange import at, make_reader, make_shift
from tests.story import make_hospital, make_user, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    return make_hospital()


@pytest.fixture(autouse=True)
def _scope(north: Hospital) -> Iterator[None]:
    with see_all():
        yield


@pytest.fixture
def reader() -> User:
    return make_reader()


def windows(reader: User) -> list[tuple[object, object, bool]]:
    found = reading_windows(at(0), at(48))
    return [(w.starts_at, w.ends_at, w.is_on_call) for w in found if w.radiologist_id == reader.pk]


def told() -> int:
    return Event.objects.filter(name="RotaChanged").count()


def test_time_off_given_counts_at_once_and_removed_no_more(reader: User) -> None:
    make_shift(reader)
    given = add_time_off(radiologist=reader, starts_at=at(0), ends_at=at(24))
    assert add_time_off(radiologist=reader, starts_at=at(0), ends_at=at(24)) == given
    assert (windows(reader), told()) == ([], 1)
    remove_time_off(time_off=given)
    assert (windows(reader), told()) == ([(at(6), at(14), False)], 2)


@pytest.mark.parametrize(("agree", "status", "count"), [(True, "agreed", 0), (False, "refused", 1)])
def test_what_is_asked_for_counts_once_agreed(reader: User, agree: bool, status: str, count: int) -> None:
    make_shift(reader)
    olga = make_user("coordinator")
    asked = ask_time_off(radiologist=reader, starts_at=at(0), ends_at=at(24), reason=" Congress ")
    assert (asked.status, asked.reason, len(windows(reader))) == ("asked", "Congress", 1)
    decided = decide_time_off(time_off=asked, agree=agree, decided_by=olga, now=at(1))
    assert (decided.status, decided.decided_by, len(windows(reader))) == (status, olga, count)
    with pytest.raises(TimeOffDecided):
        decide_time_off(time_off=asked, agree=not agree, decided_by=olga, now=at(2))
    assert TimeOff.objects.get().status == status


def test_time_off_ends_after_it_begins(reader: User) -> None:
    with pytest.raises(InvalidValue) as refused:
        ask_time_off(radiologist=reader, starts_at=at(6), ends_at=at(6))
    assert (refused.value.field, TimeOff.objects.count(), told()) == ("ends_at", 0, 0)


def test_a_drop_out_ends_reading_now_and_is_undone(reader: User) -> None:
    shift = make_shift(reader)
    dropped = drop_out(shift=shift, reason="ill", now=at(8))
    assert (dropped.dropped_out_at, windows(reader)) == (at(8), [(at(6), at(8), False)])
    assert drop_out(shift=shift, reason="again", now=at(9)).drop_out_reason == "ill"
    assert told() == 1
    undo_drop_out(shift=shift, now=at(10))
    assert (windows(reader), told()) == ([(at(6), at(14), False)], 2)


def test_a_shift_ahead_is_called_off_and_one_that_is_over_stays(reader: User) -> None:
    shift = make_shift(reader)
    assert drop_out(shift=shift, reason="", now=at(2)).dropped_out_at == at(6)
    assert windows(reader) == []
    with pytest.raises(DropOutNotPossible):
        undo_drop_out(shift=shift, now=at(14))
    with pytest.raises(DropOutNotPossible):
        drop_out(shift=make_shift(reader, 16, 18), reason="", now=at(18))


def test_who_is_on_call_is_called_in_and_sent_back(reader: User) -> None:
    shift = make_shift(reader, is_on_call=True)
    called = call_in(shift=shift, until=at(10), now=at(8))
    assert windows(reader) == [(at(6), at(8), True), (at(8), at(10), False), (at(10), at(14), True)]
    called.delete()
    assert windows(reader) == [(at(6), at(14), True)]
    with pytest.raises(InvalidValue):
        call_in(shift=shift, until=at(15), now=at(8))
    for refused, now in ((make_shift(reader, 20, 22), at(21)), (shift, at(5)), (shift, at(14))):
        with pytest.raises(DropOutNotPossible):
            call_in(shift=refused, until=at(22), now=now)
    assert Shift.objects.count() == 2


def test_public_holidays_come_from_the_library_once(north: Hospital) -> None:
    new = import_holidays(jurisdiction="de-be", year=2031, hospital=north)
    assert {(holiday.on, holiday.name) for holiday in new} >= {
        (date(2031, 1, 1), "New Year's Day"),
        (date(2031, 3, 8), "Women's Day"),
        (date(2031, 10, 3), "German Unity Day"),
    }
    assert import_holidays(jurisdiction="DE-BE", year=2031, hospital=north) == []
    assert len(import_holidays(jurisdiction="US-NY", year=2031, hospital=None)) >= 10
    assert Holiday.objects.filter(hospital=None, on=date(2031, 7, 4)).exists()


@pytest.mark.parametrize("jurisdiction", ["XX", "DE-ZZ"])
def test_unknown_jurisdictions_are_refused(jurisdiction: str) -> None:
    with pytest.raises(UnknownJurisdiction, match="Maybe a country"):
        import_holidays(jurisdiction=jurisdiction, year=2031, hospital=None)
    with pytest.raises(InvalidValue):
        import_holidays(jurisdiction="Germany", year=2031, hospital=None)
    assert not Holiday.objects.exists()


def test_a_holiday_is_renamed_by_adding_it_again_and_removed() -> None:
    first = add_holiday(hospital=None, on=date(2031, 6, 24), name="Midsummer")
    assert add_holiday(hospital=None, on=date(2031, 6, 24), name="St John") == first
    assert Holiday.objects.get().name == "St John"
    remove_holiday(holiday=first)
    assert not Holiday.objects.exists()
