"""Which steps are due, as a pure function."""

import pytest

from routing_rules.engine.escalation import (
    ALERT_COORDINATOR,
    CALL_ON_CALL,
    REMIND_READER,
    STEPS,
    WIDEN_POOL,
    Shares,
    Waiting,
    due_steps,
)

SHARES = Shares(0.5, 0.65, 0.8, 0.9)


@pytest.mark.parametrize(
    ("used", "due"),
    [
        (0.49, ()),
        (0.5, (REMIND_READER,)),
        (0.65, (REMIND_READER, WIDEN_POOL)),
        (0.8, (REMIND_READER, WIDEN_POOL, ALERT_COORDINATOR)),
        (0.9, STEPS),
        (7.0, STEPS),
    ],
)
def test_steps_come_at_their_share_and_in_order(used: float, due: tuple[str, ...]) -> None:
    assert due_steps(SHARES, Waiting("assigned", used), ()) == due


def test_what_was_taken_is_not_due_again() -> None:
    assert due_steps(SHARES, Waiting("assigned", 0.95), (REMIND_READER, ALERT_COORDINATOR)) == (
        WIDEN_POOL,
        CALL_ON_CALL,
    )


def test_without_a_reader_the_coordinator_is_told_where_the_reader_would_be() -> None:
    assert due_steps(SHARES, Waiting("unassigned", 0.5), ()) == (ALERT_COORDINATOR,)
    assert due_steps(SHARES, Waiting("unassigned", 0.49), ()) == ()


def test_who_reads_is_reminded_and_joined_by_nobody() -> None:
    assert due_steps(SHARES, Waiting("reading", 1.2), ()) == (REMIND_READER, ALERT_COORDINATOR)


@pytest.mark.parametrize("status", ["signing", "signed", "cancelled"])
def test_what_is_done_is_left_alone(status: str) -> None:
    assert due_steps(SHARES, Waiting(status, 3.0), ()) == ()


def test_a_pin_is_kept_so_nobody_else_is_brought_in() -> None:
    assert due_steps(SHARES, Waiting("assigned", 1.0, is_pinned=True), ()) == (REMIND_READER, ALERT_COORDINATOR)


def test_a_pin_to_somebody_who_will_not_come_alerts_at_once() -> None:
    assert due_steps(SHARES, Waiting("assigned", 0.01, is_pinned=True, is_left_alone=True), ()) == (ALERT_COORDINATOR,)


def test_never_is_never() -> None:
    never = Shares(None, None, None, None)
    assert due_steps(never, Waiting("unassigned", 9.0), ()) == ()
    assert due_steps(never, Waiting("assigned", 9.0, is_pinned=True, is_left_alone=True), ()) == ()
