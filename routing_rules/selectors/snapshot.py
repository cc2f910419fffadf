"""The engine's view of the network, from the database in a fixed number of queries.

Needs a scope over all hospitals: a reader's load counts wherever the work comes from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from routing_rules.engine.snapshot import Level, Snapshot
from routing_rules.engine.weights import EngineWeights
from routing_rules.models import RuleSet
from routing_rules.selectors.demands import RuledItem, rules_ready
from routing_rules.selectors.engine_settings import network_weights
from routing_rules.selectors.outlook import prospect_at
from routing_rules.selectors.reader_states import readers_at
from routing_rules.selectors.reading_bars import barred_by_kind
from routing_rules.selectors.waiting_items import WaitingItem, waiting_items
from worklist.services.service_levels import DEFAULT_MINUTES

# What a late minute weighs by priority.
LATENESS_WEIGHTS = {"stat": 10.0, "urgent": 4.0, "routine": 1.0}


@dataclass(frozen=True)
class Taken:
    """A snapshot with what it was made from: the waiting items by id, and what the rules newly said of some of them."""

    snapshot: Snapshot
    waiting: Mapping[int, WaitingItem]
    ruled: tuple[RuledItem, ...]


def take_snapshot(now: datetime, rule_set: RuleSet) -> Taken:
    """Read every item nobody has opened, every active radiologist and the outlook at `now`."""
    readers = readers_at(now)
    items = waiting_items(now, rule_set, rules_ready(rule_set), readers=readers)
    snapshot = Snapshot(
        taken_at=now.isoformat(),
        rule_set_version=rule_set.version or 0,
        levels={
            priority: Level(float(minutes), LATENESS_WEIGHTS[priority]) for priority, minutes in DEFAULT_MINUTES.items()
        },
        kinds=tuple(
            replace(kind, barred=barred)
            for kind, barred in zip(items.kinds, barred_by_kind(readers.rights, items.kinds_asked), strict=True)
        ),
        items=tuple(item.state for item in items.by_id.values()),
        readers=readers.states,
        prospect=prospect_at(now, readers.windows),
        weights=EngineWeights(**network_weights()),
    )
    return Taken(snapshot, items.by_id, items.ruled)
