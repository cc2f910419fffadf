"""The closed list of operators: what each compares, and how its value is checked.

Text is compared as `plain` gives it, so that every operator sees the same in "Schädel", however it is encoded, and in
"SCHÄDEL". A fact that is unknown (None, or empty text) satisfies no operator.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Test = Callable[[Any], bool]

_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
OPERATORS_OF_TYPE: dict[str, tuple[str, ...]] = {
    "text": ("equals", "in", "contains_word"),
    "code": ("equals", "in", "matches_code", "contains_word"),
    "number": ("equals", "range"),
    "clock": ("between_times", "is_before"),
    "flag": ("equals",),
    "findings": ("equals", "in", "matches_code", "contains_word"),
}
OPERATORS = ("equals", "in", "range", "contains_word", "matches_code", "between_times", "is_before")


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """Return the text without differences of case, Unicode form and white space."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def word_pattern(word: str) -> re.Pattern[str]:
    """Return what finds a plain word (or several) where it is no part of a longer one."""
    return re.compile(rf"(?<!\w){re.escape(plain(word))}(?!\w)")


def code_pattern(code: str) -> re.Pattern[str]:
    """Return what fully matches a plain code; `*` stands for any characters, also none, and `?` for one.

    Each part between stars is taken where it first fits and not tried again, so that no pattern is slow.
    """
    first, *parts = [re.escape(part).replace(r"\?", ".") for part in plain(code).split("*")]
    if not parts:
        return re.compile(first, re.DOTALL)
    *between, last = parts
    return re.compile(f"{first}{''.join(f'(?>.*?{part})' for part in between if part)}.*{last}", re.DOTALL)


def _text_test(operator: str, value: Any) -> Test:
    """Return the test of a known, plain text."""
    if operator == "equals":
        wanted = plain(value)
        return lambda text: text == wanted
    if operator == "in":
        choices = frozenset(plain(choice) for choice in value)
        return lambda text: text in choices
    if operator == "contains_word":
        search = word_pattern(value).search
        return lambda text: search(text) is not None
    patterns = [code_pattern(code).fullmatch for code in value]
    return lambda text: any(match(text) is not None for match in patterns)


def test_of(kind: str, operator: str, value: Any) -> Test:
    """Return the test that a fact of this type passes when the comparison is true; None and empty never pass."""
    if kind in ("text", "code"):
        passes = _text_test(operator, value)
        return lambda fact: bool(fact) and passes(plain(fact))
    if kind == "findings":
        passes = _text_test(operator, value)
        return lambda fact: any(finding and passes(plain(finding)) for finding in fact or ())
    if operator == "equals":
        return lambda fact: fact is not None and fact == value
    if operator == "range":
        low = float("-inf") if value[0] is None else value[0]
        high = float("inf") if value[1] is None else value[1]
        return lambda fact: fact is not None and low <= fact <= high
    if operator == "is_before":
        return lambda fact: bool(fact) and fact < value
    start, end = value
    if start <= end:
        return lambda fact: bool(fact) and start <= fact < end
    return lambda fact: bool(fact) and (fact >= start or fact < end)


def value_fits(operator: str, kind: str, value: Any) -> bool:
    """Say whether the value has the form that the operator compares with a fact of this type."""
    if operator in ("in", "matches_code"):
        return isinstance(value, list) and bool(value) and all(_is_text(choice) for choice in value)
    if operator == "range":
        return _is_pair(value) and _is_range(*value)
    if operator == "between_times":
        return _is_pair(value) and all(_is_clock(end) for end in value)
    if operator == "is_before":
        return _is_clock(value)
    if kind == "flag":
        return isinstance(value, bool)
    return _is_number(value) if kind == "number" else _is_text(value)


def _is_range(low: Any, high: Any) -> bool:
    """Say whether the ends are numbers in order; one of them may be open (None)."""
    if low is None or high is None:
        return _is_number(low) or _is_number(high)
    return _is_number(low) and _is_number(high) and low <= high


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(plain(value))


def _is_clock(value: Any) -> bool:
    return isinstance(value, str) and _CLOCK.fullmatch(value) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
