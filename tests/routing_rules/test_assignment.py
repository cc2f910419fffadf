"""Assignment of real items: stored with its explanation, replayable, left alone where a person decided."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hospitals.models import Credential, Hospital, Shift, User
from routing_rules.demonstration import RULES
from routing_rules.errors import NoRuleSetPublished
from routing_rules.models import AssignmentDecision
from routing_rules.services.assignment import decide_for_item, replay
from routing_rules.services.rule_sets import publish_rule_set
from tests.story import as_user, make_hospital, make_item, make_radiologist, make_study, see_all
from worklist.models import WorklistItem
from worklist.services.claims import claim_worklist_item


@pytest.fixture
def north(db: None) -> Hospital:
    hospital = make_hospital("NORTH")
    with see_all():
        publish_rule_set(rules=RULES)
    return hospital


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_radiologist(north, subspecialties=("neuro",), name="Dr. Ada Roth")


def test_item_goes_to_the_eligible_reader_and_every_reader_is_explained(north: Hospital, ada: User) -> None:
    make_radiologist(north, subspecialties=("body",), name="Dr. David Lind")
    item = make_item(north)
    stored = decide_for_item(worklist_item_id=item.pk)
    with see_all():
        item.refresh_from_db()
        assert (item.status, item.assigned_to, float(item.expected_minutes)) == ("assigned", ada, 10.0)
        reasons = {candidate["name"]: candidate["reason"] for candidate in stored.decision["candidates"]}
    assert reasons == {"Dr. Ada Roth": "0 min waiting in 0 open items", "Dr. David Lind": "Does not read neuro"}
    assert stored.decision["matched_rules"] == ["Head and neck"]


def test_a_reader_whose_credential_lapsed_is_passed_over_with_the_reason(north: Hospital, ada: User) -> None:
    bruno = make_radiologist(north, subspecialties=("neuro",), name="Dr. Bruno Sato")
    Credential.objects.filter(radiologist=ada).update(valid_until=timezone.now() - timedelta(minutes=1))
    item = make_item(north)
    stored = decide_for_item(worklist_item_id=item.pk)
    with see_all():
        item.refresh_from_db()
        assert item.assigned_to == bruno
        reasons = {candidate["name"]: candidate["reason"] for candidate in stored.decision["candidates"]}
        stored.refresh_from_db()
        assert replay(stored).reader_id == bruno.pk
    assert reasons["Dr. Ada Roth"] == "No credential at NORTH"


def test_load_counts_work_of_other_hospitals(north: Hospital, ada: User) -> None:
    south = make_hospital("SOUTH")
    bruno = make_radiologist(north, south, subspecialties=("neuro",))
    for _ in range(3):
        make_item(south, status="assigned", assigned_to=ada)
    item = make_item(north)
    decide_for_item(worklist_item_id=item.pk)
    with see_all():
        item.refresh_from_db()
        assert item.assigned_to == bruno


def test_stored_decision_replays_to_the_same(north: Hospital, ada: User) -> None:
    make_radiologist(north, subspecialties=("neuro", "body"))
    decide_for_item(worklist_item_id=make_item(north).pk)
    with see_all():
        stored = AssignmentDecision.objects.select_related("rule_set").get()
        assert replay(stored).as_dict() == stored.decision


def test_nobody_eligible_leaves_the_item_unassigned_and_says_why_once(north: Hospital) -> None:
    make_radiologist(north, on_shift=False)
    item = make_item(north)
    assert decide_for_item(worklist_item_id=item.pk).chosen_id is None
    assert decide_for_item(worklist_item_id=item.pk) is None
    with see_all():
        item.refresh_from_db()
        assert item.status == "unassigned"
        assert AssignmentDecision.objects.count() == 1


def test_item_waits_for_the_shift(north: Hospital) -> None:
    reader = make_radiologist(north, on_shift=False)
    item = make_item(north)
    decide_for_item(worklist_item_id=item.pk)
    now = timezone.now()
    Shift.objects.create(radiologist=reader, starts_at=now, ends_at=now + timedelta(hours=8))
    assert decide_for_item(worklist_item_id=item.pk).chosen == reader


def test_opened_and_pinned_items_are_left_alone(north: Hospital, ada: User) -> None:
    opened, pinned = make_item(north), make_item(north, status="assigned", assigned_to=ada, is_pinned=True)
    with as_user(ada):
        claim_worklist_item(worklist_item_id=opened.pk, user=ada)
    assert decide_for_item(worklist_item_id=opened.pk) is None
    assert decide_for_item(worklist_item_id=pinned.pk) is None


def test_reader_who_gave_it_back_does_not_get_it_again(north: Hospital, ada: User) -> None:
    item = make_item(north)
    stored = decide_for_item(worklist_item_id=item.pk, not_reader_id=ada.pk)
    assert stored.chosen_id is None
    assert stored.decision["candidates"][0]["reason"] == "Has just given this item back"


def test_child_goes_to_a_paediatric_reader(north: Hospital, ada: User) -> None:
    from tests.story import make_patient

    keiko = make_radiologist(north, subspecialties=("paediatric",))
    born = timezone.now().date() - timedelta(days=6 * 365)
    study = make_study(north, make_patient(north, birth_date=born), body_part="CHEST", modalities=["CR"])
    item = make_item(north, study)
    decide_for_item(worklist_item_id=item.pk)
    with see_all():
        item.refresh_from_db()
        assert item.assigned_to == keiko


def test_without_rules_the_decision_fails_loudly(db: None) -> None:
    hospital = make_hospital()
    item = make_item(hospital)
    with pytest.raises(NoRuleSetPublished):
        decide_for_item(worklist_item_id=item.pk)


def test_publishing_takes_effect_on_the_next_decision(north: Hospital, ada: User) -> None:
    item = make_item(north)
    decide_for_item(worklist_item_id=item.pk)
    with see_all():
        publish_rule_set(rules=[{"name": "Not Ada", "when": {}, "then": {"never_reader": ada.email}}])
    decide_for_item(worklist_item_id=item.pk)
    with see_all():
        item.refresh_from_db()
        assert item.status == WorklistItem.Status.UNASSIGNED
