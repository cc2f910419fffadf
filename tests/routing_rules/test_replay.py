"""Stored decisions come out the same again, bit for bit; what was tampered with or is too old says so."""

import json
import zlib
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hospitals.models import Hospital
from routing_rules.demonstration import RULES
from routing_rules.models import AssignmentDecision, PlanningRun
from routing_rules.services.decisions import canonical_json
from routing_rules.services.planning import plan_now
from routing_rules.services.replay import (
    DAYS_SNAPSHOTS_ARE_KEPT,
    Replayed,
    empty_old_snapshots,
    replay_decisions,
)
from routing_rules.services.rule_sets import publish_rule_set
from tests.story import make_hospital, make_item, make_radiologist, make_study, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    hospital = make_hospital("NORTH")
    with see_all():
        publish_rule_set(rules=RULES)
    return hospital


@pytest.fixture
def decided(north: Hospital) -> list[AssignmentDecision]:
    """Decisions of three runs under two rule sets: for readers, for nobody, moved by new rules."""
    ada = make_radiologist(north, subspecialties=("neuro",))
    make_radiologist(north, subspecialties=("neuro", "body"))
    for _ in range(4):
        make_item(north)
    make_item(north, make_study(north, body_part="BREAST", modalities=["MG"]))
    rounds = plan_now(even_if_not_asked=True)
    make_item(north)
    rounds += plan_now(even_if_not_asked=True)
    with see_all():
        publish_rule_set(rules=[{"name": "Not Ada", "when": {}, "then": {"never_reader": ada.email}}])
    rounds += plan_now(even_if_not_asked=True)
    assert [len(done.decisions) > 0 for done in rounds] == [True, True, True]
    return [decision for done in rounds for decision in done.decisions]


def replayed() -> list[Replayed]:
    with see_all():
        return list(replay_decisions())


def test_every_decision_comes_out_the_same(decided: list[AssignmentDecision]) -> None:
    found = replayed()
    assert {one.decision_id for one in found} == {decision.pk for decision in decided}
    assert [one for one in found if one.difference or not one.has_snapshot] == []


@pytest.mark.parametrize("field", ["reason", "score", "summary"])
def test_a_changed_reason_is_noticed(decided: list[AssignmentDecision], field: str) -> None:
    decision = next(decision for decision in decided if decision.chosen_id)
    if field == "summary":
        decision.decision["summary"] += "!"
    else:
        decision.decision["candidates"][0][field] = 1.5
    with see_all():
        AssignmentDecision.objects.filter(pk=decision.pk).update(decision=decision.decision)
    assert {one.decision_id: one.difference for one in replayed() if one.difference} == {
        decision.pk: "The same reader for other reasons"
    }


def test_another_reader_is_noticed(decided: list[AssignmentDecision], north: Hospital) -> None:
    decision, other = decided[0], make_radiologist(north)
    with see_all():
        AssignmentDecision.objects.filter(pk=decision.pk).update(chosen=other)
    (found,) = [one for one in replayed() if one.difference]
    assert found.difference.startswith("Another reader:")


def test_changed_facts_are_noticed(decided: list[AssignmentDecision]) -> None:
    decision = decided[0]
    with see_all():
        AssignmentDecision.objects.filter(pk=decision.pk).update(facts=decision.facts | {"modality": "MG"})
    assert [one.difference for one in replayed() if one.difference] == ["The rules ask for something else"]


def test_a_changed_snapshot_is_noticed(decided: list[AssignmentDecision]) -> None:
    run = PlanningRun.objects.order_by("pk").first()
    snapshot = json.loads(zlib.decompress(bytes(run.snapshot)))
    snapshot["readers"][0]["speed_factor"] = 1.5
    run.snapshot = zlib.compress(canonical_json(snapshot))
    run.save(update_fields=["snapshot"])
    words = {one.difference for one in replayed() if one.difference}
    assert words == {"The stored snapshot is not the one that was planned from"}


def test_old_snapshots_are_emptied_and_say_so(decided: list[AssignmentDecision]) -> None:
    old, *_rest = PlanningRun.objects.order_by("pk")
    PlanningRun.objects.filter(pk=old.pk).update(
        planned_at=timezone.now() - timedelta(days=DAYS_SNAPSHOTS_ARE_KEPT, hours=1)
    )
    assert empty_old_snapshots(now=timezone.now()) == 1
    assert empty_old_snapshots(now=timezone.now()) == 0
    found = replayed()
    without = {one.decision_id for one in found if not one.has_snapshot}
    assert without == {decision.pk for decision in decided if decision.planning_run_id == old.pk}
    assert not any(one.difference for one in found)


def test_the_command_counts_and_fails_on_a_difference(decided: list[AssignmentDecision]) -> None:
    out = StringIO()
    call_command("replay_decisions", stdout=out)
    assert f"{len(decided)} decisions, {len(decided)} the same; of 0 only the demand" in out.getvalue()
    assert "100%" in out.getvalue()
    with see_all():
        AssignmentDecision.objects.filter(pk=decided[0].pk).update(chosen=None)
    with pytest.raises(CommandError, match="1 decisions come out otherwise"):
        call_command("replay_decisions", "--since", "1", stdout=out)
    assert f"Decision {decided[0].pk} on item" in out.getvalue()
    with pytest.raises(CommandError, match="neither an instant"):
        call_command("replay_decisions", "--since", "yesterday", stdout=out)


def test_queries_of_a_run_do_not_grow_with_the_items(north: Hospital, django_assert_num_queries: object) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_radiologist(north, subspecialties=("neuro",))
    make_radiologist(north, subspecialties=("body",))

    def queries_with(items: int) -> int:
        for number in range(items):
            make_item(north, make_study(north, body_part=("HEAD", "BREAST")[number % 2]))
        with CaptureQueriesContext(connection) as captured:
            plan_now(even_if_not_asked=True)
        return len(captured.captured_queries)

    plan_now(even_if_not_asked=True)
    few, many = queries_with(4), queries_with(40)
    assert few == many
    assert many < 70
