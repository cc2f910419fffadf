"""What usually arrives when, from the network's own history."""

from datetime import UTC, datetime, timedelta

import pytest

from routing_rules.selectors.arrivals import Arrivals, arrival_profile
from tests.story import make_hospital, make_item, make_study, see_all

pytestmark = pytest.mark.django_db

# A Monday at noon in UTC, 14:00 in Berlin, 13:00 in Lisbon.
NOW = datetime(2026, 6, 22, 12, 0, tzinfo=UTC)


def opened(hospital, at, *, number=1, minutes=10, priority="routine", **fields):
    for _ in range(number):
        make_item(hospital, make_study(hospital), opened_at=at, expected_minutes=minutes, priority=priority, **fields)


def history(hospital):
    """From four weeks ago: each weekday at 08:00 UTC two routine items and a STAT one, on weekends one routine."""
    for day in range(28):
        at = NOW.replace(hour=8) - timedelta(days=27 - day)
        if at.isoweekday() < 6:
            opened(hospital, at, number=2, minutes=10)
            opened(hospital, at, minutes=6, priority="stat")
        else:
            opened(hospital, at, minutes=12)
    opened(hospital, NOW - timedelta(days=28), minutes=9)


def profile():
    with see_all():
        return arrival_profile(NOW)


def test_weekdays_and_weekends_are_told_apart() -> None:
    history(make_hospital("NORTH"))
    found = profile()
    tuesday, saturday = NOW.replace(hour=8) + timedelta(days=1), NOW.replace(hour=8) + timedelta(days=5)
    hour = timedelta(hours=1)
    assert found.hours_observed == 28 * 24
    assert found.expected_by_priority(tuesday, tuesday + hour) == {
        "stat": Arrivals(1, 6),
        "urgent": Arrivals(),
        "routine": Arrivals(2, 20),
    }
    assert found.expected(saturday, saturday + hour) == Arrivals(1, 12)
    assert found.expected(tuesday + 2 * hour, tuesday + 4 * hour) == Arrivals()
    assert found.expected(tuesday + hour / 2, tuesday + 3 * hour) == Arrivals(1.5, 13)


def test_cumulated_minutes_are_what_the_planner_asks_for() -> None:
    history(make_hospital("NORTH"))
    found = profile()
    start = NOW.replace(hour=7, minute=30) + timedelta(days=1)
    assert found.cumulated_minutes(start, step_minutes=30, steps=4) == (0, 0, 13, 26, 26)
    assert found.priority_share == pytest.approx({"stat": 5 / 17.25, "routine": 12.25 / 17.25})


def test_hours_are_those_of_the_hospital_s_clock() -> None:
    """Nine o'clock in Lisbon, and nine in Berlin an hour earlier."""
    history_at = NOW - timedelta(days=7)
    opened(make_hospital("NORTH"), history_at.replace(hour=7))
    opened(make_hospital("RIVER", time_zone="Europe/Lisbon"), history_at.replace(hour=8))
    found = profile()
    assert {zone: set(cells) for zone, cells in found.by_zone.items()} == {
        "Europe/Berlin": {(False, 9)},
        "Europe/Lisbon": {(False, 9)},
    }
    winter = datetime(2026, 12, 21, 8, 0, tzinfo=UTC)
    for hour in range(2):
        expected = found.expected(winter + timedelta(hours=hour), winter + timedelta(hours=hour + 1))
        assert expected.number == pytest.approx(1 / 6), "One of six weekdays; from the first item on, today too."


def test_a_hospital_counts_from_its_first_item_on() -> None:
    new = make_hospital("NEW")
    opened(new, NOW - timedelta(hours=3, minutes=-20))
    opened(new, NOW - timedelta(hours=3), number=2)
    found = profile()
    assert found.hours_observed == 3
    nine = NOW + timedelta(days=1, hours=-3)
    assert found.expected(nine, nine + timedelta(hours=1)).number == 3
    saturday = nine + timedelta(days=4)
    assert found.expected(saturday, saturday + timedelta(hours=1)).number == 3, "No weekend was seen yet."


def test_a_first_hour_on_a_clock_that_differs_by_half_an_hour() -> None:
    opened(make_hospital("DELHI", time_zone="Asia/Kolkata"), NOW - timedelta(minutes=20))
    assert profile().by_zone["Asia/Kolkata"][False, 17]["routine"] == Arrivals(1, 10)


def test_what_was_cancelled_and_what_is_older_does_not_count() -> None:
    north = make_hospital("NORTH")
    opened(north, NOW - timedelta(days=29))
    opened(north, NOW)
    opened(north, NOW - timedelta(days=2), status="cancelled")
    found = profile()
    assert found.by_zone == {}
    assert found.priority_share == {}
    assert found.expected(NOW, NOW + timedelta(days=7)) == Arrivals()


def test_no_history_knows_nothing() -> None:
    assert profile().hours_observed == 0


def test_two_queries_for_any_network(django_assert_num_queries) -> None:
    for code in ("NORTH", "SOUTH", "EAST"):
        opened(make_hospital(code), NOW - timedelta(days=1))
    with see_all(), django_assert_num_queries(2):
        arrival_profile(NOW)
