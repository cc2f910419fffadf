"""Which steps of escalation are due for an item: pure, by the share of its service level that is used.

Steps are taken in the order of STEPS, also when time has passed in one jump. Nothing here knows who is told.
"""

from collections.abc import Collection
from dataclasses import dataclass

REMIND_READER, WIDEN_POOL, ALERT_COORDINATOR, CALL_ON_CALL = STEPS = (
    "remind_reader",
    "widen_pool",
    "alert_coordinator",
    "call_on_call",
)
UNASSIGNED, ASSIGNED, READING = "unassigned", "assigned", "reading"


@dataclass(frozen=True)
class Shares:
    """At which share of the service level each step is taken; None is never."""

    remind_reader: float | None = 0.5
    widen_pool: float | None = 0.65
    alert_coordinator: float | None = 0.8
    call_on_call: float | None = 0.9

    def of(self, step: str) -> float | None:
        return getattr(self, step)


@dataclass(frozen=True)
class Waiting:
    """An item that nobody signs yet.

    `is_left_alone` says that it is pinned to somebody who does not read before the coordinator would be alerted.
    """

    status: str
    share_used: float
    is_pinned: bool = False
    is_left_alone: bool = False


def due_steps(shares: Shares, item: Waiting, taken: Collection[str]) -> tuple[str, ...]:
    """Return the steps to take now, in order, without those already taken for this deadline."""
    return tuple(step for step in STEPS if step not in taken and _is_due(step, shares, item))


def _is_due(step: str, shares: Shares, item: Waiting) -> bool:
    share = shares.of(step)
    if share is None or item.status not in (UNASSIGNED, ASSIGNED, READING):
        return False
    if step == ALERT_COORDINATOR and _needs_coordinator_now(shares, item):
        return True
    return item.share_used >= share and _makes_sense(step, item)


def _needs_coordinator_now(shares: Shares, item: Waiting) -> bool:
    """Nobody is there to be reminded, or the one it is pinned to will not come in time."""
    remind_at = shares.remind_reader
    has_no_reader = item.status == UNASSIGNED and remind_at is not None and item.share_used >= remind_at
    return has_no_reader or (item.is_pinned and item.is_left_alone)


def _makes_sense(step: str, item: Waiting) -> bool:
    """A reader is reminded where there is one; others are brought in only while they could get the item."""
    if step == REMIND_READER:
        return item.status in (ASSIGNED, READING)
    return step == ALERT_COORDINATOR or (item.status != READING and not item.is_pinned)
