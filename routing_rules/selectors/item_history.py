"""What happened to an item: decisions, changes of its holder, steps of escalation, as one list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from routing_rules.models import AssignmentDecision
from worklist.models import WorklistItem

MOST_ENTRIES = 40
_ACTIONS: dict[str, Promise] = {
    "assign": gettext_lazy("Assigned"),
    "unassign": gettext_lazy("Taken back"),
    "pin": gettext_lazy("Pinned"),
    "unpin": gettext_lazy("Pin taken out"),
    "undo_assign": gettext_lazy("Assignment undone"),
    "claim": gettext_lazy("Opened"),
    "release": gettext_lazy("Given back"),
    "hand_over": gettext_lazy("Handed over"),
    "escalate": gettext_lazy("Escalated"),
    "start_signing": gettext_lazy("Signing begun"),
    "signing_failed": gettext_lazy("Signing failed"),
    "close": gettext_lazy("Signed"),
    "cancel": gettext_lazy("Cancelled"),
    "reopen": gettext_lazy("Opened again"),
    "reconcile": gettext_lazy("Order decided"),
    "urgency": gettext_lazy("Urgency changed"),
    "finish_first_reading": gettext_lazy("First reading finished"),
    "send_back": gettext_lazy("Sent back"),
}
_ICONS = {"pin": "lock", "unpin": "lock", "escalate": "warning", "claim": "reading", "release": "release"}


@dataclass(frozen=True)
class HistoryEntry:
    """One thing that happened: what, to whom, by whom (rules when empty), why."""

    at: datetime
    icon: str
    what: str
    holder: str
    actor: str
    reason: str


def history_of(item: WorklistItem, decisions: Sequence[AssignmentDecision]) -> list[HistoryEntry]:
    """Return what happened, the latest first; one query beside the decisions that the caller has."""
    transitions = item.transitions.select_related("holder", "actor").order_by("-pk")[:MOST_ENTRIES]
    entries = [
        HistoryEntry(
            entry.at,
            _ICONS.get(entry.action, "history"),
            str(_ACTIONS.get(entry.action, entry.action.replace("_", " ").capitalize())),
            entry.holder.name if entry.holder and entry.action != "escalate" else "",
            entry.actor.name if entry.actor else "",
            entry.reason,
        )
        for entry in transitions
    ]
    entries += [
        HistoryEntry(
            decision.decided_at,
            "why",
            _("Decided"),
            decision.chosen.name if decision.chosen else _("nobody"),
            "",
            decision.decision.get("summary", ""),
        )
        for decision in decisions
    ]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return entries[:MOST_ENTRIES]
