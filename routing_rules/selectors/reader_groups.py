"""Reader groups as people manage them: members, and the rules in force that name them."""

from dataclasses import dataclass

from django.db.models import Prefetch

from hospitals.models import ReaderGroup, User
from routing_rules.engine.effects import GROUP_PREFIX, texts
from routing_rules.engine.rules import Rule
from routing_rules.selectors.rule_sets import newest_published


@dataclass(frozen=True)
class GroupLine:
    """A group with its members by name and the names of the rules that name it."""

    group: ReaderGroup
    members: list[User]
    rules: list[str]


def groups_with_rules() -> list[GroupLine]:
    """Return every group by name, in three queries."""
    people = User.objects.order_by("name")
    groups = ReaderGroup.objects.order_by("name").prefetch_related(Prefetch("members", queryset=people))
    in_force = newest_published()
    rules = in_force.rules if in_force else []
    return [GroupLine(group, list(group.members.all()), _naming(rules, group.name)) for group in groups]


def rules_naming(name: str) -> list[str]:
    """Return the names of the rules in force that name the group."""
    in_force = newest_published()
    return _naming(in_force.rules, name) if in_force else []


def _naming(rules: list[Rule], name: str) -> list[str]:
    return [rule["name"] for rule in rules if name in _groups_of(rule)]


def _groups_of(rule: Rule) -> set[str]:
    then = rule["then"]
    told = {one.removeprefix(GROUP_PREFIX) for one in texts(then.get("notify") or ()) if one.startswith(GROUP_PREFIX)}
    return told | {then[effect] for effect in ("require_group", "prefer_group") if then.get(effect)}
