"""What the rules in force ask for items: evaluated from their facts, nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from routing_rules.engine.revision import TimeLimits, next_revision, time_limits_of
from routing_rules.engine.rules import Demand, Rule, RuleBook
from routing_rules.models import RuleSet
from routing_rules.selectors.facts import Examined, examined
from routing_rules.selectors.procedures import expected_minutes, relative_value
from worklist.models import WorklistItem
from worklist.services.service_levels import RuledUrgency, Urgency, ruled_urgency_of, urgency_under


@dataclass(frozen=True)
class ReadyRules:
    """A rule set made ready for many items."""

    rules: list[Rule]
    book: RuleBook
    limits: TimeLimits


@dataclass(frozen=True)
class RuledItem:
    """An item with what the rules ask for it, and what that makes of its urgency where it is other than before."""

    examined: Examined
    demand: Demand
    ruled: RuledUrgency
    urgency: Urgency | None
    expected_minutes: float
    relative_value: float
    revise_at: datetime | None

    @property
    def item(self) -> WorklistItem:
        return self.examined.item

    @property
    def facts(self) -> dict[str, Any]:
        return self.examined.facts.as_dict()


_kept: dict[int, ReadyRules] = {}


def rules_ready(rule_set: RuleSet) -> ReadyRules:
    """Return the rules with their conditions compiled; what one process compiled serves its later runs too."""
    kept = _kept.get(rule_set.pk)
    if kept is None or kept.rules != rule_set.rules:
        _kept.clear()
        kept = ReadyRules(rule_set.rules, RuleBook(rule_set.rules), time_limits_of(rule_set.rules))
        _kept[rule_set.pk] = kept
    return kept


def ruled_items(items: Sequence[WorklistItem], rules: ReadyRules, *, now: datetime) -> list[RuledItem]:
    """Apply the rules to the items' facts at `now`; needs study.patient, hospital and order loaded."""
    return [_ruled(found, rules, now) for found in examined(items, now=now)]


def ruled_urgency(demand: Demand) -> RuledUrgency:
    """Return the part of a demand that concerns the item's own urgency."""
    return RuledUrgency(demand.priority, demand.service_level_minutes, demand.service_level_factor)


def hold_end(demand: Demand, *, starts_at: datetime, service_level_minutes: float) -> datetime | None:
    """Return until when an item is held for a subspecialist, None where it is not held."""
    if not demand.hold_for_subspecialty:
        return None
    return starts_at + timedelta(minutes=demand.hold_share * service_level_minutes)


def _ruled(found: Examined, rules: ReadyRules, now: datetime) -> RuledItem:
    item, demand = found.item, rules.book.demand_of(found.facts.as_dict())
    ruled = ruled_urgency(demand)
    urgency = None
    if ruled != ruled_urgency_of(item):
        urgency = urgency_under(found.agreement, item.study, item.order, ruled, starts_at=found.starts_at)
    minutes = (urgency or item).service_level_minutes
    return RuledItem(
        examined=found,
        demand=demand,
        ruled=ruled,
        urgency=urgency,
        expected_minutes=round(expected_minutes(found.procedure, found.facts.modality), 1),
        relative_value=relative_value(found.procedure, found.facts.modality),
        revise_at=next_revision(
            rules.limits,
            local_now=now.astimezone(item.hospital.zone),
            starts_at=found.starts_at,
            agreed_minutes=found.agreed_minutes,
            hold_ends_at=hold_end(demand, starts_at=found.starts_at, service_level_minutes=minutes),
        ),
    )
