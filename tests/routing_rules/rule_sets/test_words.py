"""Rules and their differences as people read them."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from routing_rules.engine.effects import EFFECTS
from routing_rules.engine.facts import DECLARED_FACTS
from routing_rules.engine.operators import OPERATORS
from routing_rules.selectors import rule_words
from routing_rules.selectors.rule_differences import differences
from routing_rules.selectors.rule_words import condition_in_words, effects_in_words, rule_in_words
from tests.routing_rules.engine.random_rules import chances, random_rules

NAMES = {"ada@example.org": "Dr. Ada Roth"}


def test_every_fact_operator_and_effect_has_words() -> None:
    assert set(rule_words.FACT_WORDS) == set(DECLARED_FACTS)
    assert set(rule_words._OPERATORS) == set(OPERATORS)
    assert set(rule_words._EFFECTS) == set(EFFECTS) - {"hold_share"}


CONDITIONS = [
    ({}, ""),
    ({"fact": "modality", "operator": "equals", "value": "CT"}, "modality is CT"),
    ({"fact": "priority", "operator": "in", "value": ["stat", "urgent"]}, "priority is STAT or urgent"),
    ({"fact": "age_years", "operator": "range", "value": [0, 13]}, "age is 0 to 13"),
    ({"fact": "age_years", "operator": "range", "value": [65, None]}, "age is at least 65"),
    (
        {"fact": "elapsed_share", "operator": "range", "value": [None, 0.5]},
        "share of the service level used is at most 50 %",
    ),
    ({"fact": "holiday", "operator": "equals", "value": False}, "it is no holiday"),
    (
        {"fact": "procedure_code", "operator": "matches_code", "value": ["CT*", "MR1"]},
        "the hospital's procedure code matches CT* or MR1",
    ),
    (
        {"fact": "time_of_day", "operator": "between_times", "value": ["22:00", "06:00"]},
        "time of day is 22:00 to 06:00",
    ),
    ({"fact": "time_of_day", "operator": "is_before", "value": "06:00"}, "time of day is before 06:00"),
    ({"fact": "description", "operator": "contains_word", "value": "stroke"}, "description has the word “stroke”"),
    (
        {"fact": "prior_reader", "operator": "equals", "value": "ada@example.org"},
        "reader of the last examination is Dr. Ada Roth",
    ),
    ({"fact": "modality", "operator": "in", "value": []}, "modality (to fill in)"),
    ({"fact": "", "operator": "", "value": None}, "(a condition to fill in)"),
    ({"not": {"any": [{}, {"fact": "sex", "operator": "equals", "value": "F"}]}}, "not (anything or sex is female)"),
]


@pytest.mark.parametrize(("condition", "words"), CONDITIONS)
def test_conditions_in_words(condition: dict[str, Any], words: str) -> None:
    assert condition_in_words(condition, NAMES) == words


EFFECT_WORDS = [
    ({}, "any eligible reader"),
    ({"require_subspecialty": "", "never_reader": ""}, "any eligible reader"),
    (
        {"require_subspecialty": "neuro", "prefer_group": "Night team"},
        "only readers of neuro, preferably the group Night team",
    ),
    ({"require_reader": "ada@example.org"}, "only Dr. Ada Roth"),
    ({"never_reader": ["ada@example.org", "eve@example.org"]}, "never Dr. Ada Roth and eve@example.org"),
    ({"hold_for_subspecialty": "neuro"}, "held for neuro until 50 % of the service level is used, then for everybody"),
    (
        {"set_service_level_minutes": 30, "change_service_level": 0.5},
        "service level 30 minutes, service level times 0.5",
    ),
    ({"raise_priority": "stat", "reading": "double"}, "two independent readings, priority at least STAT"),
    ({"keep_with_one_reader": True}, "linked examinations and follow-ups with one reader"),
    (
        {"send_to_nodes": "AI_1", "notify": ["coordinators", "group:Night team"]},
        "sent to AI_1, the coordinators and the group Night team told",
    ),
]


@pytest.mark.parametrize(("effects", "words"), EFFECT_WORDS)
def test_effects_in_words(effects: dict[str, Any], words: str) -> None:
    assert effects_in_words(effects, NAMES) == words


@settings(max_examples=100)
@given(chances())
def test_every_rule_that_can_be_saved_is_a_sentence(chance: Random) -> None:
    for rule in random_rules(chance):
        words = rule_in_words(rule, NAMES)
        assert words.endswith(".")
        assert "%(" not in words


def _rule(name: str, modality: str, **then: Any) -> dict[str, Any]:
    return {"name": name, "when": {"fact": "modality", "operator": "equals", "value": modality}, "then": then}


def test_differences_in_words() -> None:
    old = [_rule("A", "CT"), _rule("B", "MR"), _rule("C", "US"), _rule("D", "XA")]
    new = [_rule("C", "US"), _rule("A", "CT", require_subspecialty="neuro"), _rule("E", "MG"), _rule("B", "MR")]
    found = [(change.kind, change.name) for change in differences(old, new)]
    assert found == [("moved", "C"), ("changed", "A"), ("added", "E"), ("removed", "D")]
    changed = differences(old, new)[1]
    assert [piece.text for piece in changed.after if piece.tone == "ins"] == ["only readers of neuro. "]
    assert "".join(piece.text for piece in changed.before) == "When modality is CT: any eligible reader. Then go on."
    assert differences(old, new)[2].sentence == (
        "“E” added. Rule 3. When modality is MG: any eligible reader. Then go on."
    )


@settings(max_examples=100)
@given(chances())
def test_a_rule_set_does_not_differ_from_itself(chance: Random) -> None:
    rules = random_rules(chance)
    assert differences(rules, rules) == []
