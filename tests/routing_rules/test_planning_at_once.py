"""Planners, claims and publications that meet: one planner works, nobody loses an item, half a plan is no plan."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from hospitals.models import Hospital, User
from routing_rules.demonstration import RULES
from routing_rules.models import AssignmentDecision, PlanningRun
from routing_rules.services import planning
from routing_rules.services.planning import Round, is_asked_for, plan_now, request_plan
from routing_rules.services.rule_sets import publish_rule_set
from tests.installation import wait_for
from tests.servers import PROJECT
from tests.story import as_user, make_hospital, make_item, make_radiologist, see_all
from worklist.errors import WorklistError
from worklist.models import WorklistItem
from worklist.selectors.readers import next_item
from worklist.services import claim_worklist_item, claims


@pytest.fixture
def pool(committed_db: None) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(6) as pool:
        yield pool


@pytest.fixture
def north(pool: ThreadPoolExecutor) -> Hospital:
    hospital = make_hospital("NORTH")
    with see_all():
        publish_rule_set(rules=RULES)
    return hospital


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_radiologist(north, subspecialties=("neuro",), name="Dr. Ada Roth")


def apart(work: Callable[[], Any]) -> Any:
    """Do it in this thread with connections of its own."""
    try:
        return work()
    finally:
        connections.close_all()


class SlowPlanner:
    """A planner that holds still between its snapshot and its plan until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has_looked, self.may_go_on = threading.Event(), threading.Event()
        take_snapshot = planning.take_snapshot

        def slowly(*arguments: Any) -> Any:
            taken = take_snapshot(*arguments)
            if not self.has_looked.is_set():
                self.has_looked.set()
                assert self.may_go_on.wait(60)
            return taken

        monkeypatch.setattr(planning, "take_snapshot", slowly)


def run_two(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Round], list[Round]]:
    """Start a second planner while the first has looked, but not planned."""
    slow = SlowPlanner(monkeypatch)
    request_plan()
    first = pool.submit(apart, plan_now)
    assert slow.has_looked.wait(60)
    request_plan()
    try:
        second = pool.submit(apart, plan_now).result(60)
    finally:
        slow.may_go_on.set()
    return first.result(60), second


