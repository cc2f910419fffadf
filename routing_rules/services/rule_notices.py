"""The rules' effect `notify`: whoever a rule names is told of an item, each person once an item and rule.

"reader" is whoever has the item: told when it is assigned, and so is the next one when it goes to another. What rules
ask is swept from the demands, so it makes no difference which event was lost.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from hospitals.models import ReaderGroup, User
from hospitals.selectors.members import members_of
from pacs_core.access.scopes import all_hospitals_scope, hospital_scope, open_scope
from routing_rules.engine.effects import GROUP_PREFIX
from routing_rules.engine.rules import Rule
from routing_rules.models import ItemDemand, Notice, RuleNotice, RuleSet
from routing_rules.services.notices import give_notices
from worklist.models import WorklistItem
from worklist.transitions import OPEN_STATUSES, holder_id_of

logger = logging.getLogger(__name__)

COORDINATORS, READER = "coordinators", "reader"
STAFF = (User.Role.RADIOLOGIST, User.Role.COORDINATOR, User.Role.HOSPITAL_ADMINISTRATOR)
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Asked:
    """A rule that matched an open item and names people."""

    rule_name: str
    addressees: tuple[str, ...]


def tell_what_rules_ask(*, now: datetime) -> int:
    """Tell everybody whom rules name for open items and who was not told yet; return how many items that were."""
    with open_scope(all_hospitals_scope(process="notices")):
        untold = _items_with_untold(_open_demands())[:MOST_AT_ONCE]
    for worklist_item_id, hospital_id in untold:
        try:
            with open_scope(hospital_scope(process="notices", hospital_id=hospital_id)):
                tell_of_item(worklist_item_id=worklist_item_id, now=now)
        except Exception:
            logger.exception("What rules ask for item %s was not told", worklist_item_id)
    return len(untold)


@transaction.atomic
def tell_of_item(*, worklist_item_id: int, now: datetime) -> int:
    """Tell whom the rules name for one open item; return how many people are new. Safe to call again."""
    demand = _open_demands().filter(worklist_item=worklist_item_id).first()
    if demand is None:
        return 0
    rule_sets = _rules_of([demand])
    return sum(_carry_out(asked, demand.worklist_item, now) for asked in _asked(demand, rule_sets))


def _open_demands() -> QuerySet[ItemDemand]:
    return (
        ItemDemand.objects.filter(~Q(demand__notify=[]), demand__has_key="notify")
        .filter(worklist_item__status__in=OPEN_STATUSES)
        .select_related("worklist_item__hospital")
        .defer("facts")
        .order_by("pk")
    )


def _items_with_untold(demands: Iterable[ItemDemand]) -> list[tuple[int, int]]:
    found = list(demands)
    rule_sets = _rules_of(found)
    notices = RuleNotice.objects.filter(worklist_item__in=[demand.worklist_item_id for demand in found])
    told = {
        (item_id, name): set(people)
        for item_id, name, people in notices.values_list("worklist_item_id", "rule_name", "told")
    }
    return [
        (demand.worklist_item_id, demand.hospital_id)
        for demand in found
        if any(_is_untold(asked, demand.worklist_item, told) for asked in _asked(demand, rule_sets))
    ]


def _is_untold(asked: Asked, item: WorklistItem, told: dict[tuple[int, str], set[int]]) -> bool:
    people, reader_id = told.get((item.pk, asked.rule_name)), holder_id_of(item)
    if READER in asked.addressees and reader_id is not None and reader_id not in (people or ()):
        return True
    return people is None and asked.addressees != (READER,)


def _rules_of(demands: Iterable[ItemDemand]) -> dict[int, list[Rule]]:
    wanted = {demand.rule_set_id for demand in demands}
    return dict(RuleSet.objects.filter(pk__in=wanted).values_list("pk", "rules"))


def _asked(demand: ItemDemand, rule_sets: dict[int, list[Rule]]) -> list[Asked]:
    matched = set(demand.demand.get("matched", ()))
    rules = [rule for rule in rule_sets[demand.rule_set_id] if rule["name"] in matched]
    return [Asked(rule["name"], tuple(rule["then"]["notify"])) for rule in rules if rule["then"].get("notify")]


def _carry_out(asked: Asked, item: WorklistItem, now: datetime) -> int:
    """Tell the people of one rule under the lock of its row: the one who comes second finds them told."""
    people = _people_named(asked, item, now)
    reader_id = holder_id_of(item) if READER in asked.addressees else None
    if not people and reader_id is None and asked.addressees == (READER,):
        return 0
    row, is_new = RuleNotice.objects.get_or_create(
        worklist_item=item, rule_name=asked.rule_name, defaults={"hospital_id": item.hospital_id, "told_at": now}
    )
    row = RuleNotice.objects.select_for_update(no_key=True).get(pk=row.pk)
    # Who joins a group later is not told of older examinations; a new reader is.
    others = people - {reader_id} if is_new else set()
    readers = {reader_id} - {None, *row.told}
    _give(row, item, others, is_for_reader=False, now=now)
    _give(row, item, readers, is_for_reader=True, now=now)
    row.told = sorted({*row.told, *others, *readers})
    row.save(update_fields=["told"])
    return len(others) + len(readers)


def _give(row: RuleNotice, item: WorklistItem, people: set[int], *, is_for_reader: bool, now: datetime) -> None:
    give_notices(
        hospital_id=item.hospital_id,
        kind=Notice.Kind.RULE,
        recipient_ids=people,
        now=now,
        worklist_item=item,
        rule_notice=row,
        is_for_reader=is_for_reader,
        words=row.rule_name,
    )


def _people_named(asked: Asked, item: WorklistItem, now: datetime) -> set[int]:
    """Return the members of the item's hospital whom the rule names, but for the reader."""
    groups = [name.removeprefix(GROUP_PREFIX) for name in asked.addressees if name.startswith(GROUP_PREFIX)]
    addresses = [name.lower() for name in asked.addressees if "@" in name]
    staff = members_of(item.hospital_id, STAFF, now)
    people = set(staff.filter(email__in=addresses).values_list("pk", flat=True)) if addresses else set()
    if groups:
        in_group = ReaderGroup.objects.filter(name__in=groups).values_list("members", flat=True)
        people |= set(staff.filter(pk__in=in_group).values_list("pk", flat=True))
    if COORDINATORS in asked.addressees:
        people |= set(staff.filter(role=User.Role.COORDINATOR).values_list("pk", flat=True))
    return people
