"""What rules ask of items: from all facts, when time alone changes it, and what it does to an item's urgency."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from hospitals.models import Holiday, Hospital, User
from pacs_core.events.models import Event
from routing_rules.models import ItemDemand, Procedure
from routing_rules.selectors.planning_due import is_plan_due
from routing_rules.services.planning import plan_now
from routing_rules.services.rule_sets import publish_rule_set
from tests.story import make_hospital, make_item, make_order, make_radiologist, make_study, see_all
from worklist.models import WorklistItem
from worklist.services.ai_findings import record_ai_finding
from worklist.services.opening import note_study_growth

pytestmark = pytest.mark.django_db
# A Tuesday.
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH", contract="Night cover")


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_radiologist(north, name="Dr. Ada Roth", email="ada@example.org")


def publish(when: dict[str, Any], **then: Any) -> None:
    rules = [{"name": "The rule", "when": when, "then": then}, {"name": "Default", "when": {}, "then": {}}]
    with see_all():
        publish_rule_set(rules=rules)


def is_(fact: str, value: Any) -> dict[str, Any]:
    return {"fact": fact, "operator": "equals", "value": value}


def planned(item: WorklistItem, now: datetime | None = None) -> ItemDemand:
    plan_now(now, even_if_not_asked=True)
    with see_all():
        item.refresh_from_db()
        return ItemDemand.objects.select_related("procedure").get(worklist_item=item)


def test_all_facts_of_an_item_are_told(north: Hospital, ada: User) -> None:
    publish({})
    Procedure.objects.create(
        code="CTHEAD", name="CT head", modality="CT", subspecialty="neuro", relative_value=0.9, expected_minutes=7
    )
    Holiday.objects.create(hospital=north, on=NOON.date(), name="A day off")
    order = make_order(north, priority="urgent", patient_class="E")
    item = make_item(north, order=order, deadline_at=NOON + timedelta(minutes=30), service_level_minutes=120)
    read = make_item(north, make_study(north, order.patient), status="signed", claimed_by=ada, signed_at=NOON)
    with see_all():
        record_ai_finding(
            study=item.study, service="BleedNet", code="bleed", label="Bleed", confidence=0.9, found_at=NOON
        )
    stored = planned(item, NOON)
    assert stored.facts == {
        "modality": "CT",
        "body_part": "HEAD",
        "procedure_code": "CTHEAD",
        "description": "CT head without contrast",
        "hospital": "NORTH",
        "priority": "urgent",
        "sex": "F",
        "weekday": "tuesday",
        "age_years": read.study.study_at.year - 1970,
        "image_count": 1,
        "time_of_day": "12:00",
        "procedure": "CTHEAD",
        "subspecialty": "neuro",
        "contract": "Night cover",
        "patient_class": "E",
        "prior_reader": "ada@example.org",
        "ai_finding": ["bleed"],
        "holiday": True,
        "elapsed_share": 0.75,
    }
    assert (stored.procedure.code, stored.relative_value, float(item.expected_minutes)) == ("CTHEAD", 0.9, 7.0)


def test_rules_raise_a_priority_with_its_service_level_and_go_back(north: Hospital, ada: User) -> None:
    item = make_item(north)
    starts_at = item.deadline_at - timedelta(minutes=1440)
    publish(is_("modality", "CT"), raise_priority="stat")
    planned(item)
    assert (item.priority, item.priority_rank, item.service_level_minutes) == ("stat", 0, 30)
    assert item.deadline_at == starts_at + timedelta(minutes=30)
    with see_all():
        told = item.transitions.get(action="change_urgency")
        assert (told.from_status, told.reason, told.actor) == ("unassigned", "Rules: The rule, Default", None)
        assert Event.objects.filter(name="WorklistItemChanged", payload__action="change_urgency").exists()
    publish({}, prefer_group="Night team")
    planned(item)
    assert (item.priority, item.service_level_minutes, item.deadline_at) == (
        "routine",
        1440,
        starts_at + timedelta(minutes=1440),
    )


def test_a_service_level_is_set_then_changed_by_a_factor(north: Hospital, ada: User) -> None:
    item = make_item(north)
    starts_at = item.deadline_at - timedelta(minutes=1440)
    publish({}, set_service_level_minutes=90, change_service_level=0.5)
    planned(item)
    assert (item.priority, item.service_level_minutes) == ("routine", 45)
    assert item.deadline_at == starts_at + timedelta(minutes=45)


def test_more_images_do_not_undo_what_rules_ask(north: Hospital, ada: User) -> None:
    item = make_item(north, make_study(north, first_received_at=timezone.now()))
    publish({}, raise_priority="urgent")
    planned(item)
    with see_all():
        note_study_growth(study_id=item.study_id)
        item.refresh_from_db()
        assert (item.priority, item.service_level_minutes) == ("urgent", 120)


def test_rules_that_say_how_an_item_is_read_are_heard(north: Hospital, ada: User) -> None:
    item = make_item(north)
    publish({}, reading="double")
    planned(item)
    assert item.reading_mode == "double"
    with see_all():
        told = item.transitions.get(action="change_reading")
        assert told.reason.startswith("Rules: ")
        assert Event.objects.filter(name="WorklistItemChanged", payload__action="change_reading").exists()


def test_time_alone_changes_what_is_asked(north: Hospital, ada: User) -> None:
    item = make_item(north, deadline_at=NOON + timedelta(minutes=1400))
    publish({"fact": "time_of_day", "operator": "between_times", "value": ["13:00", "14:00"]}, raise_priority="urgent")
    stored = planned(item, NOON)
    assert (stored.demand["priority"], stored.revise_at) == ("", NOON + timedelta(hours=1))
    before, after = NOON + timedelta(minutes=59, seconds=59), NOON + timedelta(hours=1)
    assert planned(item, before).evaluated_at == NOON
    stored = planned(item, after)
    assert (stored.demand["priority"], item.priority) == ("urgent", "urgent")
    assert planned(item, NOON + timedelta(hours=2)).demand["priority"] == ""
    assert item.priority == "routine"


def test_a_limit_of_time_makes_a_plan_due(north: Hospital, ada: User) -> None:
    item = make_item(north, deadline_at=NOON + timedelta(minutes=1439), service_level_minutes=1440)
    publish({"fact": "elapsed_share", "operator": "range", "value": [0.001, None]}, raise_priority="urgent")
    planned(item, NOON)
    with see_all():
        assert not is_plan_due(NOON + timedelta(seconds=20))
        assert is_plan_due(NOON + timedelta(seconds=30))


def test_a_demand_that_holds_is_not_asked_again(north: Hospital, ada: User) -> None:
    item = make_item(north)
    publish({})
    first = planned(item)
    assert planned(item).evaluated_at == first.evaluated_at
    with see_all():
        assert Event.objects.filter(name="ItemDemandChanged").count() == 1
