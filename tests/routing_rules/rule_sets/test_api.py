"""Rule sets through the API: the same services as the pages, refusals as problems."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from hospitals.models import Hospital, User
from routing_rules.demonstration import RULES
from routing_rules.models import RuleSet
from routing_rules.services.rule_sets import publish_rule_set
from tests.story import make_hospital, make_item, see_all

DEFAULT: dict[str, Any] = {"name": "Everything else", "when": {}, "then": {}}
CT = {"name": "CT", "when": {"fact": "modality", "operator": "in", "value": ["CT"]}, "then": {}}
DRAFTS = "/api/rule-set-drafts/"


@pytest.fixture
def north(db: None) -> Hospital:
    hospital = make_hospital("NORTH")
    with see_all():
        publish_rule_set(rules=RULES, note="The first")
    return hospital


def test_a_draft_is_begun_saved_tried_and_published(api: APIClient, olga: User, north: Hospital) -> None:
    make_item(north)
    begun = api.post(DRAFTS, {"name": "Night"}, format="json").json()
    assert (begun["based_on"], begun["edit_number"], begun["edited_by"]) == (1, 1, olga.email)
    url = f"{DRAFTS}{begun['id']}/"
    saved = api.put(url, {"rules": [CT, DEFAULT], "edit_number": 1}, format="json").json()
    assert saved["edit_number"] == 2
    tried = api.get(f"{url}preview/").json()
    assert [(rule["name"], rule["now"]) for rule in tried["rules"]] == [("CT", 1), ("Everything else", 1)]
    published = api.post(f"{url}publish/", {"edit_number": 2, "note": "Try", "compared_with": 1}, format="json")
    assert (published.status_code, published.json()["version"], published.json()["published_by"]) == (
        201,
        2,
        olga.email,
    )
    assert api.get(url).status_code == 404


def test_an_edit_in_between_is_a_conflict(api: APIClient) -> None:
    begun = api.post(DRAFTS, {}, format="json").json()
    url = f"{DRAFTS}{begun['id']}/"
    api.put(url, {"rules": [DEFAULT], "edit_number": 1}, format="json")
    assert api.put(url, {"rules": [CT, DEFAULT], "edit_number": 1}, format="json").status_code == 409
    assert api.post(f"{url}publish/", {"edit_number": 1, "note": "x"}, format="json").status_code == 409
    assert api.get(url).json()["rules"] == [DEFAULT]


def test_rules_that_are_none_are_refused_with_the_place(api: APIClient) -> None:
    answer = api.post("/api/rule-sets/preview/", {"rules": [{"name": "x"}]}, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["rules[0]"])
    wrong = {**CT, "when": {"fact": "moodality", "operator": "in", "value": ["CT"]}}
    answer = api.post("/api/rule-sets/", {"rules": [wrong, DEFAULT]}, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["rules[0].when.fact"])


def test_findings_are_part_of_the_preview(api: APIClient) -> None:
    shadow = {**CT, "name": "All", "stop": True, "when": {}}
    found = api.post("/api/rule-sets/preview/", {"rules": [shadow, CT, DEFAULT]}, format="json").json()["findings"]
    [finding] = [one for one in found if one["kind"] == "shadowed"]
    assert (finding["position"], finding["rules"], finding["blocks"]) == (1, ["CT", "All"], False)


def test_a_draft_of_an_older_version_is_discarded(api: APIClient, north: Hospital) -> None:
    with see_all():
        publish_rule_set(rules=[CT, DEFAULT])
    begun = api.post(DRAFTS, {"version": 1}, format="json").json()
    assert (begun["based_on"], begun["rules"]) == (1, RULES)
    assert api.delete(f"{DRAFTS}{begun['id']}/").status_code == 204
    assert api.get(DRAFTS).json()["results"] == []


def test_rolling_back_needs_a_reason(api: APIClient) -> None:
    with see_all():
        publish_rule_set(rules=[CT, DEFAULT])
    assert api.post("/api/rule-sets/1/roll-back/", {"note": ""}, format="json").status_code == 400
    answer = api.post("/api/rule-sets/1/roll-back/", {"note": "Too few"}, format="json").json()
    assert (answer["version"], answer["rolls_back_to"], answer["note"]) == (3, 1, "Too few")
    assert RuleSet.objects.get(version=3).rules == RULES
