"""Drafts tried on real rows: examinations, gaps in the rota, and how long it takes with very many."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hospitals.models import Hospital, Shift, User
from routing_rules.demonstration import RULES
from routing_rules.models import AssignmentDecision, RuleSet
from routing_rules.selectors.rule_facts import read_sample
from routing_rules.selectors.rule_trial import try_rules
from routing_rules.services.rule_sets import publish_rule_set
from tests.story import as_user, in_hospital, make_hospital, make_item, make_order, make_radiologist, make_user, see_all
from worklist.models import WorklistItem

DEFAULT: dict[str, Any] = {"name": "Everything else", "when": {}, "then": {}}
MANY = 10_000


@pytest.fixture
def north(db: None) -> Hospital:
    hospital = make_hospital("NORTH", time_zone="UTC")
    with see_all():
        publish_rule_set(rules=RULES, note="The first")
    return hospital


@pytest.fixture
def olga(north: Hospital) -> User:
    return make_user("coordinator", north)


def gaps(user: User, *rules: dict[str, Any]) -> list[str]:
    with as_user(user):
        found = try_rules([*rules, DEFAULT], now=timezone.now())["findings"]
    return [finding["words"] for finding in found if finding["kind"] == "gap"]


def on_call_for_ever(reader: User) -> None:
    now = timezone.now()
    Shift.objects.filter(radiologist=reader).delete()
    starts = [now + timedelta(days=day) for day in range(0, 15)]
    Shift.objects.bulk_create(
        Shift(radiologist=reader, starts_at=start, ends_at=start + timedelta(days=1), is_on_call=True)
        for start in starts
    )


def test_no_gap_while_somebody_may_read_and_is_there(north: Hospital, olga: User) -> None:
    on_call_for_ever(make_radiologist(north, subspecialties=("neuro",), on_shift=False))
    make_item(north, order=make_order(north))
    assert gaps(olga) == []


def test_a_required_subspecialty_that_nobody_has_is_a_new_gap(north: Hospital, olga: User) -> None:
    on_call_for_ever(make_radiologist(north, subspecialties=("neuro",), on_shift=False))
    make_item(north, order=make_order(north))
    breast = {"name": "CT", "when": {}, "then": {"require_subspecialty": "breast"}}
    assert gaps(olga, breast) == [
        "New with this draft: NORTH: nobody may read there at any hour of the coming 14 days."
    ]


def test_a_gap_names_the_kind_and_the_hours(north: Hospital, olga: User) -> None:
    """One reader of neuro for some hours, one of body for ever: what neuro needs is uncovered for the rest."""
    on_call_for_ever(make_radiologist(north, subspecialties=("body",), on_shift=False))
    neuro = make_radiologist(north, subspecialties=("neuro",), on_shift=False)
    start = (timezone.now() + timedelta(days=3)).replace(hour=3, minute=0, second=0, microsecond=0)
    for begin, end in ((timezone.now(), start), (start + timedelta(hours=4), start + timedelta(days=12))):
        for day in range((end - begin).days + 1):
            first = begin + timedelta(days=day)
            Shift.objects.create(radiologist=neuro, starts_at=first, ends_at=min(end, first + timedelta(days=1)))
    make_item(north, order=make_order(north, procedure_description="CT head"))
    make_item(north, order=make_order(north, procedure_description="CT abdomen", body_part="ABDOMEN"))
    head = {
        "name": "Head",
        "when": {"fact": "body_part", "operator": "in", "value": ["HEAD"]},
        "then": {"require_subspecialty": "neuro"},
    }
    assert gaps(olga, head) == [f"Neuro CT at NORTH: nobody on {start:%a} {start.day} {start:%b} 03:00–07:00."]


def test_nobody_on_the_rota_is_said_once(north: Hospital, olga: User) -> None:
    make_radiologist(north, on_shift=False)
    make_item(north)
    assert gaps(olga) == ["Nobody is on shift or on call at any hour of the coming 14 days (UTC)."]


def test_a_coordinator_tries_rules_on_the_own_hospitals_only(north: Hospital, olga: User) -> None:
    make_item(make_hospital("SOUTH"))
    with as_user(olga):
        assert try_rules(RULES, now=timezone.now())["whole"]["recent"] == 0


def test_stored_facts_count_and_cancelled_examinations_do_not(north: Hospital, olga: User) -> None:
    item = make_item(north)
    make_item(north, status="cancelled")
    make_item(north, opened_at=timezone.now() - timedelta(days=31), status="signed")
    with in_hospital(north):
        rule_set = RuleSet.objects.get(version=1)
        AssignmentDecision.objects.create(
            hospital=north, worklist_item=item, rule_set=rule_set, facts={"modality": "XA"}, decision={}
        )
    with as_user(olga):
        sample = read_sample(timezone.now())
    assert [one.facts for one in sample.examinations] == [{"modality": "XA"}]


def test_ten_thousand_examinations_are_tried_while_somebody_types(north: Hospital, olga: User) -> None:
    """Half a second is allowed on a busy machine for what takes some tens of milliseconds."""
    _make_many(north)
    now = timezone.now()
    with as_user(olga):
        first = try_rules(RULES, now=now)
        assert first["whole"]["recent"] == MANY
        with CaptureQueriesContext(connection) as queries:
            started = time.perf_counter()
            changed = [{**RULES[0], "when": {"fact": "modality", "operator": "in", "value": ["CT"]}}, *RULES[1:]]
            answer = try_rules(changed, now=now)
            took = time.perf_counter() - started
    assert answer["rules"][0]["recent"] == MANY / 2
    assert len(queries) <= 10
    assert took < 0.5


def _make_many(north: Hospital) -> None:
    item = make_item(north, status="signed")
    now = timezone.now()
    with in_hospital(north):
        study = item.study
        studies = [
            type(study)(
                hospital=north, patient_id=study.patient_id, study_instance_uid=f"2.25.9{number}", modalities=["CT"],
                accession_number=f"B{number}", issuer_of_accession_number="NORTH",
            )
            for number in range(MANY - 1)
        ]  # fmt: skip
        made = type(study).objects.bulk_create(studies, batch_size=2000)
        items = WorklistItem.objects.bulk_create(
            [
                WorklistItem(
                    hospital=north, study=one, status="signed", service_level_minutes=60, deadline_at=now, signed_at=now
                )
                for one in made
            ],
            batch_size=2000,
        )
        rule_set = RuleSet.objects.get(version=1)
        AssignmentDecision.objects.bulk_create(
            [
                AssignmentDecision(
                    hospital=north, worklist_item=one, rule_set=rule_set, decision={}, facts=_facts(number)
                )
                for number, one in enumerate([item, *items])
            ],
            batch_size=2000,
        )


def _facts(number: int) -> dict[str, Any]:
    return {
        "modality": "CT" if number % 2 else "MR",
        "hospital": "NORTH",
        "body_part": f"P{number % 40}",
        "description": f"Examination {number % 300}",
        "age_years": number % 90,
        "priority": "routine",
    }
