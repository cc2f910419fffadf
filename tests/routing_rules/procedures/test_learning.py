"""Learning from the network's readings: stored in place, earlier items noted, one run at a time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hospitals.models import Hospital, User
from routing_rules.engine import reading_times as engine
from routing_rules.errors import LearningUnderWay
from routing_rules.models import ItemProcedure, LearningRun, LearntReadingTime, Procedure
from routing_rules.selectors.procedures import catalogue, expected_minutes, speed_factors
from routing_rules.services import reading_times
from routing_rules.services.reading_times import carry_out, learn_reading_times, request_learning
from tests.routing_rules.procedures.arrange import make_mapping, make_named_item, make_procedure, make_reading
from tests.story import in_hospital, make_hospital, make_radiologist, see_all


@pytest.fixture
def north(db: None) -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def head(north: Hospital) -> Procedure:
    procedure = make_procedure(expected_minutes=10.0)
    make_mapping(north, procedure, code="H1")
    return procedure


def read_heads(hospital: Hospital, reader: User, *minutes: float, days_ago: int = 1) -> None:
    for number, length in enumerate(minutes):
        signed_at = timezone.now() - timedelta(days=days_ago, hours=3 * number)
        make_reading(make_named_item(hospital, "H1", "Head"), reader, minutes=length, signed_at=signed_at)


def test_minutes_and_factors_are_learnt_and_used(north: Hospital, head: Procedure) -> None:
    quick, slow = make_radiologist(north), make_radiologist(north)
    read_heads(north, quick, *[4.0] * 20)
    read_heads(north, slow, *[9.0] * 20)
    learnt = learn_reading_times(now=timezone.now())
    assert learnt.readings_used == 40
    [entry] = catalogue()
    assert (entry.number_of_readings, 5.5 < expected_minutes(entry, "CT") < 7.5) == (40, True)
    assert speed_factors()[quick.pk] < 0.85 < 1.15 < speed_factors()[slow.pk]
    with see_all():
        assert ItemProcedure.objects.count() == 40


def test_learning_again_replaces_what_was_learnt(north: Hospital, head: Procedure) -> None:
    ada = make_radiologist(north)
    read_heads(north, ada, 5.0, 5.0, 5.0)
    learn_reading_times(now=timezone.now())
    learn_reading_times(now=timezone.now())
    assert LearntReadingTime.objects.filter(procedure=head).count() == 1
    learn_reading_times(now=timezone.now() + timedelta(days=reading_times.DAYS_LOOKED_AT + 1))
    assert not LearntReadingTime.objects.exists()


def test_unmapped_names_teach_nothing(north: Hospital) -> None:
    ada = make_radiologist(north)
    read_heads(north, ada, 5.0, 5.0)
    assert learn_reading_times(now=timezone.now()) == engine.Learnt()


def test_a_case_put_back_meanwhile_interrupts_and_one_begun_twice_does_not_count(
    north: Hospital, head: Procedure
) -> None:
    ada = make_radiologist(north)
    signed_at = timezone.now() - timedelta(days=2)
    read_heads(north, ada, *[10.0] * 5)
    interrupted = make_reading(make_named_item(north, "H1", "Head"), ada, minutes=20, signed_at=signed_at)
    twice = make_reading(
        make_named_item(north, "H1", "Head"), ada, minutes=8, signed_at=signed_at - timedelta(hours=10)
    )
    other = make_named_item(north, "H1", "Head")
    with in_hospital(north):
        moments = [
            (other, interrupted.claimed_at + timedelta(minutes=4)),
            (twice, twice.claimed_at - timedelta(hours=1)),
            (twice, twice.claimed_at),
        ]
        for item, at in moments:
            item.transitions.create(hospital=north, action="claim", to_status="reading", actor=ada, at=at)
    learnt = learn_reading_times(now=timezone.now())
    assert (learnt.readings_used, learnt.left_out) == (5, {"interrupted": 1, "reopened": 1})


def test_a_run_shows_what_it_did(north: Hospital, head: Procedure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_times, "NOTED_AT_ONCE", 2)
    ada = make_radiologist(north)
    read_heads(north, ada, 9.0, 10.0, 11.0, 170.0)
    with see_all():
        run = request_learning(user=ada)
    assert carry_out(learning_run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, run.progress, run.requested_by) == ("done", 1.0, ada)
    assert (run.readings_found, run.readings_used, run.left_out) == (4, 3, {"absurd": 1})
    assert not carry_out(learning_run_id=run.pk)


def test_one_run_at_a_time_and_a_lost_worker_is_replaced(north: Hospital) -> None:
    with see_all():
        run = request_learning()
        with pytest.raises(LearningUnderWay):
            request_learning()
    LearningRun.objects.update(status="running", heartbeat_at=timezone.now())
    assert not carry_out(learning_run_id=run.pk)
    LearningRun.objects.update(heartbeat_at=timezone.now() - reading_times.SILENT_FOR * 2)
    assert carry_out(learning_run_id=run.pk)


def test_a_failed_run_says_so_and_makes_room(north: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise ArithmeticError("no figures")

    monkeypatch.setattr(reading_times, "learn", fail)
    with see_all():
        run = request_learning()
    with pytest.raises(ArithmeticError):
        carry_out(learning_run_id=run.pk)
    run.refresh_from_db()
    assert run.status == "failed"
    with see_all():
        assert request_learning().pk != run.pk
