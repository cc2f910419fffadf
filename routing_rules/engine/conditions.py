"""Conditions: all, any, not, and a closed list of operators over the declared facts.

A condition is data: {"all": [...]}, {"any": [...]}, {"not": {...}} or {"fact": "modality", "operator": "in",
"value": ["CT", "MR"]}; {} is always true. A fact that is unknown (None) satisfies no operator.
"""

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from routing_rules.engine.facts import DECLARED_FACTS
from routing_rules.errors import InvalidRule

_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


def _contains_word(fact: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", fact, re.IGNORECASE) is not None


def _between_times(fact: str, value: list[str]) -> bool:
    """Inclusive start, exclusive end; an end before the start passes midnight."""
    start, end = value
    return start <= fact < end if start <= end else fact >= start or fact < end


def _same(fact: Any, value: Any) -> bool:
    return fact.casefold() == value.casefold() if isinstance(fact, str) else fact == value


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": _same,
    "in": lambda fact, value: any(_same(fact, choice) for choice in value),
    "range": lambda fact, value: value[0] <= fact <= value[1],
    "contains_word": _contains_word,
    "between_times": _between_times,
}
OPERATORS_OF_TYPE = {
    "text": ("equals", "in", "contains_word"),
    "number": ("equals", "range"),
    "clock": ("between_times",),
}


def holds(condition: dict[str, Any], facts: dict[str, Any]) -> bool:
    """Tell whether a checked condition is true of the facts."""
    if not condition:
        return True
    if "all" in condition:
        return all(holds(part, facts) for part in condition["all"])
    if "any" in condition:
        return any(holds(part, facts) for part in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], facts)
    fact = facts[condition["fact"]]
    return fact is not None and OPERATORS[condition["operator"]](fact, condition["value"])


def check_condition(condition: Any, place: str) -> None:
    """Raise InvalidRule unless the condition is well formed and typed."""
    if not isinstance(condition, dict):
        raise InvalidRule(place, "is not a condition")
    if not condition:
        return
    if len(condition) == 1 and (key := next(iter(condition))) in ("all", "any", "not"):
        parts = [condition[key]] if key == "not" else condition[key]
        if not isinstance(parts, list) or not parts:
            raise InvalidRule(f"{place}.{key}", "needs at least one condition")
        for position, part in enumerate(parts):
            check_condition(part, f"{place}.{key}[{position}]")
        return
    if set(condition) != {"fact", "operator", "value"}:
        raise InvalidRule(place, "needs exactly fact, operator and value, or one of all, any, not")
    _check_comparison(condition, place)


def _check_comparison(condition: dict[str, Any], place: str) -> None:
    kind = DECLARED_FACTS.get(condition["fact"])
    if kind is None:
        raise InvalidRule(
            f"{place}.fact", f"{condition['fact']!r} is no fact.{_maybe(condition['fact'], DECLARED_FACTS)}"
        )
    operator, value = condition["operator"], condition["value"]
    if operator not in OPERATORS:
        raise InvalidRule(f"{place}.operator", f"{operator!r} is no operator.{_maybe(operator, OPERATORS)}")
    if operator not in OPERATORS_OF_TYPE[kind]:
        raise InvalidRule(f"{place}.operator", f"{operator} does not fit {condition['fact']}, which is a {kind}")
    if not _value_fits(operator, kind, value):
        raise InvalidRule(f"{place}.value", f"{value!r} does not fit {operator} on a {kind}")


def _value_fits(operator: str, kind: str, value: Any) -> bool:
    if operator == "in":
        return isinstance(value, list) and bool(value) and all(isinstance(choice, str) for choice in value)
    if operator == "range":
        return _is_pair(value) and all(_is_number(end) for end in value) and value[0] <= value[1]
    if operator == "between_times":
        return _is_pair(value) and all(isinstance(end, str) and _CLOCK.fullmatch(end) for end in value)
    return _is_number(value) if kind == "number" else isinstance(value, str) and bool(value.strip())


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _maybe(word: Any, known: Any) -> str:
    close = get_close_matches(str(word), known, n=1)
    return f" Maybe {close[0]!r}." if close else f" Maybe one of {', '.join(known)}."
