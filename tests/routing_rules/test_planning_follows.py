"""The plan follows what happens: each event that may change it asks for it, and readers who go lose what waits."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hospitals.models import Hospital, Shift, User
from hospitals.services.drop_outs import drop_out
from pacs_core import flow
from pacs_core.events.models import Event
from routing_rules import handlers
from routing_rules.demonstration import RULES
from routing_rules.models import AssignmentDecision, PlanningState, Procedure
from routing_rules.selectors.planning_due import is_plan_due
from routing_rules.services.planning import is_asked_for, plan_now, request_plan
from routing_rules.services.procedures import map_procedure, note_procedure
from routing_rules.services.rule_sets import publish_rule_set
from tests.story import (
    as_user,
    make_hospital,
    make_item,
    make_order,
    make_patient,
    make_radiologist,
    make_study,
    make_user,
    see_all,
)
from worklist.models import WorklistItem
from worklist.selectors.readers import next_item
from worklist.services import assign_worklist_item, claim_worklist_item

pytestmark = pytest.mark.django_db
FOLLOWED = (
    "WorklistItemOpened",
    "WorklistItemChanged",
    "WorklistItemAssigned",
    "WorklistItemReleased",
    "WorklistItemClaimed",
    "WorklistItemClosed",
    "WorklistItemEscalated",
    "RotaChanged",
    "RuleSetPublished",
    "ReadingRightsChanged",
    "ProceduresMapped",
    "AccessChanged",
)


@pytest.fixture
def north() -> Hospital:
    hospital = make_hospital("NORTH")
    with see_all():
        publish_rule_set(rules=RULES)
    return hospital


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_radiologist(north, subspecialties=("neuro",), name="Dr. Ada Roth")


@pytest.fixture
def bruno(north: Hospital) -> User:
    return make_radiologist(north, subspecialties=("neuro",), name="Dr. Bruno Sato", on_shift=False)


def on_shift(reader: User) -> Shift:
    now = timezone.now()
    return Shift.objects.create(
        radiologist=reader, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=7)
    )


def planned(*items: WorklistItem) -> None:
    plan_now(even_if_not_asked=True)
    with see_all():
        for item in items:
            item.refresh_from_db()


@pytest.mark.parametrize("name", FOLLOWED)
def test_the_plan_is_asked_for_again_after(name: str) -> None:
    assert [handler for handler in flow.EVENT_HANDLERS[name] if handler.startswith("routing_rules.handlers.plan_")]


def test_what_the_planner_did_itself_asks_for_no_plan(north: Hospital, ada: User) -> None:
    item = make_item(north)
    planned(item)
    with see_all():
        event = Event.objects.get(name="WorklistItemAssigned", payload__worklist_item_id=item.pk)
        handlers.plan_again(event)
        assert not is_asked_for()
        handlers.plan_again(Event(name="WorklistItemAssigned", payload={"worklist_item_id": item.pk}))
        assert is_asked_for()


def test_a_run_answers_all_requests_before_it(north: Hospital, ada: User) -> None:
    make_item(north)
    for _ in range(3):
        request_plan()
    assert len(plan_now()) == 1
    state = PlanningState.objects.get()
    assert (state.requested, state.planned) == (3, 3)
    assert plan_now() == []


def test_a_request_during_a_run_makes_it_go_round_again(
    north: Hospital, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from routing_rules.services import planning

    make_item(north)
    take_snapshot, asked = planning.take_snapshot, []

    def asked_again_meanwhile(*arguments: object) -> object:
        if not asked:
            asked.append(True)
            request_plan()
        return take_snapshot(*arguments)

    monkeypatch.setattr(planning, "take_snapshot", asked_again_meanwhile)
    request_plan()
    assert len(plan_now()) == 2
    assert not is_asked_for()


def test_a_stat_arrival_is_planned_in_its_own_handler(
    north: Hospital, ada: User, django_capture_on_commit_callbacks: object
) -> None:
    stat, routine = make_item(north, priority="stat", priority_rank=0), make_item(north)
    with django_capture_on_commit_callbacks(execute=True):
        with see_all():
            handlers.plan_opened_item(Event(name="WorklistItemOpened", payload={"worklist_item_id": stat.pk}))
    with see_all():
        for item in (stat, routine):
            item.refresh_from_db()
    assert (stat.assigned_to, routine.assigned_to) == (ada, ada)


def test_drop_out_gives_unopened_items_to_others_at_once(north: Hospital, ada: User, bruno: User) -> None:
    opened, waiting = make_item(north), make_item(north)
    planned(opened, waiting)
    with as_user(ada):
        claim_worklist_item(worklist_item_id=opened.pk, user=ada)
    on_shift(bruno)
    coordinator = make_user("coordinator", north)
    with as_user(coordinator):
        drop_out(shift=ada.shifts.get(), reason="Ill", now=timezone.now())
    planned(opened, waiting)
    assert (opened.assigned_to, opened.status) == (ada, "reading")
    assert waiting.assigned_to == bruno


def test_pin_of_a_reader_who_dropped_out_is_lifted_with_the_reason(north: Hospital, ada: User, bruno: User) -> None:
    item = make_item(north)
    coordinator = make_user("coordinator", north)
    with as_user(coordinator):
        assign_worklist_item(worklist_item_id=item.pk, radiologist_id=ada.pk)
    on_shift(bruno)
    planned(item)
    assert (item.assigned_to, item.is_pinned) == (ada, True)
    Shift.objects.filter(radiologist=ada).update(dropped_out_at=timezone.now())
    planned(item)
    assert (item.assigned_to, item.is_pinned) == (bruno, False)
    with see_all():
        told = item.transitions.order_by("-pk").first()
        assert told.reason.startswith("Dr. Ada Roth has left the shift: the pin is lifted. Dr. Bruno Sato")
        assert told.previous_holder == ada


def test_pin_of_a_reader_whose_shift_ended_stays(north: Hospital, ada: User, bruno: User) -> None:
    item = make_item(north, status="assigned", assigned_to=bruno, is_pinned=True)
    planned(item)
    assert (item.assigned_to, item.is_pinned) == (bruno, True)


def test_shift_that_begins_or_ends_makes_a_plan_due(north: Hospital, ada: User) -> None:
    planned(make_item(north))
    planned_at = PlanningState.objects.get().planned_at
    with see_all():
        assert not is_plan_due(planned_at + timedelta(seconds=30))
        Shift.objects.filter(radiologist=ada).update(ends_at=planned_at + timedelta(seconds=20))
        assert is_plan_due(planned_at + timedelta(seconds=30))


def test_what_waits_is_planned_again_as_time_passes(north: Hospital, ada: User) -> None:
    planned(make_item(north))
    planned_at = PlanningState.objects.get().planned_at
    with see_all():
        assert is_plan_due(planned_at + timedelta(seconds=61))
        WorklistItem.objects.update(status="cancelled")
        assert not is_plan_due(planned_at + timedelta(seconds=61))


def test_an_item_nobody_told_of_makes_a_plan_due(north: Hospital, ada: User) -> None:
    planned(make_item(north))
    make_item(north)
    with see_all():
        assert is_plan_due(PlanningState.objects.get().planned_at + timedelta(seconds=5))


def test_next_goes_by_the_place_in_the_plan(north: Hospital, ada: User) -> None:
    later, sooner = make_item(north), make_item(north, deadline_at=timezone.now() + timedelta(hours=2))
    planned(later, sooner)
    assert {later.place, sooner.place} == {1, 2}
    with as_user(ada):
        assert next_item(ada) == min((later, sooner), key=lambda item: item.place)
        WorklistItem.objects.filter(pk=later.pk).update(place=1)
        WorklistItem.objects.filter(pk=sooner.pk).update(place=2)
        assert next_item(ada) == later


def test_a_mapped_procedure_is_asked_of_the_rules_again(north: Hospital, ada: User) -> None:
    is_heart = {"fact": "procedure", "operator": "equals", "value": "CTHEART"}
    rules = [
        {"name": "Hearts", "when": is_heart, "then": {"raise_priority": "urgent"}},
        {"name": "Rest", "when": {}, "then": {}},
    ]
    with see_all():
        publish_rule_set(rules=rules)
    item = make_item(north, order=make_order(north, procedure_code="H17"))
    planned(item)
    assert item.priority == "routine"
    heart = Procedure.objects.create(
        code="CTHEART", name="CT heart", modality="CT", relative_value=2.0, expected_minutes=21
    )
    coordinator = make_user("coordinator", north)
    with as_user(coordinator):
        mapping = note_procedure(item)
        map_procedure(mapping_id=mapping.pk, procedure_id=heart.pk, user=coordinator)
        handlers.plan_mapped_procedures(Event.objects.get(name="ProceduresMapped"))
    planned(item)
    assert (item.priority, float(item.expected_minutes)) == ("urgent", 21.0)


def test_decisions_stay_within_their_hospitals(north: Hospital, ada: User) -> None:
    south = make_hospital("SOUTH")
    here, there = make_item(north), make_item(south)
    planned(here, there)
    stranger = make_user("coordinator", south)
    with as_user(stranger):
        assert {row.worklist_item_id for row in AssignmentDecision.objects.all()} == {there.pk}
    with see_all():
        for row in AssignmentDecision.objects.select_related("worklist_item"):
            assert row.hospital_id == row.worklist_item.hospital_id


def test_linked_examinations_go_to_one_reader(north: Hospital, ada: User, bruno: User) -> None:
    on_shift(bruno)
    rules = [{"name": "Together", "when": {}, "then": {"keep_with_one_reader": True}}]
    with see_all():
        publish_rule_set(rules=rules)
    patient = make_patient(north)
    make_item(north, make_study(north, patient), status="reading", claimed_by=bruno, claimed_at=timezone.now())
    linked = make_item(north, make_study(north, patient))
    planned(linked)
    assert linked.assigned_to == bruno
