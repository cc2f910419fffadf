"""A step reaches the screens of those who are told, and of nobody in another hospital."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone

from hospitals.models import User
from pacs_core import celery  # noqa: F401  tasks are enqueued at the tests' own broker
from pacs_core.events.services import deliver_due_events
from tests.routing_rules.escalation.arrange import assigned, escalate, notices
from tests.story import make_hospital, make_radiologist, make_user
from tests.worklist.live_socket import LiveSocket

pytestmark = pytest.mark.usefixtures("committed_db")


@sync_to_async
def story() -> tuple[User, User, User]:
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    ada, stranger = make_radiologist(north), make_radiologist(south)
    olga = make_user("coordinator", north)
    assigned(north, timezone.now(), ada, used=1.0)
    return ada, olga, stranger


@sync_to_async
def sweep() -> int:
    taken = escalate(timezone.now() + timedelta(minutes=1))
    while deliver_due_events():
        pass
    return taken


@sync_to_async
def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


async def opened(user: User) -> LiveSocket:
    live = LiveSocket(await signed_in(user))
    await live.connect()
    await live.receive_json()
    return live


async def hints_of(live: LiveSocket, number: int) -> list[tuple[str, Any]]:
    hints = [await live.receive_json() for _ in range(number)]
    return [(hint["event"], hint["ids"].get("step") or hint["ids"]["user_ids"]) for hint in hints]


async def test_hints_of_the_steps_and_of_who_is_told_arrive() -> None:
    ada, olga, stranger = await story()
    sockets = [await opened(person) for person in (ada, olga, stranger)]
    assert await sweep() == 3
    expected = [
        ("NoticesChanged", [ada.pk]),
        ("WorklistItemEscalated", "remind_reader"),
        ("WorklistItemEscalated", "widen_pool"),
        ("NoticesChanged", [olga.pk]),
        ("WorklistItemEscalated", "alert_coordinator"),
    ]
    for live in sockets[:2]:
        assert await hints_of(live, len(expected)) == expected
    assert await sockets[2].hears_nothing()
    for live in sockets:
        await live.disconnect()
    assert len(await sync_to_async(notices)(olga)) == 1