def test_of_two_planners_one_works_and_nothing_is_lost(
    north: Hospital, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_item(north)
    first, second = run_two(pool, monkeypatch)
    assert (len(first), len(second)) == (2, 0)
    assert not is_asked_for()
    with see_all():
        assert AssignmentDecision.objects.count() == 1


def test_without_the_lock_both_work_at_the_same_time(
    north: Hospital, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: a lock for each run keeps nobody out."""
    numbers = itertools.count(1_000)
    monkeypatch.setattr(planning, "planner_lock", lambda: next(numbers))
    make_item(north)
    _first, second = run_two(pool, monkeypatch)
    assert len(second) == 1


def test_a_claim_that_is_faster_wins_and_the_run_goes_on(
    north: Hospital, ada: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, other = make_item(north), make_item(north)
    bruno = make_radiologist(north, subspecialties=("neuro",), on_shift=False)
    slow = SlowPlanner(monkeypatch)
    request_plan()
    run = pool.submit(apart, plan_now)
    assert slow.has_looked.wait(60)
    with as_user(bruno):
        claim_worklist_item(worklist_item_id=taken.pk, user=bruno)
    slow.may_go_on.set()
    (done,) = run.result(60)
    with see_all():
        for item in (taken, other):
            item.refresh_from_db()
        assert [decision.worklist_item_id for decision in done.decisions] == [other.pk]
        assert (taken.claimed_by, taken.assigned_to, taken.place) == (bruno, bruno, None)
        assert other.assigned_to == ada


def test_a_plan_that_is_killed_half_way_leaves_no_half_plan(north: Hospital, ada: User) -> None:
    items = [make_item(north) for _ in range(3)]
    request_plan()
    code = (
        "import time, django; django.setup()\n"
        "from routing_rules.services import planning\n"
        "def applied(*arguments, **more): print('applied', flush=True); time.sleep(120)\n"
        "planning.store_decisions = applied\n"
        "planning.plan_now()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, env=os.environ, stdout=subprocess.PIPE, text=True
    ) as planner:
        assert planner.stdout is not None
        assert planner.stdout.readline() == "applied\n"
        planner.send_signal(signal.SIGKILL)
    with see_all():
        for item in items:
            item.refresh_from_db()
            assert (item.status, item.assigned_to, item.transitions.count()) == ("unassigned", None, 0)
        assert not AssignmentDecision.objects.exists()
    assert not PlanningRun.objects.exists()
    assert is_asked_for()
    wait_for(plan_now, seconds=30, what="the lock of the planner that is gone")
    with see_all():
        assert AssignmentDecision.objects.filter(chosen=ada).count() == 3


def test_publishing_in_another_process_takes_effect_in_this_ones_next_decision(north: Hospital, ada: User) -> None:
    item = make_item(north)
    plan_now(even_if_not_asked=True)
    rules = [{"name": "Not Ada", "when": {}, "then": {"never_reader": ada.email}}]
    code = (
        "import django; django.setup()\n"
        "from pacs_core.access.scopes import all_hospitals_scope, open_scope\n"
        "from routing_rules.services.rule_sets import publish_rule_set\n"
        "with open_scope(all_hospitals_scope(process='test')):\n"
        f"    publish_rule_set(rules={rules!r})\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=os.environ, check=True)
    plan_now(even_if_not_asked=True)
    with see_all():
        item.refresh_from_db()
        assert item.status == WorklistItem.Status.UNASSIGNED


def test_never_two_owners_while_readers_claim_and_planners_plan(north: Hospital, pool: ThreadPoolExecutor) -> None:
    readers = [make_radiologist(north, subspecialties=("neuro",)) for _ in range(3)]
    items = [make_item(north) for _ in range(18)]
    until = time.monotonic() + 60

    def read(reader: User) -> int:
        claimed = 0
        while time.monotonic() < until:
            with as_user(reader):
                if not WorklistItem.objects.filter(status__in=("unassigned", "assigned")).exists():
                    break
                item = next_item(reader)
                if item is not None:
                    with contextlib.suppress(WorklistError):
                        claim_worklist_item(worklist_item_id=item.pk, user=reader)
                        claimed += 1
        return claimed

    def plan_on() -> None:
        while any(not reading.done() for reading in readings):
            request_plan()
            plan_now()

    readings = [pool.submit(apart, partial(read, reader)) for reader in readers]
    planners = [pool.submit(apart, plan_on) for _ in range(2)]
    assert sum(reading.result(90) for reading in readings) == len(items)
    for planner in planners:
        planner.result(90)
    with see_all():
        for item in WorklistItem.objects.all():
            assert item.status == "reading"
            assert item.claimed_by_id == item.assigned_to_id
            assert item.transitions.filter(action="claim").count() == 1
            assert item.transitions.order_by("pk").last().action == "claim"


def claim_together(pool: ThreadPoolExecutor, item: WorklistItem, readers: list[User]) -> list[bool]:
    together = threading.Barrier(len(readers))

    def claim(reader: User) -> bool:
        with as_user(reader):
            together.wait(30)
            try:
                claim_worklist_item(worklist_item_id=item.pk, user=reader)
            except WorklistError:
                return False
            return True

    return [done.result(60) for done in [pool.submit(apart, partial(claim, reader)) for reader in readers]]


def test_of_readers_who_claim_together_one_wins(north: Hospital, pool: ThreadPoolExecutor) -> None:
    readers = [make_radiologist(north) for _ in range(4)]
    assert sum(claim_together(pool, make_item(north), readers)) == 1


def test_without_the_condition_several_win(
    north: Hospital, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: whoever looks first and writes then takes what another has taken meanwhile."""
    readers = [make_radiologist(north) for _ in range(4)]
    looked = threading.Barrier(len(readers))

    def take(item: WorklistItem, user: User) -> str | None:
        is_free = WorklistItem.objects.filter(pk=item.pk, claimed_by__isnull=True).exists()
        looked.wait(30)
        values = {"status": "reading", "claimed_by": user, "assigned_to": user, "claimed_at": timezone.now()}
        return "unassigned" if is_free and WorklistItem.objects.filter(pk=item.pk).update(**values) else None

    monkeypatch.setattr(claims, "_take", take)
    assert sum(claim_together(pool, make_item(north), readers)) > 1
