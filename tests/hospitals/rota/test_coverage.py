"""Gaps, coverage by the hour, and rotas that are only thought of."""

from datetime import timedelta

import pytest

from hospitals.models import Credential, Hospital, Licence, ReadingPrivilege
from hospitals.selectors.coverage import Gap, coming_gaps, covered_hours
from hospitals.selectors.rota import RotaChange, Window, changed_windows, reading_windows, windows_with
from tests.hospitals.rota.arrange import at, make_reader, make_shift
from tests.story import make_hospital


@pytest.mark.django_db
def test_gaps_are_of_all_readers_and_of_each_subspecialty(django_assert_num_queries: object) -> None:
    ada, ben = make_reader(subspecialties=("neuro",)), make_reader(subspecialties=("body",))
    make_shift(ada, 6, 14)
    make_shift(ben, 10, 18)
    make_shift(ben, 20, 24, is_on_call=True)
    with django_assert_num_queries(4):
        gaps = coming_gaps(at(6), at(24), subspecialties=["body", "neuro"])
    assert gaps == [
        Gap(at(6), at(10), "body", False),
        Gap(at(14), at(18), "neuro", False),
        Gap(at(18), at(20), "", False),
        Gap(at(20), at(24), "", True),
    ]
    assert coming_gaps(at(6), at(10), radiologist_ids=[ben.pk], subspecialties=[]) == [Gap(at(6), at(10), "", False)]


def test_hours_count_the_minutes_of_readers_and_of_work() -> None:
    hours = [(at(hour), at(hour + 1)) for hour in range(3)]
    windows = [Window(1, at(0.5), at(2), False), Window(2, at(1), at(3), False), Window(3, at(0), at(3), True)]
    covered = covered_hours(windows, hours, {at(0): 45.0, at(1): 90.0})
    assert [hour.reading_minutes for hour in covered] == [30, 120, 60]
    assert [hour.on_call_minutes for hour in covered] == [60, 60, 60]
    assert [hour.state for hour in covered] == ["short", "fine", "fine"]
    nobody = covered_hours(windows[2:], [*hours, (at(3), at(4))], {})
    assert [hour.state for hour in nobody] == ["call", "call", "call", "gap"]


def test_changes_add_and_take_away() -> None:
    windows = [Window(1, at(6), at(14), False), Window(1, at(14), at(20), True)]
    changes = [
        RotaChange(False, 1, at(8), at(10)),
        RotaChange(True, 1, at(13), at(16)),
        RotaChange(True, 2, at(0), at(4), is_on_call=True),
    ]
    assert changed_windows(windows, changes) == [
        Window(1, at(6), at(8), False),
        Window(1, at(10), at(16), False),
        Window(1, at(16), at(20), True),
        Window(2, at(0), at(4), True),
    ]
    assert changed_windows(windows, []) == windows
    assert [RotaChange.from_json(change.as_json()) for change in changes] == changes
    for broken in ({"ends_at": at(7).isoformat()}, {"starts_at": "2031-03-03T08:00"}):
        with pytest.raises(ValueError):
            RotaChange.from_json(changes[0].as_json() | broken)


@pytest.mark.django_db
def test_a_rota_with_changes_is_clipped_to_what_is_asked_for() -> None:
    ada = make_reader()
    make_shift(ada)
    change = RotaChange(True, ada.pk, at(14) - timedelta(hours=1), at(30))
    assert windows_with([change], at(8), at(24)) == [Window(ada.pk, at(8), at(24), False)]
    assert windows_with([], at(8), at(24)) == reading_windows(at(8), at(24))


@pytest.mark.django_db
def test_who_may_read_nothing_any_more_covers_nothing(django_assert_num_queries: object) -> None:
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    ada = make_reader(north, south)
    make_shift(ada, 6, 14)
    Credential.objects.filter(hospital=north).update(valid_until=at(9))

    def gaps(*hospitals: Hospital, now: float = 0) -> list[Gap]:
        places = [hospital.pk for hospital in hospitals]
        return coming_gaps(at(6), at(14), subspecialties=[], hospital_ids=places, now=at(now))

    assert gaps(north) == [Gap(at(9), at(14), "", False)]
    assert gaps(north, south) == gaps(south) == []
    assert gaps(north, now=12) == [Gap(at(12), at(14), "", False)]
    ReadingPrivilege.objects.filter(hospital=south).update(valid_until=at(11))
    assert gaps(north, south) == [Gap(at(11), at(14), "", False)]
    with django_assert_num_queries(12):
        gaps(north, south)


@pytest.mark.django_db
def test_a_licence_where_the_reader_sits_covers_until_it_lapses() -> None:
    north = make_hospital("NORTH")
    ada = make_reader(north)
    ada.radiologist_profile.jurisdiction_of_reading = "DE"
    ada.radiologist_profile.save()
    make_shift(ada, 6, 14)
    Licence.objects.create(radiologist=ada, jurisdiction="DE", valid_from=at(0), valid_until=at(10))
    found = coming_gaps(at(6), at(14), subspecialties=[], hospital_ids=[north.pk], now=at(0))
    assert found == [Gap(at(10), at(14), "", False)]
