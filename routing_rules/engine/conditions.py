"""Conditions: all, any, not, and a closed list of operators over the declared facts.

A condition is data: {"all": [...]}, {"any": [...]}, {"not": {...}} or {"fact": "modality", "operator": "in",
"value": ["CT", "MR"]}; {} is always true. A fact that is unknown (None, empty) satisfies no operator.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from routing_rules.engine.facts import DECLARED_FACTS
from routing_rules.engine.operators import OPERATORS, OPERATORS_OF_TYPE, Test, test_of, value_fits
from routing_rules.errors import InvalidRule

Condition = dict[str, Any]
Facts = Mapping[str, Any]
# Answers kept for each comparison: a network has far fewer body parts and descriptions than examinations.
_ANSWERS_KEPT = 4096
DEEPEST = 8


def holds(condition: Condition, facts: Facts) -> bool:
    """Tell whether a checked condition is true of the facts."""
    return compiled(condition)(facts)


def compiled(condition: Condition) -> Callable[[Facts], bool]:
    """Return a checked condition as a function of the facts, for many examinations."""
    if not condition:
        return lambda facts: True
    if "not" in condition:
        part = compiled(condition["not"])
        return lambda facts: not part(facts)
    for key, is_all in (("all", True), ("any", False)):
        if key in condition:
            return _joined([compiled(part) for part in condition[key]], is_all=is_all)
    kind = DECLARED_FACTS[condition["fact"]]
    test = test_of(kind, condition["operator"], condition["value"])
    return _comparison(condition["fact"], test, is_kept=kind in ("text", "code"))


def _joined(parts: list[Callable[[Facts], bool]], *, is_all: bool) -> Callable[[Facts], bool]:
    def joined(facts: Facts) -> bool:
        for part in parts:
            if part(facts) is not is_all:
                return not is_all
        return is_all

    return joined


def _comparison(name: str, test: Test, *, is_kept: bool) -> Callable[[Facts], bool]:
    """Compare one fact; a fact that older stored facts do not have is unknown. Answers on text are kept."""
    if not is_kept:
        return lambda facts: test(facts.get(name))
    answers: dict[Any, bool] = {}

    def compare(facts: Facts) -> bool:
        fact = facts.get(name)
        answer = answers.get(fact)
        if answer is None:
            if len(answers) >= _ANSWERS_KEPT:
                answers.clear()
            answer = answers[fact] = test(fact)
        return answer

    return compare


def comparisons(condition: Condition) -> Iterator[Condition]:
    """Yield every comparison of a checked condition."""
    if "fact" in condition:
        yield condition
    parts = [condition["not"]] if "not" in condition else condition.get("all") or condition.get("any") or ()
    for part in parts:
        yield from comparisons(part)


def check_condition(condition: Any, place: str, depth: int = 0) -> None:
    """Raise InvalidRule unless the condition is well formed and typed."""
    if not isinstance(condition, dict):
        raise InvalidRule(place, "is not a condition")
    if depth > DEEPEST:
        raise InvalidRule(place, f"is nested deeper than {DEEPEST}")
    if not condition:
        return
    if len(condition) == 1 and (key := next(iter(condition))) in ("all", "any", "not"):
        parts = [condition[key]] if key == "not" else condition[key]
        if not isinstance(parts, list) or not parts:
            raise InvalidRule(f"{place}.{key}", "needs at least one condition")
        for position, part in enumerate(parts):
            check_condition(part, f"{place}.{key}" if key == "not" else f"{place}.{key}[{position}]", depth + 1)
        return
    if set(condition) != {"fact", "operator", "value"}:
        raise InvalidRule(place, "needs exactly fact, operator and value, or one of all, any, not")
    _check_comparison(condition, place)


def _check_comparison(condition: Condition, place: str) -> None:
    fact, operator, value = condition["fact"], condition["operator"], condition["value"]
    if not isinstance(fact, str) or fact not in DECLARED_FACTS:
        raise InvalidRule(f"{place}.fact", f"{fact!r} is no fact.{maybe(fact, DECLARED_FACTS)}")
    if not isinstance(operator, str) or operator not in OPERATORS:
        raise InvalidRule(f"{place}.operator", f"{operator!r} is no operator.{maybe(operator, OPERATORS)}")
    kind = DECLARED_FACTS[fact]
    if operator not in OPERATORS_OF_TYPE[kind]:
        raise InvalidRule(f"{place}.operator", f"{operator} does not fit {fact}, which is a {kind}")
    if not value_fits(operator, kind, value):
        raise InvalidRule(f"{place}.value", f"{value!r} does not fit {operator} on a {kind}")


def maybe(word: Any, known: Iterable[str]) -> str:
    """Return the hint that ends a refusal: the closest known word, else all of them."""
    close = get_close_matches(str(word), list(known), n=1)
    return f" Maybe {close[0]!r}." if close else f" Maybe one of {', '.join(known)}."
