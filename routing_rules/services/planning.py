"""The planner: who reads what, over all waiting items and all readers, again and again as things happen.

One run at a time in the network, held by an advisory lock. A run is one transaction: snapshot, plan, what it changes,
and what explains it. Whoever asks while a run is under way leaves, and the run goes round again: the request was
committed before the lock was tried, and the run looks for requests after it has let go of the lock.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import F
from django.utils import timezone

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from routing_rules.engine.planning import plan_and_problem
from routing_rules.models import AssignmentDecision, PlanningState
from routing_rules.selectors.rule_sets import rule_set_in_force
from routing_rules.selectors.snapshot import take_snapshot
from routing_rules.services.decisions import Decided, store_decisions
from routing_rules.services.demands import follow_versions, store_demands
from routing_rules.services.nobody import decisions_for_nobody
from routing_rules.services.wishes import Explained, planned_changes
from worklist.services.planned import carry_out_plan

PLANNER_LOCK = 7_301_002
# So that a stream of requests cannot keep one worker for ever: the rest is the next task's, or the sweep's.
MOST_ROUNDS = 20
# Each is written down with every candidate: after a great change (new rules for a full network) the most urgent items
# come first, and what arrives in between does not wait for all of it.
MOST_DECISIONS = 400


@dataclass(frozen=True)
class Round:
    """What one run did; `decisions` are those it stored."""

    number_of_items: int
    decisions: tuple[AssignmentDecision, ...]
    milliseconds: float


def request_plan() -> None:
    """Ask for a plan in the caller's transaction: commit, then call `plan_now` or leave it to the task.

    For handlers, whose transaction holds nothing that a run might wait for.
    """
    if not PlanningState.objects.filter(pk=1).update(requested=F("requested") + 1):
        PlanningState.objects.bulk_create([PlanningState(requested=0)], ignore_conflicts=True)
        PlanningState.objects.filter(pk=1).update(requested=F("requested") + 1)


def plan_now(now: datetime | None = None, *, even_if_not_asked: bool = False) -> list[Round]:
    """Plan until no request is left; return the rounds, none when another process is planning or nobody asked.

    Raises NoRuleSetPublished. `now` is for the first round.
    """
    rounds: list[Round] = []
    for number in range(MOST_ROUNDS):
        if not (even_if_not_asked and number == 0) and not is_asked_for():
            break
        done = _run_alone(now if now and number == 0 else timezone.now())
        if done is None:
            break
        rounds.append(done)
    return rounds


def planner_lock() -> int:
    """Return the number of the advisory lock that a run holds until its transaction ends."""
    return PLANNER_LOCK


def is_asked_for() -> bool:
    """Say whether a plan was asked for that no run has answered yet."""
    return PlanningState.objects.filter(requested__gt=F("planned")).exists()


def _run_alone(now: datetime) -> Round | None:
    """Plan once in one transaction; None when another process holds the lock."""
    with open_scope(all_hospitals_scope(process="assignment")):
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_xact_lock(%s)", [planner_lock()])
            if cursor.fetchone() != (True,):
                return None
        asked = PlanningState.objects.filter(pk=1).values_list("requested", flat=True).first() or 0
        done = _run(now)
        PlanningState.objects.bulk_create(
            [PlanningState(requested=asked, planned=asked, planned_at=now)],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["planned", "planned_at"],
        )
    return done


def _run(now: datetime) -> Round:
    begun = time.perf_counter()
    rule_set = rule_set_in_force()
    taken = take_snapshot(now, rule_set)
    planned, problem = plan_and_problem(taken.snapshot)
    explained = Explained(taken.snapshot, planned, problem)
    found = planned_changes(taken, planned, explained, most=MOST_DECISIONS)
    versions = carry_out_plan(wishes=[change.wish for change in found.changes], now=now) if found.changes else {}
    store_demands(taken.ruled, rule_set=rule_set, versions=versions, now=now)
    follow_versions(versions)
    decided = [
        Decided(change.wish.worklist_item_id, change.hospital_id, change.wish.radiologist_id, change.explanation)
        for change in found.changes
        if change.explanation is not None and change.wish.worklist_item_id in versions
    ]
    for_nobody, are_all = decisions_for_nobody(taken, planned, explained, most=MOST_DECISIONS)
    if not (found.are_all and are_all):
        request_plan()
    decided += for_nobody
    milliseconds = (time.perf_counter() - begun) * 1000
    stored = store_decisions(
        sorted(decided, key=lambda one: one.item_id),
        snapshot=taken.snapshot,
        plan=planned,
        rule_set=rule_set,
        now=now,
        milliseconds=milliseconds,
    )
    return Round(len(taken.snapshot.items), tuple(stored), milliseconds)
