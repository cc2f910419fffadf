"""Rules: an ordered list of conditions with effects, and the demand they make on a reader."""

from dataclasses import dataclass, field
from typing import Any

from routing_rules.engine.conditions import check_condition, holds
from routing_rules.errors import InvalidRule

EFFECTS = ("require_subspecialty", "never_reader")


@dataclass
class Demand:
    """What the rules that matched ask for, and which they were."""

    subspecialty: str = ""
    never_readers: set[str] = field(default_factory=set)
    matched: list[str] = field(default_factory=list)


def demand_of(rules: list[dict[str, Any]], facts: dict[str, Any]) -> Demand:
    """Apply the rules in order; a rule with stop ends it; the first subspecialty asked for holds."""
    demand = Demand()
    for rule in rules:
        if not holds(rule["when"], facts):
            continue
        demand.matched.append(rule["name"])
        _apply(rule["then"], demand)
        if rule.get("stop"):
            break
    return demand


def _apply(effects: dict[str, Any], demand: Demand) -> None:
    demand.subspecialty = demand.subspecialty or effects.get("require_subspecialty", "")
    if "never_reader" in effects:
        demand.never_readers.add(effects["never_reader"])


def check_rules(rules: Any, *, subspecialties: tuple[str, ...]) -> None:
    """Raise InvalidRule at the first rule that cannot be saved; the last must match everything: none falls through."""
    if not isinstance(rules, list) or not rules:
        raise InvalidRule("rules", "needs at least the default rule")
    names: set[str] = set()
    for position, rule in enumerate(rules):
        place = f"rules[{position}]"
        _check_shape(rule, place)
        if rule["name"] in names:
            raise InvalidRule(f"{place}.name", f"{rule['name']!r} is used twice")
        names.add(rule["name"])
        check_condition(rule["when"], f"{place}.when")
        _check_effects(rule["then"], f"{place}.then", subspecialties)
    if rules[-1]["when"] != {}:
        raise InvalidRule(f"rules[{len(rules) - 1}].when", "the last rule is the default and must match everything: {}")


def _check_shape(rule: Any, place: str) -> None:
    if not isinstance(rule, dict) or not {"name", "when", "then"} <= set(rule) <= {"name", "when", "then", "stop"}:
        raise InvalidRule(place, "needs name, when, then, and may have stop")
    if not isinstance(rule["name"], str) or not rule["name"].strip():
        raise InvalidRule(f"{place}.name", "is empty")
    if not isinstance(rule.get("stop", False), bool):
        raise InvalidRule(f"{place}.stop", "is neither true nor false")


def _check_effects(effects: Any, place: str, subspecialties: tuple[str, ...]) -> None:
    if not isinstance(effects, dict) or not set(effects) <= set(EFFECTS):
        raise InvalidRule(place, f"may hold only {', '.join(EFFECTS)}")
    wanted = effects.get("require_subspecialty", "")
    if wanted and wanted not in subspecialties:
        raise InvalidRule(
            f"{place}.require_subspecialty", f"{wanted!r} is unknown. Maybe one of {', '.join(subspecialties)}."
        )
    if not isinstance(effects.get("never_reader", ""), str):
        raise InvalidRule(f"{place}.never_reader", "is not a mail address")
