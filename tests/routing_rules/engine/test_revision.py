"""When an examination has to be looked at again though nothing happens to it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from routing_rules.engine.revision import next_revision, time_limits_of

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=BERLIN)


def next_for(
    when: dict[str, Any],
    *,
    now: datetime = NOON,
    starts_at: datetime = NOON,
    agreed_minutes: float = 100,
    hold_ends_at: datetime | None = None,
) -> datetime | None:
    limits = time_limits_of([{"name": "One", "when": when, "then": {}}, {"name": "Rest", "when": {}, "then": {}}])
    return next_revision(
        limits, local_now=now, starts_at=starts_at, agreed_minutes=agreed_minutes, hold_ends_at=hold_ends_at
    )


def comparison(fact: str, operator: str, value: Any) -> dict[str, Any]:
    return {"fact": fact, "operator": operator, "value": value}


def berlin(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (comparison("modality", "equals", "CT"), None),
        (comparison("time_of_day", "is_before", "08:00"), berlin(25, 0)),
        (comparison("time_of_day", "is_before", "18:00"), berlin(24, 18)),
        (comparison("time_of_day", "between_times", ["22:00", "06:00"]), berlin(24, 22)),
        (comparison("time_of_day", "between_times", ["06:00", "11:00"]), berlin(25, 6)),
        (comparison("weekday", "in", ["saturday", "sunday"]), berlin(25, 0)),
        (comparison("holiday", "equals", True), berlin(25, 0)),
        (comparison("elapsed_share", "range", [0.5, None]), berlin(24, 12, 50, 1)),
        ({"not": {"any": [comparison("elapsed_share", "range", [None, 0.25])]}}, berlin(24, 12, 25, 1)),
    ],
)
def test_the_next_limit_of_time_comes_first(when: dict[str, Any], expected: datetime | None) -> None:
    assert next_for(when) == expected


def test_limits_that_have_passed_call_for_nothing() -> None:
    when = comparison("elapsed_share", "range", [0.5, 0.8])
    assert next_for(when, now=NOON + timedelta(minutes=60)) == berlin(24, 13, 20, 1)
    assert next_for(when, now=NOON + timedelta(minutes=90)) is None


def test_the_end_of_a_hold_counts() -> None:
    assert next_for({}, hold_ends_at=NOON + timedelta(minutes=7)) == berlin(24, 12, 7, 1)
    assert next_for({}, hold_ends_at=NOON - timedelta(minutes=7)) is None


def test_a_time_of_day_is_the_hospitals_through_a_change_of_clocks() -> None:
    before = datetime(2026, 10, 24, 23, 0, tzinfo=BERLIN)  # clocks go back at 03:00 that night
    at = next_for(comparison("time_of_day", "is_before", "06:00"), now=before)
    assert at is not None
    assert at.astimezone(UTC) == datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    at = next_for(comparison("time_of_day", "is_before", "06:00"), now=at)
    assert at is not None
    assert at.astimezone(UTC) == datetime(2026, 10, 25, 5, 0, tzinfo=UTC)
