"""The one table of what may happen to a worklist item: action, statuses it starts from, who may, what follows.

`locked_item` takes the row lock and checks the table; `complete_transition` writes the change, the transition, the
event and the audit entry in the caller's transaction. Claiming alone needs no lock: see services.claims.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils import timezone

from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import Principal, current_scope
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from worklist.errors import ActionNotAllowed, NotTheHolder
from worklist.models import WorklistItem, WorklistItemTransition

UNASSIGNED, ASSIGNED, READING, SIGNING, SIGNED, CANCELLED = WorklistItem.Status.values
OPEN_STATUSES = (UNASSIGNED, ASSIGNED, READING, SIGNING)

# Parties beside the role names: a process of ours, and whoever holds the item.
PROCESS, HOLDER = "process", "holder"


# An action that leads here leaves the status as it is.
UNCHANGED = ""


@dataclass(frozen=True)
class Action:
    """One line of the table; `leads_to` is a status or UNCHANGED."""

    name: str
    starts_from: tuple[str, ...]
    leads_to: str
    who: frozenset[str]
    event: str


def _action(name: str, starts_from: tuple[str, ...], leads_to: str, who: set[str], event: str) -> Action:
    return Action(name, starts_from, leads_to, frozenset(who), event)


ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        _action("assign", (UNASSIGNED, ASSIGNED), ASSIGNED, {PROCESS, "coordinator"}, "WorklistItemAssigned"),
        _action("pin", (ASSIGNED,), ASSIGNED, {"coordinator"}, "WorklistItemChanged"),
        _action("unpin", (ASSIGNED,), ASSIGNED, {"coordinator"}, "WorklistItemChanged"),
        _action("unassign", (ASSIGNED,), UNASSIGNED, {PROCESS, "coordinator"}, "WorklistItemReleased"),
        _action("undo_assign", (ASSIGNED,), UNASSIGNED, {"coordinator"}, "WorklistItemReleased"),
        _action("claim", (UNASSIGNED, ASSIGNED), READING, {"radiologist"}, "WorklistItemClaimed"),
        _action("release", (ASSIGNED, READING), UNASSIGNED, {HOLDER, "coordinator"}, "WorklistItemReleased"),
        _action("hand_over", (ASSIGNED, READING), ASSIGNED, {HOLDER, "coordinator"}, "WorklistItemAssigned"),
        _action("escalate", (UNASSIGNED, ASSIGNED, READING), UNCHANGED, {PROCESS}, "WorklistItemEscalated"),
        _action("change_urgency", (UNASSIGNED, ASSIGNED), UNCHANGED, {PROCESS}, "WorklistItemChanged"),
        _action("change_reading", (UNASSIGNED, ASSIGNED), UNCHANGED, {PROCESS}, "WorklistItemChanged"),
        _action("start_signing", (READING,), SIGNING, {HOLDER}, "WorklistItemChanged"),
        _action("finish_first_reading", (READING,), UNASSIGNED, {HOLDER}, "WorklistItemReleased"),
        _action("send_back", (READING,), ASSIGNED, {HOLDER}, "WorklistItemAssigned"),
        _action("signing_failed", (SIGNING,), READING, {PROCESS}, "WorklistItemChanged"),
        _action("close", (READING, SIGNING), SIGNED, {PROCESS}, "WorklistItemClosed"),
        _action("cancel", (UNASSIGNED, ASSIGNED), CANCELLED, {PROCESS, "coordinator"}, "WorklistItemClosed"),
        _action("reopen", (CANCELLED,), UNASSIGNED, {PROCESS, "coordinator"}, "WorklistItemReleased"),
    )
}


def holder_id_of(item: WorklistItem) -> int | None:
    """Return who reads the item, or for whom it waits."""
    return item.claimed_by_id or item.assigned_to_id


def lock_item(worklist_item_id: int) -> WorklistItem:
    """Lock one item's row until the transaction ends; NotVisible when the scope does not show it."""
    item = (
        WorklistItem.objects.select_for_update(no_key=True, of=("self",))
        .select_related("study", "order")
        .filter(pk=worklist_item_id)
        .first()
    )
    if item is None:
        raise NotVisible(f"There is no worklist item {worklist_item_id} for you.")
    return item


def locked_item(worklist_item_id: int, action: str) -> WorklistItem:
    """Lock the item, then check that its status and the open scope's principal allow the action."""
    item = lock_item(worklist_item_id)
    check_party(item, action)
    if item.status not in ACTIONS[action].starts_from:
        raise ActionNotAllowed(action, item.status)
    return item


def check_party(item: WorklistItem, action: str) -> None:
    if not party_may(item, action, current_scope().principal):
        who = ", ".join(sorted(ACTIONS[action].who))
        raise NotTheHolder(f"The action {action} on item {item.pk} is for: {who}.")


def party_may(item: WorklistItem, action: str, principal: Principal) -> bool:
    """Say whether the principal is one of the parties that the table names, whatever the item's status."""
    who = ACTIONS[action].who
    if principal.user_id is None:
        return PROCESS in who and bool(principal.process)
    return principal.role in who or (HOLDER in who and principal.user_id == holder_id_of(item))


def complete_transition(
    item: WorklistItem, action: str, *, changes: dict[str, Any], reason: str = "", **payload: int | str
) -> WorklistItem:
    """Write a locked item's change with everything that follows from it."""
    before, previous_holder = item.status, holder_id_of(item)
    status = ACTIONS[action].leads_to or before
    WorklistItem.objects.filter(pk=item.pk).update(status=status, version=F("version") + 1, **changes)
    item.refresh_from_db()
    record_transition(item, action, from_status=before, reason=reason, previous_holder=previous_holder, **payload)
    return item


def record_transition(
    item: WorklistItem,
    action: str,
    *,
    from_status: str,
    reason: str = "",
    previous_holder: int | None = None,
    **payload: int | str,
) -> None:
    """Write the transition row, the event (told to the old and the new holder) and the audit entry."""
    principal, holder = current_scope().principal, holder_id_of(item)
    WorklistItemTransition.objects.create(
        hospital_id=item.hospital_id,
        worklist_item=item,
        action=action,
        from_status=from_status,
        to_status=item.status,
        holder_id=holder,
        previous_holder_id=previous_holder,
        actor_id=principal.user_id,
        at=timezone.now(),
        reason=reason[:300],
    )
    announce_item(item, ACTIONS[action].event, previous_holder, action=action, **payload)
    record_audit(
        action=f"worklist_item.{action}",
        object_type="worklist_item",
        object_id=item.pk,
        hospital_id=item.hospital_id,
        detail={"from": from_status, "to": item.status, "holder": holder},
    )


def announce_item(item: WorklistItem, event: str, previous_holder: int | None = None, **payload: int | str) -> None:
    """Emit an event of the item for its hospital and its holders."""
    holders = sorted({user_id for user_id in (previous_holder, holder_id_of(item)) if user_id})
    emit_event(
        event,
        hospital_id=item.hospital_id,
        worklist_item_id=item.pk,
        study_id=item.study_id,
        status=item.status,
        user_ids=holders,
        **payload,
    )
