"""Rules: an ordered list of conditions with effects, and the demand they make on a reader."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from routing_rules.engine.conditions import check_condition, compiled
from routing_rules.engine.effects import DEFAULT_HOLD_SHARE, check_effects, texts
from routing_rules.engine.facts import PRIORITIES
from routing_rules.errors import InvalidRule

Rule = dict[str, Any]
MAXIMUM_RULES = 500
_DEMANDS_KEPT = 4096


@dataclass(frozen=True)
class Demand:
    """What the rules that matched ask for, and which they were.

    Readers are named by mail address, groups by name; "" and None ask for nothing. `priority` is what the rules raise
    to. `hold_for_subspecialty` keeps the examination for its readers until `hold_share` of the service level has
    passed. `service_level_factor` applies to the minutes in force, which are `service_level_minutes` where given.
    """

    require_subspecialty: str = ""
    prefer_subspecialty: str = ""
    require_group: str = ""
    prefer_group: str = ""
    require_reader: str = ""
    prefer_reader: str = ""
    never_readers: tuple[str, ...] = ()
    priority: str = ""
    service_level_minutes: int | None = None
    service_level_factor: float = 1.0
    hold_for_subspecialty: str = ""
    hold_share: float = 0.0
    keep_with_one_reader: bool = False
    reading: str = "single"
    send_to_nodes: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    matched: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON holds."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.__dict__.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Demand":
        """Return what `as_dict` gave, also after a way through JSON; unknown names are left out."""
        known = {field.name for field in fields(cls)}
        return cls(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in values.items()
                if name in known
            }
        )


class RuleBook:
    """Checked rules made ready for many examinations: conditions are compiled once, equal demands are one object."""

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = rules
        self._steps: list[tuple[int, Callable[[Mapping[str, Any]], bool], bool]] = [
            (position, compiled(rule["when"]), bool(rule.get("stop"))) for position, rule in enumerate(rules)
        ]
        self._demands: dict[tuple[int, ...], Demand] = {}

    def matches(self, facts: Mapping[str, Any]) -> tuple[int, ...]:
        """Return the positions of the rules that apply, in order, up to the first that stops."""
        found = []
        for position, is_true, stops in self._steps:
            if is_true(facts):
                found.append(position)
                if stops:
                    break
        return tuple(found)

    def demand_of(self, facts: Mapping[str, Any]) -> Demand:
        """Return what the rules demand of this examination."""
        matches = self.matches(facts)
        demand = self._demands.get(matches)
        if demand is None:
            if len(self._demands) >= _DEMANDS_KEPT:
                self._demands.clear()
            demand = self._demands[matches] = combined([self.rules[position] for position in matches])
        return demand


def demand_of(rules: list[Rule], facts: Mapping[str, Any]) -> Demand:
    """Apply the rules in order; a rule with stop ends it. For many examinations use one RuleBook."""
    return RuleBook(rules).demand_of(facts)


def combined(matched: list[Rule]) -> Demand:
    """Return what these rules ask together.

    The first that asks for a subspecialty, group, reader, service level, hold or kind of reading decides; the highest
    priority raised to holds; factors multiply; readers kept out, nodes and people to notify add up.
    """
    first: dict[str, Any] = {}
    for rule in matched:
        effects = rule["then"]
        if "hold_for_subspecialty" in effects and "hold_for_subspecialty" not in first:
            first["hold_share"] = effects.get("hold_share", DEFAULT_HOLD_SHARE)
        for name, value in effects.items():
            # A rule set of old may hold an empty text, which asks for nothing.
            if value != "" and name != "hold_share":
                first.setdefault(name, value)
    return Demand(
        **{name: first.get(name, "") for name in _FIRST_TEXTS},
        hold_share=float(first.get("hold_share", 0.0)),
        service_level_minutes=first.get("set_service_level_minutes"),
        service_level_factor=_factor(matched),
        reading=first.get("reading", "single"),
        never_readers=_collected(matched, "never_reader"),
        priority=min(_collected(matched, "raise_priority"), key=PRIORITIES.index, default=""),
        keep_with_one_reader=any(rule["then"].get("keep_with_one_reader") for rule in matched),
        send_to_nodes=_collected(matched, "send_to_nodes"),
        notify=_collected(matched, "notify"),
        matched=tuple(rule["name"] for rule in matched),
    )


_FIRST_TEXTS = (
    "require_subspecialty",
    "prefer_subspecialty",
    "require_group",
    "prefer_group",
    "require_reader",
    "prefer_reader",
    "hold_for_subspecialty",
)


def _collected(matched: list[Rule], name: str) -> tuple[str, ...]:
    found = [value for rule in matched for value in texts(rule["then"].get(name) or ())]
    return tuple(dict.fromkeys(found))


def _factor(matched: list[Rule]) -> float:
    factor = 1.0
    for rule in matched:
        factor *= rule["then"].get("change_service_level", 1.0)
    return factor


def check_rules(rules: Any, *, subspecialties: tuple[str, ...]) -> None:
    """Raise InvalidRule at the first rule that cannot be saved; the last must match everything: none falls through."""
    if not isinstance(rules, list) or not rules:
        raise InvalidRule("rules", "needs at least the default rule")
    if len(rules) > MAXIMUM_RULES:
        raise InvalidRule("rules", f"has more than {MAXIMUM_RULES} rules")
    names: set[str] = set()
    for position, rule in enumerate(rules):
        place = f"rules[{position}]"
        _check_shape(rule, place)
        if rule["name"] in names:
            raise InvalidRule(f"{place}.name", f"{rule['name']!r} is used twice")
        names.add(rule["name"])
        check_content(rule, place, subspecialties=subspecialties)
    if rules[-1]["when"] != {}:
        raise InvalidRule(f"rules[{len(rules) - 1}].when", "the last rule is the default and must match everything: {}")


def check_content(rule: Rule, place: str, *, subspecialties: tuple[str, ...]) -> None:
    """Raise InvalidRule unless the rule's condition and effects are well formed, typed and filled in."""
    check_condition(rule["when"], f"{place}.when")
    check_effects(rule["then"], f"{place}.then", subspecialties)


def _check_shape(rule: Any, place: str) -> None:
    if not isinstance(rule, dict) or not {"name", "when", "then"} <= set(rule) <= {"name", "when", "then", "stop"}:
        raise InvalidRule(place, "needs name, when, then, and may have stop")
    if not isinstance(rule["name"], str) or not rule["name"].strip():
        raise InvalidRule(f"{place}.name", "is empty")
    if not isinstance(rule.get("stop", False), bool):
        raise InvalidRule(f"{place}.stop", "is neither true nor false")
