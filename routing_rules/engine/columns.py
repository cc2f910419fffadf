"""Rules over very many examinations at once: each comparison is answered once for each distinct value of its fact.

The answers are those of conditions.holds and rules.RuleBook; this is the quicker way where a person waits for all of
the last weeks' examinations while typing.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.conditions import Condition
from routing_rules.engine.facts import DECLARED_FACTS
from routing_rules.engine.operators import test_of
from routing_rules.engine.rules import Demand, Rule, combined

Flags = NDArray[np.bool_]
_ANSWERS_KEPT = 1000


class FactColumns:
    """Facts of many examinations by column; answers to comparisons are kept for the next asking."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.size = len(rows)
        self._rows = rows
        self._columns: dict[str, tuple[list[Any], NDArray[np.intp]]] = {}
        self._answers: dict[str, Flags] = {}

    def holds(self, condition: Condition) -> Flags:
        """Return for each examination whether a checked condition is true of it."""
        if not condition:
            return np.ones(self.size, dtype=bool)
        if "not" in condition:
            return ~self.holds(condition["not"])
        if "all" in condition:
            return np.logical_and.reduce([self.holds(part) for part in condition["all"]])
        if "any" in condition:
            return np.logical_or.reduce([self.holds(part) for part in condition["any"]])
        return self._comparison(condition["fact"], condition["operator"], condition["value"])

    def matches(self, rules: Sequence[Rule]) -> Flags:
        """Return which rules apply to which examination, (rules, examinations), up to the first that stops."""
        found = np.zeros((len(rules), self.size), dtype=bool)
        is_left = np.ones(self.size, dtype=bool)
        for position, rule in enumerate(rules):
            found[position] = self.holds(rule["when"]) & is_left
            if rule.get("stop"):
                is_left &= ~found[position]
        return found

    def _comparison(self, fact: str, operator: str, value: Any) -> Flags:
        key = json.dumps([fact, operator, value])
        known = self._answers.get(key)
        if known is None:
            if len(self._answers) >= _ANSWERS_KEPT:
                self._answers.clear()
            values, codes = self._column(fact)
            test = test_of(DECLARED_FACTS[fact], operator, value)
            known = self._answers[key] = np.fromiter((test(one) for one in values), bool, len(values))[codes]
        return known

    def _column(self, fact: str) -> tuple[list[Any], NDArray[np.intp]]:
        """Return the fact's distinct values and, for each examination, which of them it has."""
        column = self._columns.get(fact)
        if column is None:
            places: dict[Any, int] = {}
            codes = np.empty(self.size, dtype=np.intp)
            for position, row in enumerate(self._rows):
                value = row.get(fact)
                value = tuple(value) if isinstance(value, list) else value
                codes[position] = places.setdefault(value, len(places))
            column = self._columns[fact] = (list(places), codes)
        return column


def demands_of(rules: Sequence[Rule], matches: Flags) -> tuple[list[Demand], NDArray[np.intp]]:
    """Return the distinct demands that the rules make, and for each examination which of them is its own."""
    patterns, codes = _patterns(matches)
    return [combined([rule for rule, hit in zip(rules, pattern, strict=True) if hit]) for pattern in patterns], codes


def _patterns(matches: Flags) -> tuple[list[Flags], NDArray[np.intp]]:
    """Return the distinct columns of a matrix of flags, and which of them each column is."""
    packed = np.packbits(matches, axis=0).T.copy()
    places: dict[bytes, int] = {}
    first: list[int] = []
    codes = np.empty(matches.shape[1], dtype=np.intp)
    for position, row in enumerate(packed):
        key = row.tobytes()
        place = places.get(key)
        if place is None:
            place = places[key] = len(first)
            first.append(position)
        codes[position] = place
    return [matches[:, position] for position in first], codes


def treated_differently(
    old: tuple[list[Demand], NDArray[np.intp]], new: tuple[list[Demand], NDArray[np.intp]]
) -> Flags:
    """Return for each examination whether the new demands ask for anything else, whichever rules say it.

    Both as `demands_of` gives them, for the same examinations in the same order.
    """
    asked = [[_asked(demand) for demand in demands] for demands in (old[0], new[0])]
    differs = np.array([[before != after for after in asked[1]] for before in asked[0]], dtype=bool)
    return differs[old[1], new[1]] if differs.size else np.zeros(len(new[1]), dtype=bool)


def _asked(demand: Demand) -> dict[str, Any]:
    """Return what a demand asks, without the names of the rules; what adds up has no order."""
    values = {name: frozenset(value) if isinstance(value, tuple) else value for name, value in vars(demand).items()}
    values.pop("matched")
    return values
