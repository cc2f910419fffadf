"""Conditions: a closed list of operators, typed before they are saved."""

import pytest

from routing_rules.engine.conditions import check_condition, holds
from routing_rules.errors import InvalidRule

FACTS = {
    "modality": "CT",
    "body_part": "HEAD",
    "procedure_code": "CTH",
    "description": "CT Schädel, head without contrast",
    "hospital": "NORTH",
    "priority": "stat",
    "sex": "F",
    "weekday": "friday",
    "age_years": 54,
    "image_count": 120,
    "time_of_day": "23:30",
}


def compare(fact: str, operator: str, value: object) -> dict[str, object]:
    return {"fact": fact, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        (compare("modality", "equals", "ct"), True),
        (compare("modality", "in", ["MR", "CT"]), True),
        (compare("modality", "in", ["MR"]), False),
        (compare("age_years", "range", [54, 60]), True),
        (compare("age_years", "range", [0, 53]), False),
        (compare("age_years", "equals", 54), True),
        (compare("description", "contains_word", "HEAD"), True),
        (compare("description", "contains_word", "hea"), False),
        (compare("description", "contains_word", "schädel"), True),
        (compare("time_of_day", "between_times", ["22:00", "06:00"]), True),
        (compare("time_of_day", "between_times", ["06:00", "22:00"]), False),
        (compare("time_of_day", "between_times", ["22:00", "23:30"]), False),
        ({"not": compare("sex", "equals", "F")}, False),
        ({"all": [compare("sex", "equals", "F"), compare("modality", "equals", "MR")]}, False),
        ({"any": [compare("sex", "equals", "F"), compare("modality", "equals", "MR")]}, True),
    ],
)
def test_condition_over_facts(condition: dict[str, object], expected: bool) -> None:
    check_condition(condition, "when")
    assert holds(condition, FACTS) is expected


def test_unknown_fact_value_satisfies_nothing() -> None:
    facts = FACTS | {"age_years": None}
    assert not holds(compare("age_years", "range", [0, 120]), facts)


@pytest.mark.parametrize(
    ("condition", "place", "words"),
    [
        (compare("modalty", "equals", "CT"), "when.fact", "Maybe 'modality'"),
        (compare("modality", "equal", "CT"), "when.operator", "Maybe 'equals'"),
        (compare("modality", "range", [1, 2]), "when.operator", "does not fit modality"),
        (compare("age_years", "equals", "54"), "when.value", "does not fit"),
        (compare("age_years", "range", [60, 10]), "when.value", "does not fit"),
        (compare("age_years", "equals", True), "when.value", "does not fit"),
        (compare("modality", "in", []), "when.value", "does not fit"),
        (compare("time_of_day", "between_times", ["22:00", "24:00"]), "when.value", "does not fit"),
        ({"all": []}, "when.all", "at least one"),
        ({"all": [{}, compare("x", "equals", "y")]}, "when.all[1].fact", "no fact"),
        ({"fact": "modality"}, "when", "fact, operator and value"),
        ("modality = CT", "when", "not a condition"),
    ],
)
def test_faulty_condition_is_refused_with_its_place(condition: object, place: str, words: str) -> None:
    with pytest.raises(InvalidRule) as caught:
        check_condition(condition, "when")
    assert caught.value.place == place
    assert words in caught.value.reason
