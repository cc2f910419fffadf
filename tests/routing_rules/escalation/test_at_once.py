"""Two sweepers at once take each step once; one that is killed leaves nothing half taken."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from routing_rules.models import EscalationStep
from routing_rules.services import escalation
from tests.routing_rules.escalation.arrange import assigned, escalate, history, notices, steps
from tests.story import make_hospital, make_radiologist, make_user
from worklist.models import WorklistItem

REMIND, WIDEN, ALERT, _CALL = EscalationStep.Step.values


class Sweepers:
    """Two sweepers, the first of which stops inside its transaction after its second step until it is let go."""

    def __init__(self, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pool = pool
        self.now = timezone.now() + timedelta(minutes=1)
        self.is_inside, self.may_go_on = threading.Event(), threading.Event()
        self.process_id = 0
        self.take = escalation._take
        monkeypatch.setattr(escalation, "_take", self._take_slowly)

    def _take_slowly(self, item: WorklistItem, step: str, duty: escalation.Duty) -> None:
        self.take(item, step, duty)
        if step == WIDEN and threading.current_thread().name == "first":
            with connection.cursor() as cursor:
                cursor.execute("select pg_backend_pid()")
                self.process_id = cursor.fetchone()[0]
            self.is_inside.set()
            self.may_go_on.wait(10)

    def start_first(self) -> "Future[int]":
        def sweep() -> int:
            threading.current_thread().name = "first"
            try:
                return escalate(self.now)
            finally:
                connections.close_all()

        future = self.pool.submit(sweep)
        assert self.is_inside.wait(30)
        return future


@pytest.fixture
def sweepers(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sweepers]:
    with ThreadPoolExecutor(1) as pool:
        yield Sweepers(pool, monkeypatch)


@pytest.fixture
def item(sweepers: Sweepers) -> WorklistItem:
    north = make_hospital("NORTH")
    make_user("coordinator", north, name="Olga Hansen")
    return assigned(north, sweepers.now, make_radiologist(north), used=1.0)


def test_the_second_sweeper_leaves_the_item_to_the_first(sweepers: Sweepers, item: WorklistItem) -> None:
    first = sweepers.start_first()
    assert escalate(sweepers.now) == 0
    sweepers.may_go_on.set()
    assert first.result(30) == 3
    assert steps(item) == [REMIND, WIDEN, ALERT]
    assert len(history(item)) == 3
    assert notices(item.assigned_to) == [("reminder", item.pk)]


def test_without_the_lock_they_collide(
    sweepers: Sweepers, item: WorklistItem, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The twin: both take the same step, and only the constraint keeps it from being taken twice."""

    def unlocked(worklist_item_id: int) -> WorklistItem:
        return WorklistItem.objects.select_related("hospital", "study", "order").get(pk=worklist_item_id)

    monkeypatch.setattr(escalation, "lock_free_item", unlocked)
    monkeypatch.setattr("worklist.transitions.lock_item", unlocked)
    first = sweepers.start_first()
    threading.Timer(0.5, sweepers.may_go_on.set).start()
    assert escalate(sweepers.now) == 0
    assert first.result(30) == 3
    assert "escalation_step_once" in caplog.text
    assert steps(item) == [REMIND, WIDEN, ALERT]


def test_a_sweeper_killed_between_two_steps_leaves_nothing_and_the_next_takes_all(
    sweepers: Sweepers, item: WorklistItem, caplog: pytest.LogCaptureFixture
) -> None:
    first = sweepers.start_first()
    with connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s)", [sweepers.process_id])
    sweepers.may_go_on.set()
    assert not first.exception(30) or "terminat" in str(first.exception())
    assert (steps(item), history(item), notices(item.assigned_to)) == ([], [], [])
    assert _sweep_again(sweepers.now) == 3
    assert steps(item) == [REMIND, WIDEN, ALERT]
    assert notices(item.assigned_to) == [("reminder", item.pk)]


def _sweep_again(now: datetime) -> int:
    return escalate(now)
