"""What a coordinator does to items by hand: assign, pin, unpin, take back, restore; many at once, each on its own.

One transaction locks the rows in the order of their ids; what is refused is told with its reason and holds up nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from pacs_core.events.services import emit_event
from routing_rules.selectors.choices import Situation, last_candidates, situation_at, visible_asked
from routing_rules.selectors.obstacles import Asked, Obstacle
from worklist import services as worklist
from worklist.errors import WorklistError
from worklist.models import WorklistItem

ACTIONS = ("assign", "pin", "unpin", "take_back")


@dataclass(frozen=True)
class Refusal:
    """An item that was left as it is; `may_be_passed`: asked for again with `passes_over` it would be done."""

    worklist_item_id: int
    reason: str
    may_be_passed: bool = False


@dataclass(frozen=True)
class Restorable:
    """An item as it was before: who held it and whether it was pinned; `version` is the one after the change."""

    worklist_item_id: int
    version: int
    holder_id: int | None
    is_pinned: bool


@dataclass
class Outcome:
    """What was done, what was so already, and what was refused and why."""

    done: list[Restorable] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


Change = Callable[[Asked], WorklistItem]


@transaction.atomic
def act_on_items(
    *,
    action: str,
    worklist_item_ids: Sequence[int],
    user: User,
    now: datetime,
    radiologist_id: int | None = None,
    reason: str = "",
    passes_over: bool = False,
) -> Outcome:
    """Assign, pin, unpin or take back; NotVisible when the scope does not show one of the items.

    A missing reading right always refuses. Off shift, a cap, a rule, and an item that is being read refuse until
    `passes_over` says that the coordinator has seen the reason.
    """
    asked = _locked(worklist_item_ids)
    if action == "assign":
        assert radiologist_id is not None
        changes = _assigning(asked, radiologist_id, user, now, reason=reason, passes_over=passes_over)
    else:
        changes = {entry.item.pk: _other(action, entry, user, reason, passes_over=passes_over) for entry in asked}
    return _carry_out(asked, changes)


@transaction.atomic
def restore_items(*, before: Sequence[Restorable], user: User, reason: str = "") -> Outcome:
    """Put items back to who had them; one that has changed since is left alone."""
    asked = _locked([entry.worklist_item_id for entry in before])
    wanted = {entry.worklist_item_id: entry for entry in before}
    changes: dict[int, Change | Refusal] = {}
    for entry in asked:
        pk = entry.item.pk
        if entry.item.version != wanted[pk].version:
            changes[pk] = Refusal(pk, "It has changed since; look at it again.")
        else:
            changes[pk] = _restoring(wanted[pk], reason)
    return _carry_out(asked, changes)


def ask_for_plan() -> None:
    """Let the planner go over everything again, though nothing has happened that it does not know of."""
    emit_event("PlanAsked", hospital_id=None)


def _locked(worklist_item_ids: Sequence[int]) -> list[Asked]:
    """Lock the rows in the order of their ids, then read them as they are now."""
    ids = sorted(set(worklist_item_ids))
    list(
        WorklistItem.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=ids)
        .order_by("pk")
        .values_list("pk")
    )
    return visible_asked(ids)


def _carry_out(asked: Sequence[Asked], changes: Mapping[int, "Change | Refusal"]) -> Outcome:
    """Make each change in a savepoint of its own; the items are sorted by id."""
    outcome = Outcome()
    for entry in asked:
        before, change = entry.item, changes[entry.item.pk]
        if isinstance(change, Refusal):
            outcome.refused.append(change)
            continue
        try:
            with transaction.atomic():
                after = change(entry)
        except WorklistError as error:
            outcome.refused.append(Refusal(before.pk, _first_line(error)))
            continue
        if after.version == before.version:
            outcome.unchanged.append(before.pk)
        else:
            holder_id = before.claimed_by_id or before.assigned_to_id
            outcome.done.append(Restorable(before.pk, after.version, holder_id, before.is_pinned))
    return outcome


def _assigning(
    asked: Sequence[Asked], radiologist_id: int, user: User, now: datetime, *, reason: str, passes_over: bool
) -> dict[int, "Change | Refusal"]:
    situation, said = situation_at(now), last_candidates([entry.item.pk for entry in asked])
    reader = situation.readers.get(radiologist_id)
    if reader is None:
        raise NotVisible(f"There is no active radiologist {radiologist_id}.")

    def assign(entry: Asked) -> WorklistItem:
        return worklist.assign_worklist_item(
            worklist_item_id=entry.item.pk, radiologist_id=radiologist_id, reason=reason
        )

    changes: dict[int, Change | Refusal] = {}
    for entry in asked:
        pk = entry.item.pk
        candidate = said.get(pk, {}).get(radiologist_id, {})
        was_out = candidate.get("reason", "") if not candidate.get("is_eligible", True) else ""
        obstacle = _obstacle(situation, entry, radiologist_id, was_out, user)
        if obstacle and not (obstacle.may_be_passed and passes_over):
            changes[pk] = Refusal(pk, f"{reader.user.name}: {obstacle.reason}", obstacle.may_be_passed)
        else:
            changes[pk] = assign
    return changes


def _obstacle(situation: Situation, asked: Asked, radiologist_id: int, was_out: str, user: User) -> Obstacle | None:
    """Return what stands against the reader; who has the item already keeps it without a question."""
    if asked.item.assigned_to_id == radiologist_id:
        return None
    return situation.obstacle(asked, situation.readers[radiologist_id], was_out, user.time_zone)


def _other(action: str, asked: Asked, user: User, reason: str, *, passes_over: bool) -> "Change | Refusal":
    item = asked.item
    if action == "pin":
        return lambda entry: worklist.pin_worklist_item(worklist_item_id=entry.item.pk, reason=reason)
    if action == "unpin":
        return lambda entry: worklist.unpin_worklist_item(worklist_item_id=entry.item.pk, reason=reason)
    if item.status != WorklistItem.Status.READING:
        return lambda entry: worklist.unassign_worklist_item(worklist_item_id=entry.item.pk, reason=reason)
    if not passes_over:
        return Refusal(item.pk, "It is being read: what is written stays with the reader's draft", may_be_passed=True)
    return lambda entry: worklist.release_worklist_item(worklist_item_id=entry.item.pk, user=user, reason=reason)


def _restoring(before: Restorable, reason: str) -> Change:
    def restore(entry: Asked) -> WorklistItem:
        pk, holder_id = entry.item.pk, before.holder_id
        if holder_id is None:
            return worklist.undo_assignment(worklist_item_id=pk, reason=reason)
        return worklist.assign_worklist_item(
            worklist_item_id=pk, radiologist_id=holder_id, reason=reason, is_pinned=before.is_pinned
        )

    return restore


def _first_line(error: WorklistError) -> str:
    return str(error).splitlines()[0]
