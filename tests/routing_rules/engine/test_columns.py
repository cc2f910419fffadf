"""Many examinations at once are answered as one by one."""

from random import Random

import numpy as np
from hypothesis import given, settings

from routing_rules.engine.columns import FactColumns, demands_of, treated_differently
from routing_rules.engine.rules import RuleBook, check_rules
from tests.routing_rules.engine.random_rules import SUBSPECIALTIES, chances, random_facts, random_rules


@settings(max_examples=300)
@given(chances())
def test_answers_are_those_of_the_rule_book(chance: Random) -> None:
    rules, rows = random_rules(chance), [random_facts(chance) for _ in range(chance.randrange(20))]
    check_rules(rules, subspecialties=SUBSPECIALTIES)
    matches = FactColumns(rows).matches(rules)
    demands, codes = demands_of(rules, matches)
    book = RuleBook(rules)
    for position, row in enumerate(rows):
        assert tuple(np.flatnonzero(matches[:, position])) == book.matches(row)
        assert demands[codes[position]] == book.demand_of(row)


@settings(max_examples=200)
@given(chances())
def test_a_difference_is_one_of_the_demand_not_of_the_rules_names(chance: Random) -> None:
    before, after, rows = random_rules(chance), random_rules(chance), [random_facts(chance) for _ in range(8)]
    columns = FactColumns(rows)
    old, new = (demands_of(rules, columns.matches(rules)) for rules in (before, after))
    found = treated_differently(old, new)
    for position, row in enumerate(rows):
        one, other = (RuleBook(rules).demand_of(row).as_dict() for rules in (before, after))
        for demand in (one, other):
            demand.pop("matched")
            demand["never_readers"] = sorted(demand["never_readers"])
        assert found[position] == (one != other)


def test_renamed_rules_change_nothing() -> None:
    rows = [{"modality": "CT"}, {"modality": "MR"}]
    rules = [{"name": "A", "when": {}, "then": {"never_reader": ["x@y.z", "a@b.c"]}}]
    renamed = [{"name": "B", "when": {}, "then": {"never_reader": ["a@b.c", "x@y.z"]}}]
    columns = FactColumns(rows)
    pair = [demands_of(one, columns.matches(one)) for one in (rules, renamed)]
    assert not treated_differently(*pair).any()
