"""Whom a coordinator may choose for items: every reader, in or out, with the last decision's words or what bars now."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import all_hospitals_scope, current_scope, open_scope
from routing_rules.models import AssignmentDecision
from routing_rules.selectors.burdens import carried_in_shifts
from routing_rules.selectors.forecast import open_items
from routing_rules.selectors.obstacles import Asked, Held, Obstacle, asked_of, obstacle_to
from routing_rules.selectors.readers_now import ReaderNow, readers_at_work
from worklist.models import WorklistItem

# What a decision said of the hour it was made in; what holds now is asked again.
_PASSING = ("Off shift", "On call", "At the cap", "Pinned", "On a break")


@dataclass(frozen=True)
class Choice:
    """A reader for the chosen items: may at once, only when the coordinator passes over a reason, or may not.

    `open_to` counts the items that nothing stands against; `reason` is the first against, `words` what speaks for.
    """

    reader: ReaderNow
    state: str
    words: str
    rank: tuple[float, ...]
    open_to: int
    queue_minutes: int

    @property
    def user(self) -> User:
        return self.reader.user


IN, WITH_CONFIRMATION, BARRED = "in", "confirm", "barred"


@dataclass(frozen=True)
class Situation:
    """The readers at a moment with what they hold: what obstacles are judged by."""

    readers: Mapping[int, ReaderNow]
    held: Mapping[int, Held]

    def obstacle(self, asked: Asked, reader: ReaderNow, said: str, zone: str) -> Obstacle | None:
        """Return what stands against the reader now, else what the last decision said for good."""
        found = obstacle_to(asked, reader, self._held_without(asked.item), zone=zone)
        if found or not said or said.startswith(_PASSING):
            return found
        return Obstacle(said, may_be_passed=True)

    def _held_without(self, item: WorklistItem) -> Mapping[int, Held]:
        """Take the item itself out of its holder's list: who is at the cap with it may keep it."""
        holder = item.assigned_to_id
        if holder is None or holder not in self.held:
            return self.held
        held = self.held[holder]
        less = replace(held, items=held.items - 1, minutes=held.minutes - float(item.expected_minutes))
        return {**self.held, holder: less}


def situation_at(now: datetime) -> Situation:
    """Return the readers with what they hold over all hospitals; a fixed number of queries."""
    with open_scope(all_hospitals_scope(process="board")):
        readers, items = readers_at_work(now), open_items()
        carried = carried_in_shifts(now)
    minutes: dict[int, list[float]] = defaultdict(list)
    for item in items:
        if item.holder_id is not None:
            minutes[item.holder_id].append(item.expected_minutes)
    values = {pk: done.value for pk, done in carried.items()}
    held = {pk: Held(len(minutes[pk]), sum(minutes[pk]), values.get(pk, 0.0)) for pk in {*minutes, *values}}
    return Situation(readers, held)


def visible_asked(worklist_item_ids: Sequence[int]) -> list[Asked]:
    """Return the items with what is asked of their readers, by id; NotVisible when the scope does not show one."""
    items = WorklistItem.objects.filter(pk__in=worklist_item_ids, hospital_id__in=current_scope().hospital_ids)
    asked = asked_of(items.order_by("pk"))
    missing = set(worklist_item_ids) - {entry.item.pk for entry in asked}
    if missing:
        raise NotVisible(f"There is no worklist item {min(missing)} for you.")
    return asked


def choices_for(worklist_item_ids: Sequence[int], user: User, now: datetime) -> tuple[list[Asked], list[Choice]]:
    """Return the items and every reader who may read at one of their hospitals, those who may take most first.

    Among equals the last decision's order counts, then the shorter queue.
    """
    asked = visible_asked(worklist_item_ids)
    situation, said = situation_at(now), last_candidates([entry.item.pk for entry in asked])
    codes = {entry.item.hospital.code for entry in asked}
    choices = [
        _choice(asked, reader, situation, said, user.time_zone)
        for reader in situation.readers.values()
        if not codes.isdisjoint(reader.rights.credentials)
    ]
    order = {IN: 0, WITH_CONFIRMATION: 1, BARRED: 2}
    choices.sort(key=lambda choice: (order[choice.state], -choice.open_to, choice.rank, choice.user.name))
    return asked, choices


def last_candidates(worklist_item_ids: Sequence[int]) -> dict[int, dict[int, dict[str, Any]]]:
    """Return the candidates of each item's last decision by reader, each with its place as `rank`; one query."""
    latest = AssignmentDecision.objects.filter(worklist_item=OuterRef("worklist_item")).order_by("-decided_at", "-pk")
    rows = AssignmentDecision.objects.filter(
        worklist_item__in=worklist_item_ids, pk=Subquery(latest.values("pk")[:1])
    ).values_list("worklist_item_id", "decision")
    return {
        item_id: {
            candidate["reader_id"]: candidate | {"rank": rank}
            for rank, candidate in enumerate(decision.get("candidates", ()))
        }
        for item_id, decision in rows
    }


def _choice(
    asked: Sequence[Asked],
    reader: ReaderNow,
    situation: Situation,
    said: Mapping[int, Mapping[int, Mapping[str, Any]]],
    zone: str,
) -> Choice:
    obstacles, rank, praise = [], 0.0, ""
    for entry in asked:
        candidate = said.get(entry.item.pk, {}).get(reader.user.pk, {})
        was_out = candidate.get("reason", "") if not candidate.get("is_eligible", True) else ""
        obstacles.append(situation.obstacle(entry, reader, was_out, zone))
        rank += candidate.get("rank", len(situation.readers))
        praise = candidate["reason"] if candidate.get("is_eligible") else praise
    against = [obstacle for obstacle in obstacles if obstacle]
    queue = round(situation.held.get(reader.user.pk, Held()).minutes * reader.speed_factor)
    ways = len(asked) - len(against)
    hard = [obstacle for obstacle in against if not obstacle.may_be_passed]
    state = IN if not against else BARRED if len(hard) == len(asked) else WITH_CONFIRMATION
    words = _words(against, hard, len(asked), praise)
    return Choice(reader, state, words, (rank, queue), ways, queue)


def _words(against: list[Obstacle], hard: list[Obstacle], number: int, praise: str) -> str:
    if not against:
        one = praise or _("Nothing stands against it")
        return one if number == 1 else _("May take all %(number)s") % {"number": number}
    reason = (hard or against)[0].reason
    if len(against) == number:
        return reason
    return _("May take %(count)s of %(number)s. Against the others: %(reason)s") % {
        "count": number - len(against),
        "number": number,
        "reason": reason,
    }
