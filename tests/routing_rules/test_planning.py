"""Assignment of real items: planned over all, stored with its explanation, left alone where a person decided."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hospitals.models import Credential, Hospital, Shift, User
from routing_rules.demonstration import RULES
from routing_rules.errors import NoRuleSetPublished
from routing_rules.models import AssignmentDecision, ItemDemand, PlanningRun
from routing_rules.services import planning
from routing_rules.services.planning import plan_now
from routing_rules.services.rule_sets import publish_rule_set
from tests.story import as_user, make_hospital, make_item, make_patient, make_radiologist, make_study, see_all
from worklist.models import WorklistItem
from worklist.services import claim_worklist_item, release_worklist_item


@pytest.fixture
def north(db: None) -> Hospital:
    hospital = make_hospital("NORTH")
    with see_all():
        publish_rule_set(rules=RULES)
    return hospital


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_radiologist(north, subspecialties=("neuro",), name="Dr. Ada Roth")


def planned(*items: WorklistItem) -> list[AssignmentDecision]:
    """Plan now; return the decisions of that run, and the items as they are then."""
    (done,) = plan_now(even_if_not_asked=True)
    with see_all():
        for item in items:
            item.refresh_from_db()
    return list(done.decisions)


def reasons(decision: AssignmentDecision) -> dict[str, str]:
    return {candidate["name"]: candidate["reason"] for candidate in decision.decision["candidates"]}


def test_item_goes_to_the_eligible_reader_and_every_reader_is_explained(north: Hospital, ada: User) -> None:
    make_radiologist(north, subspecialties=("body",), name="Dr. David Lind")
    item = make_item(north)
    (stored,) = planned(item)
    assert (item.status, item.assigned_to_id, item.place, float(item.expected_minutes)) == ("assigned", ada.pk, 1, 10.0)
    assert reasons(stored)["Dr. David Lind"] == "Does not read neuro"
    assert stored.decision["matched_rules"] == ["Head and neck"]
    assert stored.planning_run.plan == {str(item.pk): ada.pk}


def test_a_run_that_changes_nothing_stores_nothing(north: Hospital, ada: User) -> None:
    planned(make_item(north))
    assert planned() == []
    assert PlanningRun.objects.count() == 1
    with see_all():
        assert ItemDemand.objects.get().item_version == WorklistItem.objects.get().version


def test_a_reader_whose_credential_lapsed_is_passed_over_with_the_reason(north: Hospital, ada: User) -> None:
    bruno = make_radiologist(north, subspecialties=("neuro",), name="Dr. Bruno Sato")
    Credential.objects.filter(radiologist=ada).update(valid_until=timezone.now() - timedelta(minutes=1))
    item = make_item(north)
    (stored,) = planned(item)
    assert item.assigned_to == bruno
    assert reasons(stored)["Dr. Ada Roth"] == "No credential at NORTH"


def test_load_counts_work_of_other_hospitals(north: Hospital, ada: User) -> None:
    south = make_hospital("SOUTH")
    bruno = make_radiologist(north, south, subspecialties=("neuro",))
    for _ in range(3):
        make_item(south, status="reading", assigned_to=ada, claimed_by=ada, claimed_at=timezone.now())
    item = make_item(north)
    planned(item)
    assert item.assigned_to == bruno


def test_nobody_eligible_leaves_the_item_unassigned_and_says_why_once(north: Hospital) -> None:
    make_radiologist(north, on_shift=False)
    item = make_item(north)
    (stored,) = planned(item)
    assert (stored.chosen_id, item.status, item.place) == (None, "unassigned", None)
    assert planned() == []


def test_nobody_for_a_new_reason_is_a_new_decision(north: Hospital) -> None:
    reader = make_radiologist(north, on_shift=False)
    planned(make_item(north))
    Credential.objects.filter(radiologist=reader).delete()
    (stored,) = planned()
    assert reasons(stored)[reader.name] == "No credential at NORTH"


def test_item_waits_for_the_shift(north: Hospital) -> None:
    reader = make_radiologist(north, on_shift=False)
    planned(make_item(north))
    now = timezone.now()
    Shift.objects.create(radiologist=reader, starts_at=now, ends_at=now + timedelta(hours=8))
    (stored,) = planned()
    assert stored.chosen == reader


def test_opened_and_pinned_items_are_left_alone(north: Hospital, ada: User) -> None:
    opened, pinned = make_item(north), make_item(north, status="assigned", assigned_to=ada, is_pinned=True)
    with as_user(ada):
        claim_worklist_item(worklist_item_id=opened.pk, user=ada)
    assert planned(opened, pinned) == []
    assert (opened.status, opened.claimed_by, opened.place) == ("reading", ada, None)
    assert (pinned.assigned_to, pinned.is_pinned, pinned.place) == (ada, True, 1)


def test_reader_who_gave_it_back_does_not_get_it_again(north: Hospital, ada: User) -> None:
    item = make_item(north)
    planned(item)
    with as_user(ada):
        release_worklist_item(worklist_item_id=item.pk, user=ada)
    (stored,) = planned(item)
    assert (item.status, stored.chosen_id) == ("unassigned", None)
    assert reasons(stored)["Dr. Ada Roth"] == "Has given this item back, or it was taken back"


def test_child_goes_to_a_paediatric_reader(north: Hospital, ada: User) -> None:
    keiko = make_radiologist(north, subspecialties=("paediatric",))
    born = timezone.now().date() - timedelta(days=6 * 365)
    item = make_item(
        north, make_study(north, make_patient(north, birth_date=born), body_part="CHEST", modalities=["CR"])
    )
    planned(item)
    assert item.assigned_to == keiko


def test_without_rules_the_plan_fails_loudly(db: None) -> None:
    make_item(make_hospital())
    with pytest.raises(NoRuleSetPublished):
        planned()


def test_publishing_takes_effect_on_the_next_decision(north: Hospital, ada: User) -> None:
    item = make_item(north)
    planned(item)
    with see_all():
        publish_rule_set(rules=[{"name": "Not Ada", "when": {}, "then": {"never_reader": ada.email}}])
    planned(item)
    assert item.status == WorklistItem.Status.UNASSIGNED


def rule(when: dict[str, Any], **then: Any) -> list[dict[str, Any]]:
    return [{"name": "The rule", "when": when, "then": then}, {"name": "Default", "when": {}, "then": {}}]


MORNING = {"fact": "time_of_day", "operator": "is_before", "value": "12:00"}


def test_a_great_change_is_carried_out_in_several_runs_the_most_urgent_first(
    north: Hospital, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MOST_DECISIONS", 2)
    now = timezone.now()
    items = [make_item(north, deadline_at=now + timedelta(hours=hours)) for hours in (20, 5, 10)]
    nobodys = [make_item(north, make_study(north, body_part="BREAST", modalities=["MG"])) for _ in range(3)]
    rounds = plan_now(even_if_not_asked=True)
    decided = [{decision.worklist_item_id for decision in done.decisions} for done in rounds]
    assert decided[0] == {items[1].pk, items[2].pk, nobodys[0].pk, nobodys[1].pk}
    assert decided[1] == {items[0].pk, nobodys[2].pk}
    assert len(rounds) == 2
    with see_all():
        assert set(WorklistItem.objects.filter(assigned_to=ada).values_list("pk", flat=True)) == {
            item.pk for item in items
        }


def test_lists_do_not_flicker_as_minutes_pass(north: Hospital, ada: User) -> None:
    for _ in range(3):
        make_radiologist(north, subspecialties=("neuro", "body"))
    now = timezone.now()
    for number in range(16):
        make_item(north, deadline_at=now + timedelta(hours=3 + number), service_level_minutes=1440)
    planned()
    moved = [
        len(done.decisions)
        for minutes in range(1, 6)
        for done in plan_now(now + timedelta(minutes=minutes), even_if_not_asked=True)
    ]
    assert moved == [0] * 5
