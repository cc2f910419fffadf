"""What is said of rules is true of them: proved against random examinations, and against cases people would name."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from routing_rules.engine.conditions import holds
from routing_rules.engine.findings.contradictions import contradiction_findings
from routing_rules.engine.findings.finding import Finding
from routing_rules.engine.findings.names import name_findings
from routing_rules.engine.findings.network import NamedReader, Network
from routing_rules.engine.findings.reach import reach_findings
from routing_rules.engine.rules import RuleBook
from tests.routing_rules.engine.random_rules import chances, random_facts, random_rules

ADA, DAVID = "ada@example.org", "david@example.org"
NETWORK = Network(
    readers={
        ADA: NamedReader("Dr. Ada Roth", frozenset({"neuro"}), frozenset({"Stroke readers"})),
        DAVID: NamedReader("Dr. David Lind", frozenset({"body"})),
    },
    people=frozenset({ADA, DAVID, "olga@example.org"}),
    groups=frozenset({"Stroke readers", "Night team"}),
    nodes=frozenset({"NORTH_CT"}),
    values={"hospital": frozenset({"north", "south"})},
)
CT, MR, STAT = (
    {"fact": fact, "operator": "equals", "value": value}
    for fact, value in (("modality", "CT"), ("modality", "MR"), ("priority", "stat"))
)


def rule(when: dict[str, Any], *, stop: bool = False, **then: Any) -> dict[str, Any]:
    return {"name": f"{when} {then}", "when": when, "then": then, "stop": stop}


def reach(*rules: dict[str, Any] | None) -> list[Finding]:
    return reach_findings([*rules, rule({})])


def clash(*rules: dict[str, Any]) -> list[tuple[str, tuple[int, ...]]]:
    return [(one.kind, one.positions) for one in contradiction_findings([*rules, rule({})], NETWORK)]


@settings(max_examples=800)
@given(chances())
def test_findings_about_reach_hold_for_every_examination(chance: Random) -> None:
    rules = random_rules(chance)
    findings = reach_findings(rules)
    if not findings:
        return
    book = RuleBook(rules)
    for _ in range(60):
        facts = random_facts(chance)
        matched = book.matches(facts)
        for finding in findings:
            _check(finding, rules, facts, matched)


def _check(finding: Finding, rules: list[Any], facts: dict[str, Any], matched: tuple[int, ...]) -> None:
    at, *others = finding.positions
    if finding.kind == "never_matches":
        assert not holds(rules[at]["when"], facts)
    elif finding.kind == "shadowed":
        assert at not in matched
        if holds(rules[at]["when"], facts):
            assert any(rules[other]["stop"] and holds(rules[other]["when"], facts) for other in others)
    else:
        assert finding.kind == "effect_never_counts"
        effect = finding.values["effect"]
        if at in matched:
            assert any(rules[other]["then"].get(effect) for other in matched if other < at)


def test_random_rules_have_findings_of_each_kind() -> None:
    """The test above would hold for findings that are never made."""
    chance = Random(11)
    kinds = [finding.kind for _ in range(400) for finding in reach_findings(random_rules(chance))]
    assert {kind: kinds.count(kind) > 5 for kind in set(kinds)} == {
        "never_matches": True,
        "shadowed": True,
        "effect_never_counts": True,
    }


def test_a_contradiction_names_the_fact() -> None:
    impossible = {"all": [CT, {"any": [MR, {"fact": "modality", "operator": "in", "value": ["US"]}]}, STAT]}
    assert reach(rule(impossible)) == [Finding("never_matches", (0,), {"fact": "modality"})]
    mixed = {"all": [{"any": [CT, STAT]}, {"not": CT}, {"not": STAT}]}
    assert reach(rule(mixed)) == [Finding("never_matches", (0,), {"fact": ""})]


def test_a_rule_is_shadowed_by_one_or_by_several_together() -> None:
    both = {"all": [CT, STAT]}
    assert reach(rule(CT, stop=True), rule(both)) == [Finding("shadowed", (1, 0))]
    assert reach(rule(CT), rule(both)) == []
    assert reach(rule(STAT, stop=True), rule(MR, stop=True), rule({"not": STAT}, stop=True), rule(CT)) == [
        Finding("shadowed", (3, 0, 2))
    ]
    assert reach(None, rule(both)) == []


def test_the_default_is_never_called_shadowed() -> None:
    assert reach(rule({}, stop=True)) == []


def test_an_effect_that_was_decided_before_never_counts() -> None:
    first, second = rule(CT, require_subspecialty="neuro"), rule({"all": [CT, STAT]}, require_subspecialty="body")
    assert reach(first, second) == [Finding("effect_never_counts", (1, 0), {"effect": "require_subspecialty"})]
    assert reach(second, first) == []
    assert reach(first, rule(CT, require_subspecialty="neuro")) == []


SINGLE = [
    ({"require_reader": ADA, "never_reader": [ADA]}, "reader_required_and_never", True),
    ({"prefer_reader": ADA, "never_reader": ADA}, "reader_preferred_and_never", False),
    ({"require_reader": ADA, "require_subspecialty": "body"}, "required_reader_lacks_subspecialty", True),
    ({"require_reader": ADA, "hold_for_subspecialty": "body"}, "held_from_required_reader", False),
    ({"require_reader": DAVID, "require_group": "Stroke readers"}, "required_reader_not_in_group", True),
    ({"require_group": "Stroke readers", "require_subspecialty": "body"}, "nobody_in_group_reads", True),
    ({"require_subspecialty": "breast"}, "nobody_reads_subspecialty", False),
    ({"require_subspecialty": "neuro", "hold_for_subspecialty": "body"}, "held_for_another", False),
    ({"set_service_level_minutes": 30, "change_service_level": 0.5}, "service_level_twice", False),
    ({"require_reader": ADA, "reading": "double"}, "double_reading_by_one", False),
]


@pytest.mark.parametrize(("then", "kind", "blocks"), SINGLE)
def test_demands_of_one_rule_that_exclude_one_another(then: dict[str, Any], kind: str, blocks: bool) -> None:
    [finding] = contradiction_findings([rule(CT, **then)], NETWORK)
    assert (finding.kind, finding.positions, finding.is_blocking) == (kind, (0,), blocks)


def test_two_rules_that_may_both_apply_are_compared() -> None:
    ada, david = rule(CT, require_reader=ADA), rule(STAT, require_reader=DAVID)
    assert clash(ada, david) == [("first_decides", (1, 0))]
    assert clash(rule(CT, stop=True, require_reader=ADA), david) == []
    assert clash(ada, rule(MR, require_reader=DAVID)) == []
    assert clash(rule(STAT, stop=True), ada, rule({"all": [CT, STAT]}, require_reader=DAVID)) == []


def test_two_rules_exclude_a_reader_together() -> None:
    assert clash(rule(CT, require_reader=ADA), rule(STAT, never_reader=[ADA])) == [
        ("reader_required_and_never", (1, 0))
    ]
    assert clash(rule(CT, require_subspecialty="body"), rule(STAT, require_reader=ADA)) == [
        ("required_reader_lacks_subspecialty", (1, 0))
    ]
    [finding] = contradiction_findings([rule(CT, require_reader=ADA), rule(STAT, never_reader=[ADA])], NETWORK)
    assert not finding.is_blocking


def test_names_that_nobody_has() -> None:
    gone = rule(
        {"any": [{"fact": "hospital", "operator": "in", "value": ["North", "WEST"]}, CT]},
        require_reader="eve@example.org",
        never_reader=["eve@example.org", DAVID],
        require_group="Day team",
        send_to_nodes=["NORTH_CT", "NOWHERE"],
        notify=["coordinators", "group:Day team", "olga@example.org", "mallory@example.org"],
    )
    assert [(one.kind, one.is_blocking, *one.values.values()) for one in name_findings([gone, None], NETWORK)] == [
        ("required_reader_unknown", True, "eve@example.org"),
        ("reader_unknown", False, "eve@example.org"),
        ("required_group_unknown", True, "Day team"),
        ("node_unknown", True, "NOWHERE"),
        ("group_unknown", False, "Day team"),
        ("person_unknown", False, "mallory@example.org"),
        ("value_unknown", False, "hospital", "WEST"),
    ]
