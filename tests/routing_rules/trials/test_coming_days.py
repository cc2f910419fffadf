"""Coming days drawn from the past: determinism by seed, hours at risk, and the worth of one more reader."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from hospitals.models import Hospital, Shift, User
from routing_rules.selectors.history import history_of
from routing_rules.services.trial_simulation import simulate_coming_days
from routing_rules.simulation.coming_days import ComingHour, LocalHour, PastArrival, Rhythm
from routing_rules.simulation.examinations import Examination
from tests.routing_rules.procedures.arrange import make_mapping, make_procedure
from tests.routing_rules.trials.arrange import ANY_READER, past_item
from tests.story import make_hospital, make_radiologist, see_all
from worklist.models import ServiceLevel

pytestmark = pytest.mark.django_db
MINUTES = 10.0


def morning() -> datetime:
    """The next ten past six: the readers' rights begin now, so an instant of today may lie before them."""
    now = timezone.now()
    today = now.replace(hour=6, minute=10, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


@pytest.fixture
def north() -> Hospital:
    """Each day for a week, ten urgent examinations between noon and one; one reader, ten minutes each, due in 45."""
    place = make_hospital("NORTH", time_zone="UTC")
    make_mapping(place, make_procedure(expected_minutes=MINUTES, subspecialty=""))
    ServiceLevel.objects.create(hospital=place, priority="urgent", minutes=45)
    ada = make_radiologist(place, email="ada@example.org", on_shift=False)
    today = morning().replace(hour=0, minute=0)
    for day in range(1, 8):
        noon = today - timedelta(days=day) + timedelta(hours=12)
        for number in range(10):
            came = noon + timedelta(minutes=6 * number)
            past_item(
                place, ada, came=came, opened=came + timedelta(days=0, minutes=4 * number), minutes=MINUTES, level=45
            )
    Shift.objects.bulk_create(
        Shift(
            radiologist=ada,
            starts_at=today + timedelta(days=day, hours=8),
            ends_at=today + timedelta(days=day, hours=20),
        )
        for day in range(4)
    )
    return place


def simulate(hospital: Hospital, seed: int = 5, days: int = 2, runs: int = 3) -> dict[str, Any]:
    return simulate_coming_days(
        days=days,
        runs=runs,
        seed=seed,
        now=morning(),
        hospital_ids={hospital.pk},
        rules=ANY_READER,
        rota_changes=(),
        tell=lambda share, words: None,
    )


def test_the_same_seed_gives_the_same_days_another_seed_others(north: Hospital) -> None:
    first = simulate(north)
    assert first == simulate(north)
    assert first["hours"] != simulate(north, seed=6)["hours"]


def test_lateness_is_expected_where_one_reader_cannot_keep_up(north: Hospital) -> None:
    result = simulate(north, days=1, runs=6)
    urgent = result["by_priority"][1]
    assert 4 < urgent["number"] < 16
    arrivals = [hour["arrived"] for hour in result["hours"]]
    assert np.argmax(arrivals) == 5  # the simulation begins at seven
    assert sum(arrivals) == pytest.approx(arrivals[5])
    assert urgent["late"]["mean"] > 0
    assert [(span["from_hour"], span["to_hour"]) for span in result["at_risk"]][:1] == [(5, 6)] or result["at_risk"]


def test_one_more_reader_in_the_busy_hours_saves_most(north: Hospital) -> None:
    result = simulate(north, days=1, runs=6)
    best = result["one_more"][0]
    assert best["from_hour"] <= 5 < best["to_hour"]
    assert best["minutes_per_hour"] > 0
    assert best["late_items"] > 0
    assert best["like"] == User.objects.get(email="ada@example.org").pk


def test_other_hospitals_are_simulated_but_not_counted(north: Hospital) -> None:
    south = make_hospital("SOUTH", time_zone="UTC")
    result = simulate(south, days=1)
    assert result["history_items"] == 0
    assert sum(hour["arrived"] for hour in result["hours"]) == 0
    assert sum(hour["busy"] or 0 for hour in result["hours"]) > 0


def _arrival(weekday: int, hour: int, number: int) -> PastArrival:
    examination = Examination(number, 1, 0, 0.0, {"priority": "routine"}, (30.0, 60.0, 90.0), 5.0, 1.0)
    return PastArrival(examination, LocalHour(weekday, hour))


def test_a_weekday_draws_as_many_as_it_has_seen() -> None:
    past = [_arrival(day, 9, 10 * day + number) for day in range(5) for number in range(8)]
    rhythm = Rhythm(past, {1: {(day, hour): 1.0 for day in range(7) for hour in range(24)}})
    assert rhythm.rate(1, LocalHour(2, 9)) == pytest.approx(8.0)
    assert rhythm.rate(1, LocalHour(2, 10)) == 0
    assert rhythm.rate(1, LocalHour(5, 9)) == 0
    assert rhythm.rate(2, LocalHour(2, 9)) == 0
    hours = [ComingHour(60.0 * number, {1: (LocalHour(2, 9), 30)}) for number in range(200)]
    drawn = rhythm.draw(hours, np.random.default_rng(1))
    assert len(drawn) == pytest.approx(1600, rel=0.1)
    assert [one.arrives_at for one in drawn] == sorted(one.arrives_at for one in drawn)
    assert {one.facts["weekday"] for one in drawn} == {"wednesday"}
    assert all("09:30" <= str(one.facts["time_of_day"]) <= "10:29" for one in drawn)
    assert len({one.item_id for one in drawn}) == len(drawn)


def test_a_weekend_that_was_never_seen_is_drawn_like_the_days_that_were() -> None:
    past = [_arrival(day, 9, 10 * day + number) for day in range(5) for number in range(8)]
    rhythm = Rhythm(past, {1: {(day, hour): 1.0 for day in range(5) for hour in range(24)}})
    assert rhythm.rate(1, LocalHour(5, 9)) == pytest.approx(8.0)
    assert rhythm.rate(1, LocalHour(5, 10)) == 0
    hours = [ComingHour(0.0, {1: (LocalHour(5, 9), 0)})]
    assert {one.facts["weekday"] for one in rhythm.draw(hours, np.random.default_rng(1))} == {"saturday"}


def test_hours_are_seen_from_the_first_arrival_on_and_in_parts(north: Hospital) -> None:
    now = morning() + timedelta(minutes=5)
    with see_all():
        seen = history_of(now - timedelta(days=28), now, now=now).hours_seen[north.pk]
    first_day = (now - timedelta(days=7)).weekday()
    assert seen[first_day, 12] == 1.0
    assert (first_day, 11) not in seen
    assert seen[now.weekday(), 6] == 0.25
    assert sum(seen.values()) == pytest.approx(6 * 24 + 12 + 6 + 0.25)
