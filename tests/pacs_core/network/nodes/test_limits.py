"""Hours by the hospital's clock, and turns booked at the node's pace."""

from datetime import UTC, datetime, time, timedelta

import pytest

from pacs_core.network.models import Node
from pacs_core.network.nodes.admitting import may_call_at
from pacs_core.network.nodes.pacing import book_turns
from tests.story import make_hospital, make_node

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)  # 12:00 in Berlin


@pytest.fixture
def node() -> Node:
    return make_node(make_hospital(), instances_per_minute=60)


@pytest.mark.parametrize(
    ("begins", "ends", "may"),
    [
        (time(12), time(13), True),
        (time(11), time(12), False),
        (time(22), time(12, 1), True),
        (time(22), time(6), False),
        (time(10), time(11), False),
    ],
)
def test_hours_are_the_hospitals_and_may_pass_midnight(node: Node, begins: time, ends: time, may: bool) -> None:
    node.calls_from_time, node.calls_until_time = begins, ends
    assert may_call_at(node, NOON) is may


def test_without_hours_a_node_may_always_call(node: Node) -> None:
    assert may_call_at(node, NOON)


def booked(node: Node, now: datetime, *, longest: int = 20) -> float | None:
    wait = book_turns(node_id=node.pk, instances_per_minute=60, longest_wait=timedelta(seconds=longest), now=now)
    return None if wait is None else wait.total_seconds()


def test_turns_of_one_node_follow_each_other_whoever_books_them(node: Node) -> None:
    assert [booked(node, NOON) for _ in range(4)] == [0, 1, 2, 3]
    assert booked(node, NOON + timedelta(seconds=3)) == 1
    assert booked(make_node(node.hospital, "NORTH_MR"), NOON) == 0


def test_who_was_idle_has_a_short_burst_and_no_more(node: Node) -> None:
    booked(node, NOON)
    later = NOON + timedelta(hours=1)
    assert [booked(node, later) for _ in range(5)] == [0, 0, 0, 1, 2]


def test_a_turn_that_is_too_far_away_is_not_booked(node: Node) -> None:
    assert [booked(node, NOON, longest=2) for _ in range(5)] == [0, 1, 2, None, None]
    assert booked(node, NOON + timedelta(seconds=1), longest=2) == 2
