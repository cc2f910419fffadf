"""The sweep takes each step once, tells the right people, and writes the item's history."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from hospitals.models import Hospital, Shift, User
from pacs_core.events.models import Event
from routing_rules.models import EscalationPolicy, EscalationStep
from routing_rules.selectors.escalation import escalation_of, escalation_policies, items_past_a_share
from tests.routing_rules.escalation.arrange import (
    assigned,
    change,
    escalate,
    history,
    make_on_call,
    make_waiting,
    notices,
    steps,
)
from tests.story import make_hospital, make_radiologist, make_user, see_all

pytestmark = pytest.mark.django_db
REMIND, WIDEN, ALERT, CALL = EscalationStep.Step.values


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def now() -> datetime:
    """A moment after everybody was admitted."""
    return timezone.now() + timedelta(minutes=1)


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_radiologist(north, name="Dr. Ada Roth")


@pytest.fixture
def olga(north: Hospital) -> User:
    return make_user("coordinator", north, name="Olga Hansen")


def test_each_step_at_its_share(north: Hospital, now: datetime, ada: User, olga: User) -> None:
    on_call = make_on_call(north, now=now)
    item = assigned(north, now, ada, used=0.0)
    minute = timedelta(minutes=1)
    assert [escalate(now + at * minute) for at in (14.9, 15, 19, 19.5, 23.9, 24, 26.9, 27, 40)] == [
        *(0, 1, 0, 1, 0, 1, 0, 1, 0)
    ]
    assert steps(item) == [REMIND, WIDEN, ALERT, CALL]
    assert notices(ada) == [("reminder", item.pk)]
    assert notices(olga) == [("alert", item.pk)]
    assert notices(on_call) == [("call", item.pk)]


def test_time_that_passed_in_one_jump_takes_all_steps_in_order(
    north: Hospital, now: datetime, ada: User, olga: User
) -> None:
    on_call = make_on_call(north, now=now, name="Dr. Nils Berg")
    item = assigned(north, now, ada, used=1.5)
    number = escalate(now)
    assert steps(item) == [REMIND, WIDEN, ALERT, CALL]
    assert number == 4
    assert history(item) == [
        "Reader reminded: Dr. Ada Roth; 15 min overdue",
        "Pool widened to every reader who may read it; 15 min overdue",
        "Coordinator alerted: Olga Hansen; 15 min overdue",
        "On-call reader called: Dr. Nils Berg; 15 min overdue",
    ]
    assert escalate(now) == 0
    assert (len(notices(ada)), len(notices(olga)), len(notices(on_call))) == (1, 1, 1)


def test_a_step_leaves_the_status_and_is_an_event(north: Hospital, now: datetime, ada: User) -> None:
    item = assigned(north, now, ada, used=0.7)
    before = item.version
    escalate(now)
    with see_all():
        item.refresh_from_db()
        events = list(Event.objects.filter(name="WorklistItemEscalated").order_by("pk"))
        transition = item.transitions.last()
    assert (item.status, item.assigned_to_id, item.version) == ("assigned", ada.pk, before + 2)
    assert [event.payload["step"] for event in events] == [REMIND, WIDEN]
    assert events[0].payload["user_ids"] == [ada.pk]
    assert (transition.from_status, transition.to_status, transition.actor_id) == ("assigned", "assigned", None)


def test_with_no_reader_the_coordinator_is_alerted_instead(north: Hospital, now: datetime, olga: User) -> None:
    item = make_waiting(north, now, used=0.55)
    escalate(now)
    assert steps(item) == [ALERT]
    assert notices(olga) == [("alert", item.pk)]


def test_the_reader_it_goes_to_later_is_reminded_then(north: Hospital, now: datetime, ada: User) -> None:
    item = make_waiting(north, now, used=0.55)
    escalate(now)
    change(item, status="assigned", assigned_to=ada)
    escalate(now)
    assert steps(item) == [ALERT, REMIND]


def test_who_reads_is_reminded_and_the_pool_is_left(north: Hospital, now: datetime, ada: User, olga: User) -> None:
    make_on_call(north, now=now)
    item = assigned(north, now, ada, used=1.1)
    change(item, status="reading", claimed_by=ada, claimed_at=now - timedelta(minutes=20))
    escalate(now)
    assert steps(item) == [REMIND, ALERT]
    assert notices(ada) == [("reminder", item.pk)]


@pytest.mark.parametrize("status", ["signing", "signed", "cancelled"])
def test_what_is_signed_or_cancelled_is_left_alone(north: Hospital, now: datetime, ada: User, status: str) -> None:
    item = assigned(north, now, ada, used=2.0)
    change(item, status=status)
    assert escalate(now) == 0
    assert steps(item) == []


def test_only_people_of_the_hospital_are_told(north: Hospital, now: datetime, ada: User, olga: User) -> None:
    south = make_hospital("SOUTH")
    stranger, other_on_call = make_user("coordinator", south), make_on_call(south, now=now)
    ended = make_user("coordinator", north)
    ended.memberships.update(valid_until=now - timedelta(days=1))
    assigned(north, now, ada, used=1.0)
    escalate(now)
    assert (notices(stranger), notices(other_on_call), notices(ended)) == ([], [], [])
    assert len(notices(olga)) == 1


def test_who_is_on_call_but_may_not_read_it_is_not_called(north: Hospital, now: datetime, ada: User) -> None:
    barred = make_on_call(north, now=now)
    barred.credentials.update(valid_until=now - timedelta(days=1))
    on_shift_and_on_call = make_on_call(north, now=now)
    Shift.objects.create(
        radiologist=on_shift_and_on_call, starts_at=now - timedelta(hours=2), ends_at=now + timedelta(hours=1)
    )
    item = assigned(north, now, ada, used=1.0)
    escalate(now)
    assert CALL not in steps(item)
    late_comer = make_on_call(north, now=now)
    escalate(now)
    assert steps(item)[-1] == CALL
    assert notices(late_comer) == [("call", item.pk)]
    assert (notices(barred), notices(on_shift_and_on_call)) == ([], [])


def test_a_deadline_moved_later_lets_a_step_come_again_when_it_is_due(
    north: Hospital, now: datetime, ada: User
) -> None:
    item = assigned(north, now, ada, used=0.55)
    escalate(now)
    later = item.deadline_at + timedelta(minutes=30)
    change(item, deadline_at=later, service_level_minutes=60)
    with see_all():
        assert escalation_of([item.pk]) == {item.pk: frozenset()}
    assert escalate(now) == 0
    assert escalate(now + timedelta(minutes=14)) == 1
    assert steps(item) == [REMIND, REMIND]


def test_a_deadline_moved_forward_keeps_what_was_done(north: Hospital, now: datetime, ada: User, olga: User) -> None:
    item = assigned(north, now, ada, used=0.76, priority="routine", minutes=1440)
    escalate(now)
    assert steps(item) == [REMIND]
    change(item, priority="stat", deadline_at=now + timedelta(minutes=5), service_level_minutes=30)
    escalate(now)
    assert steps(item) == [REMIND, WIDEN, ALERT]
    with see_all():
        assert escalation_of([item.pk])[item.pk] == {REMIND, WIDEN, ALERT}


def test_a_policy_of_the_network_counts_from_the_next_sweep(north: Hospital, now: datetime, ada: User) -> None:
    item = assigned(north, now, ada, used=0.3)
    assert escalate(now) == 0
    EscalationPolicy.objects.create(priority="stat", remind_reader_at=0.25, widen_pool_at=None, edit_number=1)
    assert escalation_policies()["stat"].shares.widen_pool is None
    escalate(now)
    change(item, deadline_at=now - timedelta(minutes=9))
    escalate(now)
    assert steps(item) == [REMIND, ALERT]


@pytest.mark.parametrize(("comes_in_minutes", "alerted"), [(None, [ALERT]), (20, []), (25, [ALERT])])
def test_a_pin_to_somebody_off_shift_alerts_at_once_unless_they_come_in_time(
    north: Hospital, now: datetime, comes_in_minutes: int | None, alerted: list[str]
) -> None:
    away = make_radiologist(north, on_shift=False)
    if comes_in_minutes is not None:
        begins = now + timedelta(minutes=comes_in_minutes)
        Shift.objects.create(radiologist=away, starts_at=begins, ends_at=begins + timedelta(hours=8))
    item = assigned(north, now, away, used=0.0, is_pinned=True)
    escalate(now)
    assert steps(item) == alerted


def test_a_pin_to_somebody_on_shift_waits_for_its_share(north: Hospital, now: datetime, ada: User) -> None:
    item = assigned(north, now, ada, used=0.1, is_pinned=True)
    assert escalate(now) == 0
    escalate(now + timedelta(minutes=60))
    assert steps(item) == [REMIND, ALERT]


def test_items_past_a_share_are_found_by_one_query(
    north: Hospital, now: datetime, ada: User, django_assert_num_queries: object
) -> None:
    due = assigned(north, now, ada, used=0.6)
    assigned(north, now, ada, used=0.4)
    with see_all():
        policies = list(escalation_policies().values())
        with django_assert_num_queries(1):
            assert [item.pk for item in items_past_a_share(now, policies)] == [due.pk]


def test_one_item_that_fails_stops_no_other(
    north: Hospital, now: datetime, ada: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from routing_rules.services import escalation

    first, second = assigned(north, now, ada, used=1.2), assigned(north, now, ada, used=0.6)
    take = escalation._take

    def fail_for_first(item: object, step: str, duty: object) -> None:
        if item.pk == first.pk and step == WIDEN:
            raise RuntimeError("lost")
        take(item, step, duty)

    monkeypatch.setattr(escalation, "_take", fail_for_first)
    assert escalate(now) == 1
    assert (steps(first), steps(second)) == ([], [REMIND])
    assert "lost" in caplog.text
