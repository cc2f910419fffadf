"""Gaps are those that asking hour by hour, kind by kind and reader by reader finds."""

from random import Random
from typing import Any

import numpy as np
from hypothesis import given, settings

from routing_rules.engine.facts import TIME_FACTS
from routing_rules.engine.findings.gaps import Cover, KindsAndHours, uncovered
from routing_rules.engine.findings.network import NamedReader
from routing_rules.engine.rules import RuleBook
from tests.routing_rules.engine.random_rules import GROUPS, READERS, SUBSPECIALTIES, chances, random_facts, random_rules

HOURS = 6


def _random_case(chance: Random) -> tuple[list[Any], KindsAndHours, Cover]:
    facts = [random_facts(chance) for _ in range(chance.randint(1, 4))]
    times = [{name: one[name] for name in TIME_FACTS} for one in (random_facts(chance) for _ in range(3))]
    time_of = np.array([[chance.randrange(3) for _ in range(HOURS)] for _ in facts], dtype=np.intp)
    readers = {
        email: NamedReader(
            email,
            frozenset(chance.sample(SUBSPECIALTIES, chance.randint(0, 3))),
            frozenset(chance.sample(GROUPS, chance.randint(0, 2))),
        )
        for email in READERS
    }
    is_there = np.array([[chance.random() < 0.5 for _ in range(HOURS)] for _ in READERS])
    may_read = np.array([[chance.random() < 0.7 for _ in READERS] for _ in facts])
    return random_rules(chance), KindsAndHours(facts, times, time_of), Cover(READERS, readers, is_there, may_read)


@settings(max_examples=300)
@given(chances())
def test_nobody_is_left_exactly_where_nobody_may_read(chance: Random) -> None:
    rules, kinds, cover = _random_case(chance)
    found, book = uncovered(rules, kinds, cover), RuleBook(rules)
    for kind, facts in enumerate(kinds.facts):
        for hour in range(HOURS):
            demand = book.demand_of(facts | kinds.times[kinds.time_of[kind, hour]])
            left = [
                email
                for place, email in enumerate(READERS)
                if cover.is_there[place, hour]
                and cover.may_read[kind, place]
                and email not in demand.never_readers
                and demand.require_reader in ("", email)
                and demand.require_subspecialty in ("", *cover.readers[email].subspecialties)
                and demand.require_group in ("", *cover.readers[email].groups)
            ]
            assert found.hours[kind, hour] == (not left)
