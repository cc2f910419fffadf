"""Random facts and rules over few values, so that they meet often: `given(chances())` draws what they are made by.

Made from a seed rather than drawn one by one: thousands of rule sets a second find more than dozens that shrink.
"""

from random import Random
from typing import Any

from hypothesis import strategies as st

from routing_rules.engine.facts import DECLARED_FACTS, PRIORITIES, WEEKDAYS
from routing_rules.engine.operators import OPERATORS_OF_TYPE

WORDS = ("CT", "ct head", "head", "CT HEAD contrast", "Brain", "brain mri", "CT1", "CT12", "MR")
CODES = ("CT*", "CT1*", "CT?", "*head", "CT1", "*", "MR", "C*1")
CLOCKS = ("00:00", "07:00", "07:30", "12:00", "22:00", "23:59")
NUMBERS = (0, 1, 5, 13, 14, 80)
SUBSPECIALTIES = ("neuro", "body", "chest")
READERS = ("ada@example.org", "david@example.org", "sol@example.org")
GROUPS = ("Night team", "Stroke readers")
NAMES = tuple(DECLARED_FACTS)
_CLOSED = {"priority": PRIORITIES, "weekday": WEEKDAYS, "sex": ("M", "F", "O")}


def chances() -> st.SearchStrategy[Random]:
    return st.integers(0, 2**32 - 1).map(Random)


def random_facts(chance: Random) -> dict[str, Any]:
    """Facts as ExaminationFacts has them; what may be unknown is, now and then."""
    facts: dict[str, Any] = {}
    for name, kind in DECLARED_FACTS.items():
        if kind in ("text", "code"):
            known = _CLOSED.get(name, (*WORDS, "x", "CT9", "brain ct head", "mri of the head"))
            facts[name] = chance.choice(known if name in ("priority", "weekday") else (*known, ""))
        elif kind == "findings":
            facts[name] = chance.sample(WORDS, chance.randint(0, 3))
        elif kind == "flag":
            facts[name] = chance.random() < 0.5
        elif kind == "clock":
            facts[name] = chance.choice((*CLOCKS, f"{chance.randrange(24):02}:{chance.randrange(60):02}"))
    facts["age_years"] = chance.choice((None, *NUMBERS, chance.randint(0, 100)))
    facts["image_count"] = chance.choice((*NUMBERS, chance.randint(0, 100)))
    facts["elapsed_share"] = chance.choice((*NUMBERS, 0.5, chance.random() * 20))
    return facts


def random_comparison(chance: Random, names: tuple[str, ...]) -> dict[str, Any]:
    fact = chance.choice(names)
    kind = DECLARED_FACTS[fact]
    operator = chance.choice(OPERATORS_OF_TYPE[kind])
    return {"fact": fact, "operator": operator, "value": _value(chance, operator, fact, kind)}


def _value(chance: Random, operator: str, fact: str, kind: str) -> Any:
    texts = _CLOSED.get(fact, WORDS)
    if operator == "in":
        return chance.sample(texts, chance.randint(1, 3))
    if operator == "matches_code":
        return chance.sample(CODES, chance.randint(1, 2))
    if operator == "range":
        low, high = sorted(chance.choices(NUMBERS, k=2))
        return chance.choice(([low, high], [None, high], [low, None]))
    if operator == "between_times":
        return chance.choices(CLOCKS, k=2)
    if operator == "is_before":
        return chance.choice(CLOCKS)
    return chance.choice({"flag": (True, False), "number": NUMBERS}.get(kind, texts))


def random_condition(chance: Random, names: tuple[str, ...] = NAMES, depth: int = 2) -> dict[str, Any]:
    kind = chance.choice(("test", "test", "all", "any", "not")) if depth else "test"
    if kind == "test":
        return random_comparison(chance, names)
    if kind == "not":
        return {"not": random_condition(chance, names, depth - 1)}
    return {kind: [random_condition(chance, names, depth - 1) for _ in range(chance.randint(1, 3))]}


def random_effects(chance: Random) -> dict[str, Any]:
    every = {
        "require_subspecialty": chance.choice(SUBSPECIALTIES),
        "require_group": chance.choice(GROUPS),
        "require_reader": chance.choice(READERS),
        "never_reader": chance.sample(READERS, chance.randint(1, 2)),
        "hold_for_subspecialty": chance.choice(SUBSPECIALTIES),
        "set_service_level_minutes": chance.choice((30, 60)),
        "change_service_level": chance.choice((0.5, 2.0)),
        "raise_priority": chance.choice(("stat", "urgent")),
        "reading": chance.choice(("single", "double", "two_tier")),
    }
    return {name: value for name, value in every.items() if chance.random() < 0.25}


def random_rules(chance: Random) -> list[dict[str, Any]]:
    """Checked rules with a default; they ask for few facts, so that they touch one another."""
    names = tuple(chance.sample(NAMES, chance.randint(1, 3)))
    rules = [
        {
            "name": f"Rule {number}",
            "when": random_condition(chance, names),
            "then": random_effects(chance),
            "stop": chance.random() < 0.5,
        }
        for number in range(chance.randint(0, 4))
    ]
    return [*rules, {"name": "Everything else", "when": {}, "then": random_effects(chance)}]
