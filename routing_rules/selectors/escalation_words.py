"""Steps of escalation as people say them."""

from collections.abc import Sequence
from datetime import datetime

from routing_rules.engine.escalation import (
    ALERT_COORDINATOR,
    CALL_ON_CALL,
    REMIND_READER,
    STEPS,
    WIDEN_POOL,
    Shares,
)
from worklist.models import WorklistItem

MOST_NAMES = 4


def step_in_words(step: str, item: WorklistItem, names: Sequence[str], now: datetime) -> str:
    """Return the line of history: what was done, whom it concerned, how much time was left. No patient."""
    who = listed(names)
    done = {
        REMIND_READER: f"Reader reminded: {who}",
        WIDEN_POOL: "Pool widened to every reader who may read it",
        ALERT_COORDINATOR: f"Coordinator alerted: {who}"
        if names
        else f"No coordinator of {item.hospital.code} to alert",
        CALL_ON_CALL: f"On-call reader called: {who}",
    }[step]
    return f"{done}; {time_left(item.deadline_at, now)}"


def time_left(deadline_at: datetime, now: datetime) -> str:
    """Return "15 min left" or "2 h 05 overdue"."""
    minutes = (deadline_at - now).total_seconds() / 60
    return f"{spelled_minutes(minutes)} {'left' if minutes >= 0 else 'overdue'}"


def spelled_minutes(minutes: float) -> str:
    """Write minutes as people say them: 45 min, 2 h 05, 3 d 4 h."""
    whole = round(abs(minutes))
    if whole < 60:
        return f"{whole} min"
    if whole < 48 * 60:
        return f"{whole // 60} h" + (f" {whole % 60:02d}" if whole % 60 else "")
    hours = whole % 1440 // 60
    return f"{whole // 1440} d" + (f" {hours} h" if hours else "")


def listed(names: Sequence[str]) -> str:
    """Return some names, and how many more there are."""
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown


_STEP_OF_EXAMPLE = {
    REMIND_READER: "reader reminded at {at}",
    WIDEN_POOL: "pool widened at {at}",
    ALERT_COORDINATOR: "coordinators alerted at {at}",
    CALL_ON_CALL: "on-call readers called at {at}",
}


def worked_example(shares: Shares, label: str, minutes: int) -> str:
    """Return "STAT, 30 min: reader reminded at 15 min, ...", the steps in the order in which they come."""
    taken = [(share, step) for step in STEPS if (share := shares.of(step)) is not None]
    words = [
        _STEP_OF_EXAMPLE[step].format(at=spelled_minutes(share * minutes))
        for share, step in sorted(taken, key=lambda pair: (pair[0], STEPS.index(pair[1])))
    ]
    return f"{label}, {spelled_minutes(minutes)}: {', '.join(words) or 'nothing is done'}."
