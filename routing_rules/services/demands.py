"""Store what the rules ask for items, and say when it has to be asked again."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import connection

from pacs_core.events.models import Event
from pacs_core.events.services import emit_events
from routing_rules.models import ItemDemand, RuleSet
from routing_rules.selectors.demands import RuledItem

_STORED = (
    "rule_set",
    "facts",
    "demand",
    "procedure",
    "relative_value",
    "item_version",
    "evaluated_at",
    "revise_at",
)


def store_demands(
    ruled: Collection[RuledItem], *, rule_set: RuleSet, versions: Mapping[int, int], now: datetime
) -> None:
    """Store demands that were evaluated now; `versions` are the items' own where this run has moved them on.

    ItemDemandChanged tells of the items of which the rules ask something else than before.
    """
    if not ruled:
        return
    # Asked first: the new rows take the place of the stored ones at their items.
    changed = [_changed(found) for found in ruled if _asks_something_else(found)]
    ItemDemand.objects.bulk_create(
        [
            ItemDemand(
                hospital_id=found.item.hospital_id,
                worklist_item=found.item,
                rule_set=rule_set,
                facts=found.facts,
                demand=found.demand.as_dict(),
                procedure=found.examined.procedure,
                relative_value=found.relative_value,
                item_version=versions.get(found.item.pk, found.item.version),
                evaluated_at=now,
                revise_at=found.revise_at,
            )
            for found in ruled
        ],
        update_conflicts=True,
        unique_fields=["worklist_item"],
        update_fields=_STORED,
    )
    emit_events(changed)


def follow_versions(versions: Mapping[int, int]) -> None:
    """Note that the planner itself moved these items on: what the rules ask of them has not changed."""
    if versions:
        with connection.cursor() as cursor:
            cursor.execute(
                "update routing_rules_itemdemand as demand set item_version = new.version "
                "from unnest(%s::bigint[], %s::int[]) as new (id, version) where demand.worklist_item_id = new.id",
                [list(versions), list(versions.values())],
            )


def ask_again(*, hospital_ids: Iterable[int], now: datetime) -> None:
    """Have the demands of the hospitals' items evaluated anew by the next run: a name may mean something else."""
    demands = ItemDemand.objects.filter(
        hospital_id__in=list(hospital_ids), worklist_item__status__in=("unassigned", "assigned")
    )
    # In the order in which a run writes them, so that the two do not wait for each other.
    in_order = demands.select_for_update(no_key=True, of=("self",)).order_by("worklist_item_id")
    ItemDemand.objects.filter(pk__in=list(in_order.values_list("pk", flat=True))).update(revise_at=now)


def _asks_something_else(found: RuledItem) -> bool:
    stored = getattr(found.item, "demand", None)
    return stored is None or stored.demand != found.demand.as_dict()


def _changed(found: RuledItem) -> Event:
    item = found.item
    return Event(
        name="ItemDemandChanged",
        hospital_id=item.hospital_id,
        payload={"worklist_item_id": item.pk, "study_id": item.study_id},
    )
