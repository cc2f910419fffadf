"""The values that a fact may take, as far as some conditions can tell them apart: a finite number of worlds a fact.

A world is a bit, a set of worlds a number. The worlds of a fact cover every value that it can ever have, and sometimes
more: text outside the named values may contain any of the words asked for at once. So what is true in no world is
true of no examination, which is what findings rest on; the reverse need not hold.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise, product
from typing import Any

from routing_rules.engine.conditions import Condition, comparisons
from routing_rules.engine.facts import DECLARED_FACTS, PRIORITIES, WEEKDAYS
from routing_rules.engine.operators import plain, test_of, word_pattern

# Facts that every examination has; the others may be unknown, and then satisfy no operator.
ALWAYS_KNOWN = frozenset({"priority", "weekday", "time_of_day", "holiday", "image_count", "elapsed_share", "hospital"})
CLOSED: dict[str, tuple[Any, ...]] = {
    "priority": PRIORITIES,
    "weekday": WEEKDAYS,
    "sex": ("M", "F", "O"),
    "holiday": (True, False),
}
WHOLE_NUMBERS = frozenset({"age_years", "image_count"})
# From so many words and patterns on, all their combinations would be too many: each is free of the others then.
_MOST_PATTERNS = 5
_IF_FREE_TRUE, _IF_FREE_ALL = 0b01, 0b11

Atom = tuple[str, str, str]


def atom_of(comparison: Condition) -> Atom:
    """Return what two comparisons share when they ask the same."""
    return comparison["fact"], comparison["operator"], repr(comparison["value"])


class Worlds:
    """The worlds of every fact that some conditions ask for.

    `everything` holds all worlds of each variable: of a fact, or of a single comparison that is free of the others.
    """

    def __init__(self, conditions: Iterable[Condition]) -> None:
        self.everything: dict[Any, int] = {}
        self._places: dict[Atom, tuple[Any, int]] = {}
        by_fact: dict[str, dict[Atom, Condition]] = {}
        for condition in conditions:
            for comparison in comparisons(condition):
                by_fact.setdefault(comparison["fact"], {})[atom_of(comparison)] = comparison
        for fact, atoms in by_fact.items():
            self._add(fact, atoms)

    def place(self, comparison: Condition) -> tuple[Any, int]:
        """Return the variable of a comparison, and in which of its worlds the comparison is true."""
        return self._places[atom_of(comparison)]

    def _add(self, fact: str, atoms: dict[Atom, Condition]) -> None:
        kind = DECLARED_FACTS[fact]
        if kind == "findings":
            # Several findings may be reported at once, so that comparisons hardly exclude one another.
            self._add_free(atoms)
        elif kind == "number":
            self._add_values(fact, atoms, _numbers(fact, list(atoms.values())))
        elif kind == "clock":
            self._add_values(fact, atoms, _clocks(list(atoms.values())))
        elif fact in CLOSED:
            self._add_values(fact, atoms, CLOSED[fact])
        else:
            self._add_text(fact, atoms)

    def _add_values(self, fact: str, atoms: dict[Atom, Condition], values: Iterable[Any]) -> None:
        """Take each value as a world, the unknown one too where it may be."""
        values = list(values) + ([] if fact in ALWAYS_KNOWN else [None])
        self.everything[fact] = (1 << len(values)) - 1
        for atom, comparison in atoms.items():
            self._places[atom] = fact, _mask(_test(comparison)(value) for value in values)

    def _add_text(self, fact: str, atoms: dict[Atom, Condition]) -> None:
        """Take the named texts, and for all others each combination of the patterns that they may fit at once."""
        named = list(dict.fromkeys(text for comparison in atoms.values() for text in _named_texts(comparison)))
        patterns = {atom: one for atom, one in atoms.items() if one["operator"] in ("contains_word", "matches_code")}
        if len(patterns) > _MOST_PATTERNS:
            self._add_free(patterns)
            self._add_values(fact, {atom: one for atom, one in atoms.items() if atom not in patterns}, [*named, object])
            return
        combinations = [fit for fit in map(frozenset, _subsets(list(patterns))) if _may_be(fit, patterns)]
        self.everything[fact] = (1 << (len(named) + len(combinations) + (fact not in ALWAYS_KNOWN))) - 1
        for atom, comparison in atoms.items():
            test = _test(comparison)
            self._places[atom] = fact, _mask([*map(test, named), *(atom in fit for fit in combinations)])

    def _add_free(self, atoms: dict[Atom, Condition]) -> None:
        for atom in atoms:
            self.everything[atom] = _IF_FREE_ALL
            self._places[atom] = atom, _IF_FREE_TRUE


def _test(comparison: Condition) -> Callable[[Any], bool]:
    kind = DECLARED_FACTS[comparison["fact"]]
    test = test_of(kind, comparison["operator"], comparison["value"])
    # `object` stands for a text that is none of the named ones.
    return lambda value: value is not object and test(value)


def _mask(answers: Iterable[bool]) -> int:
    return sum(1 << position for position, answer in enumerate(answers) if answer)


def _numbers(fact: str, asked: list[Condition]) -> list[float]:
    """Return each number that is named, and one between each two, below the least and above the greatest."""
    named: set[float] = set()
    for comparison in asked:
        value = comparison["value"]
        named |= {end for end in value if end is not None} if isinstance(value, list) else {value}
    ends = sorted(named)
    between = [(low + high) / 2 for low, high in pairwise(ends)]
    values = sorted({ends[0] - 1, *ends, *between, ends[-1] + 1})
    if fact not in WHOLE_NUMBERS:
        return values
    whole = {float(end) for end in ends if end == int(end)}
    for low, high in zip([ends[0] - 2, *ends], [*ends, ends[-1] + 2], strict=True):
        first = int(low // 1) + 1
        if first < high:
            whole.add(float(first))
    return sorted(value for value in whole if value >= 0 or fact != "image_count")


def _clocks(asked: list[Condition]) -> list[str]:
    """Return the first minute of each span of the day in which every comparison keeps its answer."""
    starts = {"00:00"}
    for comparison in asked:
        value = comparison["value"]
        starts |= set(value) if isinstance(value, list) else {value}
    return sorted(starts)


def _named_texts(comparison: Condition) -> list[str]:
    value = comparison["value"]
    texts = value if isinstance(value, list) else [value]
    return [plain(text) for text in texts if not {"*", "?"} & set(text) or comparison["operator"] != "matches_code"]


def _subsets(atoms: list[Atom]) -> Iterable[list[Atom]]:
    for flags in product((False, True), repeat=len(atoms)):
        yield [atom for atom, flag in zip(atoms, flags, strict=True) if flag]


def _may_be(fit: frozenset[Atom], patterns: dict[Atom, Condition]) -> bool:
    """Say whether a text may fit exactly these patterns: who contains "ct head" contains "head" too."""
    words = {atom: one["value"] for atom, one in patterns.items() if one["operator"] == "contains_word"}
    return not any(
        word_pattern(words[outside]).search(plain(words[inside]))
        for inside in fit & words.keys()
        for outside in words.keys() - fit
    )
