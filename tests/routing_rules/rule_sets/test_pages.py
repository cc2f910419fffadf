"""The rules' pages, as a coordinator uses them."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from hospitals.models import Hospital, ReaderGroup, User
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from routing_rules.demonstration import RULES
from routing_rules.engine.weights import LEANINGS, EngineWeights
from routing_rules.models import NetworkSettings, RuleSet
from routing_rules.selectors.engine_settings import network_weights
from routing_rules.services.rule_sets import publish_rule_set, start_draft
from tests.story import as_user, make_hospital, make_item, make_order, make_radiologist, make_user, see_all

SITE = "/coordination/rules/"
DEFAULT: dict[str, Any] = {"name": "Everything else", "when": {}, "then": {}}
CT = {
    "name": "CT",
    "when": {"fact": "modality", "operator": "in", "value": ["CT"]},
    "then": {"require_subspecialty": "neuro"},
}
UNFINISHED = {"name": "New rule", "when": {"fact": "", "operator": "", "value": None}, "then": {}, "stop": True}


@pytest.fixture
def north(db: None) -> Hospital:
    hospital = make_hospital("NORTH")
    with see_all():
        publish_rule_set(rules=RULES, note="The first")
    return hospital


@pytest.fixture
def olga(north: Hospital) -> User:
    return make_user("coordinator", north, name="Olga Hansen")


@pytest.fixture
def client(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


@pytest.fixture
def draft(olga: User) -> RuleSet:
    with as_user(olga):
        return start_draft(user=olga, rules=[CT, DEFAULT], name="Night")


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(SITE + path, json.dumps(body), content_type="application/json")


def page_of(answer: Any) -> dict[str, Any]:
    block = re.search(r'<script id="rule-editor" type="application/json">(.*?)</script>', answer.content.decode(), re.S)
    assert block is not None
    return json.loads(block.group(1))


def test_the_list_says_what_is_in_force_and_who_edits(client: Client, draft: RuleSet) -> None:
    text = client.get(SITE).content.decode()
    assert "Version 1" in text
    assert "The first" in text
    assert "Night" in text
    assert "Olga Hansen" in text


def test_a_draft_is_begun_edited_and_published(client: Client) -> None:
    answer = client.post(f"{SITE}drafts/start/", follow=True)
    page = page_of(answer)
    assert [rule["name"] for rule in page["rules"]] == [rule["name"] for rule in RULES]
    saved = client.post(
        page["urls"]["save"],
        json.dumps({"rules": [CT, DEFAULT], "name": "Less", "edit_number": page["edit_number"]}),
        content_type="application/json",
    )
    assert saved.json() == {"edit_number": 2}
    changes = client.get(page["urls"]["changes"]).content.decode()
    assert 'name="compared_with" value="1"' in changes
    assert "data-blocked" not in changes
    [draft] = RuleSet.objects.filter(status="draft")
    values = {"edit_number": "2", "compared_with": "1", "note": "Shorter"}
    published = client.post(f"{SITE}drafts/{draft.pk}/publish/", values, follow=True)
    assert "Version 2 is in force" in published.content.decode()
    assert RuleSet.objects.get(version=2).note == "Shorter"


def test_a_conflict_says_who_and_what_and_mine_is_kept_as_a_new_draft(
    client: Client, draft: RuleSet, north: Hospital
) -> None:
    paulo = make_user("coordinator", north, name="Paulo Reis")
    other = Client()
    other.force_login(paulo)
    url = f"drafts/{draft.pk}/save/"
    assert post(other, url, {"rules": [DEFAULT], "name": "Night", "edit_number": 1}).status_code == 200
    mine = [{**CT, "name": "Mine"}, DEFAULT]
    answer = post(client, url, {"rules": mine, "name": "Night", "edit_number": 1})
    assert answer.status_code == 409
    assert "Paulo Reis" in answer.json()["words"]
    assert answer.json()["changes"] == ["“Mine” added. Rule 1. When modality is CT: only readers of neuro. Then go on."]
    client.post(f"{SITE}drafts/start/", {"rules": json.dumps(mine), "name": "Night (kept)"})
    kept = RuleSet.objects.filter(status="draft").latest("pk")
    assert (kept.name, kept.rules) == ("Night (kept)", mine)
    draft.refresh_from_db()
    assert draft.rules == [DEFAULT]


def test_the_preview_counts_examinations_of_the_own_hospitals_only(
    client: Client, draft: RuleSet, north: Hospital
) -> None:
    south = make_hospital("SOUTH")
    item = make_item(north, order=make_order(north, procedure_description="CT neck"))
    make_item(south)
    answer = post(client, "preview/", {"rules": [CT, DEFAULT]}).json()
    assert [(rule["now"], rule["recent"]) for rule in answer["rules"]] == [(1, 1), (1, 1)]
    listed = post(client, "matches/", {"rules": [CT, DEFAULT], "position": 0}).content.decode()
    assert f"no. {item.pk}" in listed
    assert "CT neck" in listed
    assert "SOUTH" not in listed
    assert "DOE" not in listed


def test_an_unfinished_rule_takes_nothing_and_stops_nothing(client: Client, north: Hospital) -> None:
    make_item(north)
    answer = post(client, "preview/", {"rules": [UNFINISHED, CT, DEFAULT]}).json()
    assert [rule["now"] for rule in answer["rules"]] == [0, 1, 1]
    assert next((one["position"], one["kind"], one["tone"]) for one in answer["findings"]) == (
        0,
        "unfinished",
        "overdue",
    )


@pytest.mark.parametrize("body", ["[", "[]", "null", {"rules": "x"}, {"rules": [{"name": 1, "when": {}, "then": {}}]}])
def test_what_is_no_draft_is_refused(client: Client, draft: RuleSet, body: Any) -> None:
    for path in ("preview/", "matches/", f"drafts/{draft.pk}/save/"):
        text = body if isinstance(body, str) else json.dumps(body)
        answer = client.post(SITE + path, text, content_type="application/json")
        assert answer.status_code == 400


def test_blocking_findings_forbid_to_publish(client: Client, olga: User) -> None:
    rules = [{**CT, "then": {"require_reader": "gone@example.org"}}, DEFAULT]
    with as_user(olga):
        draft = start_draft(user=olga, rules=rules)
    assert "data-blocked" in client.get(f"{SITE}drafts/{draft.pk}/changes/").content.decode()
    values = {"edit_number": "1", "compared_with": "1", "note": "Anyway"}
    answer = client.post(f"{SITE}drafts/{draft.pk}/publish/", values, follow=True)
    assert "is no active radiologist" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_publishing_an_older_edit_is_told(client: Client, draft: RuleSet) -> None:
    values = {"edit_number": "7", "compared_with": "1", "note": "Old"}
    answer = client.post(f"{SITE}drafts/{draft.pk}/publish/", values, follow=True)
    assert "Olga Hansen has edited the draft" in answer.content.decode()


def test_a_version_is_read_compared_and_rolled_back_to(client: Client, olga: User) -> None:
    with as_user(olga):
        publish_rule_set(rules=[CT, DEFAULT], note="Short", user=olga)
    text = client.get(f"{SITE}versions/2/").content.decode()
    assert "When modality is CT: only readers of neuro." in text
    assert "removed" in text
    assert "Roll back" not in text
    first = client.get(f"{SITE}versions/1/?against=2").content.decode()
    assert "Roll back to version 1" in first
    refused = client.post(f"{SITE}versions/1/roll-back/", {"note": ""}, follow=True)
    assert "Say why" in refused.content.decode()
    answer = client.post(f"{SITE}versions/1/roll-back/", {"note": "Too short"}, follow=True)
    assert "Version 3 is in force" in answer.content.decode()
    assert RuleSet.objects.get(version=3).rolls_back_to.version == 1


def test_a_draft_is_discarded(client: Client, draft: RuleSet) -> None:
    client.post(f"{SITE}drafts/{draft.pk}/discard/")
    assert not RuleSet.objects.filter(pk=draft.pk).exists()
    assert client.get(f"{SITE}drafts/{draft.pk}/").status_code == 404


def test_forms_offer_the_networks_own_words(client: Client, draft: RuleSet, north: Hospital) -> None:
    make_hospital("SOUTH")
    make_radiologist(north, name="Dr. Ada Roth", email="ada@example.org")
    ReaderGroup.objects.create(name="Night team")
    forms = page_of(client.get(f"{SITE}drafts/{draft.pk}/"))["forms"]
    facts = {fact["key"]: fact for fact in forms["facts"]}
    assert [choice["value"] for choice in facts["hospital"]["choices"]] == ["NORTH"]
    assert {"value": "ada@example.org", "label": "Dr. Ada Roth", "note": "ada@example.org"} in facts["prior_reader"][
        "choices"
    ]
    parts = {part["key"]: part for effect in forms["effects"] for part in effect["parts"]}
    assert [choice["value"] for choice in parts["require_group"]["choices"]] == ["Night team"]
    assert "group:Night team" in [choice["value"] for choice in parts["notify"]["choices"]]


def test_groups_are_managed_and_stay_while_a_rule_names_them(client: Client, olga: User, north: Hospital) -> None:
    ada = make_radiologist(north, name="Dr. Ada Roth")
    client.post(f"{SITE}groups/add/", {"name": "Night team", "members": [ada.pk]})
    group = ReaderGroup.objects.get(name="Night team")
    assert list(group.members.all()) == [ada]
    assert client.post(f"{SITE}groups/add/", {"name": "night team"}).status_code == 422
    with as_user(olga):
        publish_rule_set(rules=[{**CT, "then": {"require_group": "Night team"}}, DEFAULT])
    assert "Dr. Ada Roth" in client.get(f"{SITE}groups/").content.decode()
    refused = client.post(f"{SITE}groups/{group.pk}/remove/", follow=True)
    assert "Change the rule first" in refused.content.decode()
    client.post(f"{SITE}groups/{group.pk}/", {"members": []})
    assert not group.members.exists()
    with as_user(olga):
        publish_rule_set(rules=[CT, DEFAULT])
    client.post(f"{SITE}groups/{group.pk}/remove/")
    assert not ReaderGroup.objects.exists()


def test_the_engine_is_set_by_preset_or_dial(client: Client, olga: User) -> None:
    client.post(f"{SITE}engine/", {"preset": "even"})
    row = NetworkSettings.objects.get()
    assert (EngineWeights(**network_weights()), row.changed_by) == (LEANINGS["even"], olga)
    assert AuditEntry.objects.filter(action="engine_settings.changed").count() == 1
    assert Event.objects.filter(name="EngineSettingsChanged").count() == 1
    text = client.get(f"{SITE}engine/").content.decode()
    assert 'value="even" checked' in text
    usual = EngineWeights()
    dials = {"mismatch": f"{usual.mismatch}", "fairness": "5", "stability": f"{usual.stability}"}
    client.post(f"{SITE}engine/", {"preset": "own", **dials})
    row.refresh_from_db()
    assert row.weights == {"fairness": 5.0}
    refused = client.post(f"{SITE}engine/", {"preset": "own", **dials, "fairness": "-1"})
    assert (refused.status_code, network_weights()["fairness"]) == (422, 5.0)
    client.post(f"{SITE}engine/", {"preset": "balanced"})
    row.refresh_from_db()
    assert row.weights == {}
