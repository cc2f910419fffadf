"""What upper floors may do to orders and worklist items."""

from worklist.services.claims import claim_worklist_item
from worklist.services.escalation import note_escalation
from worklist.services.holding import (
    assign_worklist_item,
    cancel_worklist_item,
    hand_over_worklist_item,
    pin_worklist_item,
    release_worklist_item,
    unassign_worklist_item,
    undo_assignment,
    unpin_worklist_item,
)
from worklist.services.opening import open_worklist_item, reopen_worklist_item
from worklist.services.orders import cancel_order, change_order, place_order
from worklist.services.reconciliation import resolve_reconciliation
from worklist.services.signing import close_worklist_item, mark_signing_failed, start_signing
from worklist.services.stages import finish_first_reading, send_back_to_first_reader

__all__ = [
    "assign_worklist_item",
    "cancel_order",
    "cancel_worklist_item",
    "change_order",
    "claim_worklist_item",
    "close_worklist_item",
    "finish_first_reading",
    "hand_over_worklist_item",
    "mark_signing_failed",
    "note_escalation",
    "open_worklist_item",
    "pin_worklist_item",
    "place_order",
    "release_worklist_item",
    "reopen_worklist_item",
    "resolve_reconciliation",
    "send_back_to_first_reader",
    "start_signing",
    "unassign_worklist_item",
    "undo_assignment",
    "unpin_worklist_item",
]
