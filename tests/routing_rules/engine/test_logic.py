"""What the search calls impossible is true of no examination; what people would call impossible is found."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from routing_rules.engine.conditions import holds
from routing_rules.engine.findings.logic import can_all_be
from tests.routing_rules.engine.random_rules import NAMES, chances, random_condition, random_facts


@settings(max_examples=1500)
@given(chances())
def test_what_cannot_be_is_true_of_no_examination(chance: Random) -> None:
    names = tuple(chance.sample(NAMES, chance.randint(1, 2)))
    wishes = [(random_condition(chance, names), chance.random() < 0.5) for _ in range(chance.randint(1, 3))]
    if can_all_be(wishes):
        return
    for _ in range(40):
        facts = random_facts(chance)
        assert not all(holds(condition, facts) is truth for condition, truth in wishes), (wishes, facts)


def test_the_search_settles_something() -> None:
    """The test above would hold for a search that calls everything possible."""
    chance = Random(7)
    names = ("modality", "age_years")
    found = [
        can_all_be([(random_condition(chance, names), True), (random_condition(chance, names), False)])
        for _ in range(400)
    ]
    assert 40 < found.count(False) < 380


def _is(fact: str, value: Any) -> dict[str, Any]:
    return {"fact": fact, "operator": "equals", "value": value}


def _in(fact: str, *values: str) -> dict[str, Any]:
    return {"fact": fact, "operator": "in", "value": list(values)}


def _range(fact: str, low: float | None, high: float | None) -> dict[str, Any]:
    return {"fact": fact, "operator": "range", "value": [low, high]}


def _times(start: str, end: str) -> dict[str, Any]:
    return {"fact": "time_of_day", "operator": "between_times", "value": [start, end]}


def _word(word: str) -> dict[str, Any]:
    return {"fact": "description", "operator": "contains_word", "value": word}


def _code(*patterns: str) -> dict[str, Any]:
    return {"fact": "procedure_code", "operator": "matches_code", "value": list(patterns)}


IMPOSSIBLE = [
    {"all": [_is("priority", "stat"), _is("priority", "routine")]},
    {"all": [_is("modality", "CT"), _in("modality", "MR", "US")]},
    {"all": [_range("age_years", 18, None), _range("age_years", None, 17)]},
    {"all": [_range("age_years", 17.2, 17.8)]},
    {"all": [_times("22:00", "06:00"), _times("07:00", "21:00")]},
    _times("08:00", "08:00"),
    {"fact": "time_of_day", "operator": "is_before", "value": "00:00"},
    {"all": [_is("holiday", True), {"not": _is("holiday", True)}]},
    {"all": [_is("description", "CT Head"), {"not": _word("head")}]},
    {"all": [_word("ct head"), {"not": _word("HEAD")}]},
    {"all": [_is("procedure_code", "CT12"), {"not": _code("ct*")}]},
    {"not": _in("priority", "stat", "urgent", "routine")},
    {"all": [_is("weekday", "monday"), {"any": [_is("weekday", "sunday"), _is("weekday", "saturday")]}]},
    {"not": _range("image_count", 0, None)},
]
POSSIBLE = [
    {"all": [_word("head"), {"not": _word("ct head")}]},
    {"all": [_is("ai_finding", "ICH"), {"not": _in("ai_finding", "PE")}]},
    {"not": _in("sex", "M", "F", "O")},
    {"all": [_range("age_years", 18, None), {"not": _range("age_years", 19, None)}]},
    {"all": [_times("22:00", "06:00"), {"fact": "time_of_day", "operator": "is_before", "value": "01:00"}]},
    {"all": [{"not": _is("modality", "CT")}, {"not": _is("modality", "MR")}]},
    {"all": [_code("CT*"), {"not": _code("CT1*")}]},
    {"all": [_word(str(number)) for number in range(9)]},
]


@pytest.mark.parametrize("condition", IMPOSSIBLE)
def test_contradictions_are_found(condition: dict[str, Any]) -> None:
    assert not can_all_be([(condition, True)])


@pytest.mark.parametrize("condition", POSSIBLE)
def test_what_may_be_is_left_alone(condition: dict[str, Any]) -> None:
    assert can_all_be([(condition, True)])


def test_one_condition_covers_another() -> None:
    narrow = {"all": [_is("modality", "CT"), _in("body_part", "HEAD", "BRAIN")]}
    wide = {"any": [_in("modality", "CT", "MR"), _is("priority", "stat")]}
    assert not can_all_be([(narrow, True), (wide, False)])
    assert can_all_be([(wide, True), (narrow, False)])
    assert not can_all_be([(narrow, True), (_is("priority", "stat"), False), ({"not": _is("priority", "stat")}, False)])


def test_too_much_to_search_counts_as_possible() -> None:
    hard = {"all": [{"any": [_word(f"a{number}"), _word(f"b{number}")]} for number in range(30)]}
    wishes = [(hard, True), *(({"all": [_word(f"a{number}"), _word(f"b{number}")]}, True) for number in range(30))]
    assert can_all_be([*wishes, (_word("a0"), False)], steps=1)
