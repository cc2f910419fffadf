"""Policies of escalation: changed with an edit number, audited, refused whole."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hospitals.models import User
from pacs_core.audit.models import AuditEntry
from routing_rules.engine.escalation import STEPS, Shares
from routing_rules.errors import InvalidShare, PolicyChangedMeanwhile
from routing_rules.models import EscalationPolicy
from routing_rules.selectors.escalation import DEFAULT_SHARES, escalation_policies
from routing_rules.selectors.escalation_words import worked_example
from routing_rules.services.escalation_policies import PolicyChange, save_escalation_policies
from tests.story import as_user, make_hospital, make_user, see_all

pytestmark = pytest.mark.django_db
PAGE, API = "/coordination/escalation/", "/api/escalation-policies/"


@pytest.fixture
def olga() -> User:
    return make_user("coordinator", make_hospital("NORTH"), name="Olga Hansen")


def save(user: User, *changes: PolicyChange) -> list[str]:
    with as_user(user):
        return save_escalation_policies(changes=changes, user=user, now=timezone.now())


def form(**values: object) -> dict[str, object]:
    """What the page sends when nothing was changed but `values`, named stat__remind_reader."""
    sent: dict[str, object] = {}
    for policy in escalation_policies().values():
        sent[f"{policy.priority}-edit_number"] = policy.edit_number
        for step in STEPS:
            share = policy.shares.of(step)
            sent[f"{policy.priority}-{step}"] = "" if share is None else round(share * 100)
    return sent | {name.replace("__", "-"): value for name, value in values.items()}


def test_every_priority_has_a_default() -> None:
    assert {name: policy.shares for name, policy in escalation_policies().items()} == DEFAULT_SHARES
    assert list(escalation_policies()) == ["stat", "urgent", "routine"]


def test_what_differs_is_saved_and_audited(olga: User) -> None:
    shares = Shares(0.4, None, 0.8, 1.1)
    unchanged = PolicyChange("routine", DEFAULT_SHARES["routine"], 0)
    assert save(olga, PolicyChange("stat", shares, 0), unchanged) == ["stat"]
    policy = escalation_policies()["stat"]
    assert (policy.shares, policy.edit_number, policy.changed_by) == (shares, 1, olga)
    with see_all():
        entry = AuditEntry.objects.get(action="escalation.changed")
    assert (entry.actor_id, entry.object_id) == (olga.pk, "stat")
    assert entry.detail["after"]["call_on_call"] == 1.1
    assert save(olga, PolicyChange("stat", shares, 1)) == []


def test_two_editors_never_overwrite_each_other(olga: User) -> None:
    save(olga, PolicyChange("stat", Shares(0.4, 0.5, 0.6, 0.7), 0))
    with pytest.raises(PolicyChangedMeanwhile) as refused:
        save(olga, PolicyChange("urgent", Shares(0.1, 0.2, 0.3, 0.4), 0), PolicyChange("stat", Shares(), 0))
    assert refused.value.priorities == ["stat"]
    assert escalation_policies()["urgent"].shares == DEFAULT_SHARES["urgent"]


@pytest.mark.parametrize("share", [0.0, -0.5, 2.01])
def test_an_impossible_share_is_refused(olga: User, share: float) -> None:
    with pytest.raises(InvalidShare):
        save(olga, PolicyChange("stat", Shares(remind_reader=share), 0))


def test_the_example_says_what_happens_in_its_order() -> None:
    assert worked_example(Shares(0.5, 0.65, 0.8, 0.9), "STAT", 30) == (
        "STAT, 30 min: reader reminded at 15 min, pool widened at 20 min, coordinators alerted at 24 min, "
        "on-call readers called at 27 min."
    )
    assert worked_example(Shares(0.9, None, 0.5, None), "Urgent", 120) == (
        "Urgent, 2 h: coordinators alerted at 1 h, reader reminded at 1 h 48."
    )
    assert worked_example(Shares(None, None, None, None), "Routine", 1440) == "Routine, 24 h: nothing is done."


def test_the_page_saves_and_tells_a_conflict(olga: User, client: Client) -> None:
    client.force_login(olga)
    opened = form(stat__remind_reader=40)
    assert client.post(PAGE, opened).status_code == 302
    assert escalation_policies()["stat"].shares.remind_reader == 0.4
    answer = client.post(PAGE, opened | {"stat-remind_reader": 60})
    assert answer.status_code == 409
    assert "40 % now" in answer.content.decode()
    assert client.post(PAGE, form(stat__remind_reader=60)).status_code == 302
    assert escalation_policies()["stat"].shares.remind_reader == 0.6


def test_the_page_refuses_a_share_it_cannot_take(olga: User, client: Client) -> None:
    client.force_login(olga)
    answer = client.post(PAGE, form(stat__remind_reader=300))
    assert answer.status_code == 422
    assert not EscalationPolicy.objects.exclude(edit_number=0).exists()


def test_the_api_changes_one_priority(olga: User, client: Client) -> None:
    client.force_login(olga)
    changed = client.patch(f"{API}stat/", {"call_on_call": None, "edit_number": 0}, content_type="application/json")
    assert (changed.status_code, changed.json()["call_on_call"], changed.json()["edit_number"]) == (200, None, 1)
    assert changed.json()["changed_by"] == olga.email
    stale = client.patch(f"{API}stat/", {"call_on_call": 0.9, "edit_number": 0}, content_type="application/json")
    assert stale.status_code == 409
    wrong = client.patch(f"{API}stat/", {"call_on_call": 9, "edit_number": 1}, content_type="application/json")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["call_on_call"])
    assert client.get(f"{API}soon/").status_code == 404
    assert [row["priority"] for row in client.get(API).json()] == ["stat", "urgent", "routine"]
    assert timezone.now() - escalation_policies()["stat"].changed_at < timedelta(minutes=1)
