"""Names in rules that the network does not know (any more): readers, groups, nodes, and values of facts."""

from collections.abc import Iterator, Sequence

from routing_rules.engine.conditions import Condition, comparisons
from routing_rules.engine.effects import GROUP_PREFIX, NOTIFIED, texts
from routing_rules.engine.findings.finding import Finding
from routing_rules.engine.findings.network import Network
from routing_rules.engine.operators import plain
from routing_rules.engine.rules import Rule


def name_findings(rules: Sequence[Rule | None], network: Network) -> list[Finding]:
    """Return each name that nobody and nothing in the network has, by rule."""
    found: list[Finding] = []
    for position, rule in enumerate(rules):
        if rule is None:
            continue
        named = (*_in_effects(rule, network), *_in_conditions(rule["when"], network))
        found += [Finding(kind, (position,), values) for kind, values in named]
    return found


def _in_effects(rule: Rule, network: Network) -> Iterator[tuple[str, dict[str, str]]]:
    then = rule["then"]
    for effect, kind in (("require_reader", "required_reader_unknown"), ("prefer_reader", "reader_unknown")):
        if then.get(effect) and then[effect] not in network.readers:
            yield kind, {"reader": then[effect]}
    for reader in texts(then.get("never_reader") or ()):
        if reader and reader not in network.readers:
            yield "reader_unknown", {"reader": reader}
    for effect, kind in (("require_group", "required_group_unknown"), ("prefer_group", "group_unknown")):
        if then.get(effect) and then[effect] not in network.groups:
            yield kind, {"group": then[effect]}
    for node in texts(then.get("send_to_nodes") or ()):
        if node not in network.nodes:
            yield "node_unknown", {"node": node}
    for one in texts(then.get("notify") or ()):
        group = one.removeprefix(GROUP_PREFIX)
        if one.startswith(GROUP_PREFIX) and group not in network.groups:
            yield "group_unknown", {"group": group}
        elif not one.startswith(GROUP_PREFIX) and one not in NOTIFIED and one not in network.people:
            yield "person_unknown", {"reader": one}


def _in_conditions(condition: Condition, network: Network) -> Iterator[tuple[str, dict[str, str]]]:
    for comparison in comparisons(condition):
        known = network.values.get(comparison["fact"])
        if known is None or comparison["operator"] not in ("equals", "in"):
            continue
        unknown = [text for text in texts(comparison["value"]) if plain(text) not in known]
        if unknown:
            yield "value_unknown", {"fact": comparison["fact"], "value": ", ".join(unknown)}
