"""Demands that exclude one another, within a rule and between two rules that may both apply."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from routing_rules.engine.effects import texts
from routing_rules.engine.findings.finding import Finding
from routing_rules.engine.findings.network import Network
from routing_rules.engine.findings.reach import is_impossible
from routing_rules.engine.rules import Rule

Effects = Mapping[str, Any]
# Of these two rules can want different things, and only the first has its way.
_OF_ONE_VALUE = (
    *("require_reader", "require_group", "require_subspecialty", "hold_for_subspecialty"),
    *("set_service_level_minutes", "reading"),
)


def contradiction_findings(rules: Sequence[Rule | None], network: Network) -> list[Finding]:
    """Return the demands that cannot be met together; a pair of rules only where both may apply to one examination."""
    own = {position: _disagreements(rule["then"], network) for position, rule in enumerate(rules) if rule}
    found = [
        Finding(kind, (position,), values) for position, several in own.items() for kind, values in several.items()
    ]
    for first, second in combinations(own, 2):
        found += _of_two(rules, first, second, own, network)
    return found


def _of_two(
    rules: Sequence[Rule | None], first: int, second: int, own: Mapping[int, Any], network: Network
) -> Iterator[Finding]:
    one, other = rules[first], rules[second]
    if one is None or other is None or one.get("stop"):
        return
    twice = [
        name
        for name in _OF_ONE_VALUE
        if one["then"].get(name) and other["then"].get(name) and one["then"][name] != other["then"][name]
    ]
    together = _disagreements(_joined(one["then"], other["then"]), network)
    new = {kind: values for kind, values in together.items() if kind not in own[first] and kind not in own[second]}
    if not (twice or new) or not _may_both_apply(rules, first, second):
        return
    for name in twice:
        yield Finding("first_decides", (second, first), {"effect": name})
    for kind, values in new.items():
        yield Finding(kind, (second, first), values)


def _may_both_apply(rules: Sequence[Rule | None], first: int, second: int) -> bool:
    stopping = [rule for rule in rules[:second] if rule and rule.get("stop")]
    both = [(rule["when"], True) for rule in (rules[first], rules[second]) if rule]
    return not is_impossible(both) and not is_impossible([*both, *((rule["when"], False) for rule in stopping)])


def _joined(first: Effects, second: Effects) -> dict[str, Any]:
    never = [*texts(first.get("never_reader") or ()), *texts(second.get("never_reader") or ())]
    return {**second, **{name: value for name, value in first.items() if value != ""}, "never_reader": never}


def _disagreements(then: Effects, network: Network) -> dict[str, dict[str, str]]:
    """Return what excludes what within some effects: kind and the values of its words."""
    found = {}
    for kind, check in _CHECKS.items():
        values = check(then, network)
        if values is not None:
            found[kind] = values
    return found


Values = dict[str, str] | None


def _reader_required_and_never(then: Effects, network: Network) -> Values:
    reader = then.get("require_reader")
    return {"reader": network.name_of(reader)} if reader and reader in texts(then.get("never_reader") or ()) else None


def _reader_preferred_and_never(then: Effects, network: Network) -> Values:
    reader = then.get("prefer_reader")
    return {"reader": network.name_of(reader)} if reader and reader in texts(then.get("never_reader") or ()) else None


def _lacks_subspecialty(effect: str) -> Callable[[Effects, Network], Values]:
    def check(then: Effects, network: Network) -> Values:
        reader, wanted = network.readers.get(then.get("require_reader") or ""), then.get(effect)
        if reader is None or not wanted or wanted in reader.subspecialties:
            return None
        return {"reader": reader.name, "subspecialty": wanted}

    return check


def _not_in_group(then: Effects, network: Network) -> Values:
    reader, group = network.readers.get(then.get("require_reader") or ""), then.get("require_group")
    if reader is None or not group or group not in network.groups or group in reader.groups:
        return None
    return {"reader": reader.name, "group": group}


def _nobody_in_group_reads(then: Effects, network: Network) -> Values:
    group, wanted = then.get("require_group"), then.get("require_subspecialty")
    if not group or not wanted or group not in network.groups:
        return None
    members = [reader for reader in network.readers.values() if group in reader.groups]
    if any(wanted in reader.subspecialties for reader in members):
        return None
    return {"group": group, "subspecialty": wanted}


def _nobody_reads(then: Effects, network: Network) -> Values:
    wanted = then.get("require_subspecialty")
    if not wanted or any(wanted in reader.subspecialties for reader in network.readers.values()):
        return None
    return {"subspecialty": wanted}


def _held_for_another(then: Effects, network: Network) -> Values:
    held, required = then.get("hold_for_subspecialty"), then.get("require_subspecialty")
    return {"held": held, "subspecialty": required} if held and required and held != required else None


def _level_set_and_changed(then: Effects, network: Network) -> Values:
    minutes, factor = then.get("set_service_level_minutes"), then.get("change_service_level")
    return {"minutes": str(minutes), "factor": f"{factor:g}"} if minutes and factor and factor != 1 else None


def _double_by_one(then: Effects, network: Network) -> Values:
    reader = then.get("require_reader")
    return {"reader": network.name_of(reader)} if reader and then.get("reading") == "double" else None


_CHECKS: dict[str, Callable[[Effects, Network], Values]] = {
    "reader_required_and_never": _reader_required_and_never,
    "reader_preferred_and_never": _reader_preferred_and_never,
    "required_reader_lacks_subspecialty": _lacks_subspecialty("require_subspecialty"),
    "held_from_required_reader": _lacks_subspecialty("hold_for_subspecialty"),
    "required_reader_not_in_group": _not_in_group,
    "nobody_in_group_reads": _nobody_in_group_reads,
    "nobody_reads_subspecialty": _nobody_reads,
    "held_for_another": _held_for_another,
    "service_level_twice": _level_set_and_changed,
    "double_reading_by_one": _double_by_one,
}
