"""The decision: hard eligibility in a fixed order, then the least loaded, explained for every reader."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing_rules.engine.decision import Reader, decide
from routing_rules.engine.facts import ExaminationFacts
from routing_rules.engine.rules import check_rules
from routing_rules.errors import InvalidRule

FACTS = ExaminationFacts(
    modality="CT",
    body_part="HEAD",
    procedure_code="CTH",
    description="CT head",
    hospital="NORTH",
    priority="routine",
    sex="F",
    weekday="monday",
    age_years=50,
    image_count=30,
    time_of_day="10:00",
)
RULES = [
    {
        "name": "Head",
        "when": {"fact": "body_part", "operator": "equals", "value": "HEAD"},
        "then": {"require_subspecialty": "neuro"},
        "stop": True,
    },
    {"name": "Otherwise", "when": {}, "then": {}},
]
READER = Reader(
    reader_id=1,
    name="Dr. Ada Roth",
    email="ada@example.org",
    subspecialties=frozenset({"neuro"}),
    privileges=frozenset({("NORTH", "")}),
    on_shift_until="18:00",
    open_items=3,
    open_minutes=30.0,
    maximum_open_items=20,
)


def test_least_loaded_by_minutes_is_chosen_not_by_items() -> None:
    other = replace(READER, reader_id=2, name="Dr. Bruno Costa", open_items=5, open_minutes=20.0)
    decision = decide(FACTS, RULES, [READER, other])
    assert decision.reader_id == 2
    assert decision.matched_rules == ["Head"]
    assert "least waiting of 2 eligible neuro readers" in decision.summary


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"privileges": frozenset({("SOUTH", "")})}, "No reading privilege at NORTH"),
        ({"privileges": frozenset({("NORTH", "MR")})}, "No privilege for CT at NORTH"),
        ({"subspecialties": frozenset({"body"})}, "Does not read neuro"),
        ({"on_shift_until": ""}, "Off shift now"),
        ({"open_items": 20}, "At the cap of 20 open items"),
        ({"excluded_because": "Has just given this item back"}, "Has just given this item back"),
    ],
)
def test_reader_is_out_with_the_first_reason(changes: dict[str, object], reason: str) -> None:
    decision = decide(FACTS, RULES, [replace(READER, **changes)])
    assert decision.reader_id is None
    assert [candidate.reason for candidate in decision.candidates] == [reason]
    assert "No neuro reader is eligible for CT at NORTH" in decision.summary


def test_rule_keeps_a_reader_out() -> None:
    rules = [{"name": "Not Ada", "when": {}, "then": {"never_reader": "ada@example.org"}}]
    assert decide(FACTS, rules, [READER]).candidates[0].reason == "Excluded by a rule"


def test_present_reader_keeps_the_item_while_eligible() -> None:
    idle = replace(READER, reader_id=2, open_items=0, open_minutes=0.0)
    assert decide(FACTS, RULES, [READER, idle], keep_reader_id=1).reader_id == 1
    gone = replace(READER, on_shift_until="")
    assert decide(FACTS, RULES, [gone, idle], keep_reader_id=1).reader_id == 2


readers = st.builds(
    Reader,
    reader_id=st.integers(1, 10_000),
    name=st.just("Dr. X"),
    email=st.just("x@example.org"),
    subspecialties=st.frozensets(st.sampled_from(["neuro", "body"])),
    privileges=st.frozensets(st.tuples(st.sampled_from(["NORTH", "SOUTH"]), st.sampled_from(["", "CT", "MR"]))),
    on_shift_until=st.sampled_from(["", "18:00"]),
    open_items=st.integers(0, 25),
    open_minutes=st.floats(0, 500),
    maximum_open_items=st.just(20),
)


@given(st.lists(readers, max_size=12, unique_by=lambda reader: reader.reader_id), st.randoms())
def test_never_an_ineligible_reader_and_no_matter_the_order(crowd: list[Reader], random: object) -> None:
    decision = decide(FACTS, RULES, crowd)
    shuffled = list(crowd)
    random.shuffle(shuffled)
    assert decide(FACTS, RULES, shuffled) == decision
    assert len(decision.candidates) == len(crowd)
    fit = {
        reader.reader_id
        for reader in crowd
        if {("NORTH", ""), ("NORTH", "CT")} & reader.privileges
        and "neuro" in reader.subspecialties
        and reader.on_shift_until
        and reader.open_items < 20
    }
    assert decision.reader_id in fit if fit else decision.reader_id is None


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([], "default rule"),
        ([{"name": "a", "when": {"fact": "sex", "operator": "equals", "value": "F"}, "then": {}}], "default"),
        ([{"name": "a", "when": {}, "then": {"require_subspecialty": "nero"}}], "'nero' is unknown"),
        ([{"name": "a", "when": {}, "then": {"send_fax": 1}}], "'send_fax' is no effect"),
        ([{"name": "a", "when": {}, "then": {}}, {"name": "a", "when": {}, "then": {}}], "used twice"),
        ([{"when": {}, "then": {}}], "needs name"),
    ],
)
def test_faulty_rules_are_refused(rules: object, words: str) -> None:
    with pytest.raises(InvalidRule, match=words):
        check_rules(rules, subspecialties=("neuro", "body"))
