"""The effect `send_to_nodes`: asked once the study is complete, once a node, whatever is said twice."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pacs_core.events.models import Event
from pacs_core.network.forwarding.models import ForwardingJob
from routing_rules.demonstration import RULES
from routing_rules.engine.rules import Demand
from routing_rules.handlers_forwarding import send_as_rules_ask
from routing_rules.models import ItemDemand
from routing_rules.services.rule_sets import publish_rule_set
from tests.story import in_hospital, make_hospital, make_item, make_node, make_user, see_all
from worklist.models import WorklistItem

pytestmark = pytest.mark.django_db


def make_asked(*ae_titles: str, complete: bool = True, **fields: Any) -> WorklistItem:
    """An item whose rules ask for these nodes."""
    item = make_item(make_hospital(), **fields)
    with see_all():
        rule_set = publish_rule_set(rules=RULES)
        if complete:
            type(item.study).objects.filter(pk=item.study_id).update(completed_at=timezone.now())
        ItemDemand.objects.create(
            hospital=item.hospital,
            worklist_item=item,
            rule_set=rule_set,
            facts={},
            demand=Demand(send_to_nodes=ae_titles, matched=("Heads to BleedNet",)).as_dict(),
            item_version=1,
        )
    return item


def hear(item: WorklistItem) -> list[tuple[str, str]]:
    """Handle the event that the study is complete; return the jobs there are then."""
    with in_hospital(item.hospital):
        send_as_rules_ask(Event(name="StudyCompleted", payload={"study_id": item.study_id}))
        return list(ForwardingJob.objects.order_by("pk").values_list("ae_title", "asked_by"))


def test_a_complete_study_goes_to_each_node_once() -> None:
    item = make_asked("AI_BLEED", "NORTH_PACS")
    wanted = [("AI_BLEED", "Heads to BleedNet"), ("NORTH_PACS", "Heads to BleedNet")]
    assert hear(item) == wanted
    assert hear(item) == wanted


def test_nothing_goes_while_images_still_arrive() -> None:
    assert hear(make_asked("AI_BLEED", complete=False)) == []


def test_a_cancelled_examination_goes_nowhere() -> None:
    assert hear(make_asked("AI_BLEED", status="cancelled")) == []


def test_rules_that_name_no_node_send_nothing() -> None:
    assert hear(make_asked()) == []


def test_an_event_of_a_study_without_demand_is_answered_too() -> None:
    assert hear(make_item(make_hospital())) == []


def test_only_the_networks_administrator_makes_a_node_a_service_of_the_network() -> None:
    hospital = make_hospital()
    node = make_node(hospital, "AI_BLEED")
    answers = []
    for role in ("hospital_administrator", "system_administrator"):
        browser = Client()
        browser.force_login(make_user(role, hospital))
        answer = browser.patch(f"/api/nodes/{node.pk}/", {"is_network_service": True}, content_type="application/json")
        answers.append(answer.status_code)
    node.refresh_from_db()
    assert (answers, node.is_network_service) == ([403, 200], True)
