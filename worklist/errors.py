"""What can go wrong with orders and worklist items; edges turn these into 403, 404, 409 or an HL7 acknowledgement."""

from datetime import datetime

from pacs_core.access.errors import PermissionRefused


class WorklistError(Exception):
    """Base of the worklist's errors."""


class ItemConflict(WorklistError):
    """The item is not in a state that allows the action (HTTP 409)."""


class ActionNotAllowed(ItemConflict):
    """The item's status does not allow the action."""

    def __init__(self, action: str, status: str) -> None:
        self.action, self.status = action, status
        super().__init__(
            f"The action {action} is not possible while the item is {status}. Maybe someone was faster; reload it."
        )


class ItemAlreadyClaimed(ItemConflict):
    """Someone else reads the item, or it waits for someone else."""

    def __init__(self, *, holder_id: int, holder_name: str, since: datetime, status: str) -> None:
        self.holder_id, self.holder_name, self.since, self.status = holder_id, holder_name, since, status
        verb = "waits for" if status == "assigned" else "is being read by"
        super().__init__(
            f"The item {verb} {holder_name} since {since:%Y-%m-%d %H:%M} UTC. Maybe ask a coordinator to hand it over."
        )


class ItemPinned(ItemConflict):
    """A person gave the item to its holder; rules leave it alone."""


class NothingToReconcile(ItemConflict):
    """Order and images agree, and no person has decided otherwise."""


class OrderNotLinkable(ItemConflict):
    """The order cannot be the item's: it was cancelled."""


class ReasonMissing(ItemConflict):
    """A decision against what order and images say needs a reason for who looks at it later."""


class WrongReadingStage(ItemConflict):
    """The item is not read twice, or is not at the stage that the action belongs to."""


class NotPrivileged(WorklistError, PermissionRefused):
    """The radiologist may not read this modality at this hospital (HTTP 403)."""


class NotTheHolder(WorklistError, PermissionRefused):
    """Only the item's holder, or the parties the table of actions names, may do this (HTTP 403)."""


class OrderNotUsable(WorklistError):
    """An order lacks what identifies it or its patient; the message names the field."""
