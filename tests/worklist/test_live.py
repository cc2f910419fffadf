"""The live connection: who hears what, catching up, being cut off."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from hospitals.models import Hospital, Membership, User
from pacs_core.events.services import deliver_due_events, emit_event
from tests.story import all_hospitals_scope, make_hospital, make_radiologist, make_user, open_scope
from tests.worklist.live_socket import LiveSocket
from worklist.live import consumers

pytestmark = pytest.mark.usefixtures("committed_db")


@sync_to_async
def story() -> tuple[Hospital, Hospital]:
    return make_hospital("NORTH"), make_hospital("SOUTH")


@sync_to_async
def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


person = sync_to_async(make_user)
radiologist = sync_to_async(make_radiologist)


@sync_to_async
def happens(name: str, hospital: Hospital | None, times: int = 1, **payload: Any) -> None:
    with open_scope(all_hospitals_scope(process="test")):
        for _ in range(times):
            emit_event(name, hospital_id=hospital and hospital.pk, **payload)
    while deliver_due_events():
        pass


async def opened(user: User) -> tuple[LiveSocket, dict[str, Any]]:
    live = LiveSocket(await signed_in(user))
    await live.connect()
    return live, await live.receive_json()


async def test_who_is_not_signed_in_is_told_so_and_hears_nothing() -> None:
    live = LiveSocket(None)
    await live.connect()
    assert await live.close_code() == 4401


async def test_greeting_and_hints_are_numbered_per_hospital() -> None:
    north, south = await story()
    await happens("StudyReceived", north, times=3, study_id=1)
    live, hello = await opened(await radiologist(north, south))
    assert hello == {"type": "hello", "numbers": {str(north.pk): 3, str(south.pk): 0, "null": 0}}
    await happens("WorklistItemOpened", south, worklist_item_id=7)
    assert await live.receive_json() == {
        "type": "hint",
        "event": "WorklistItemOpened",
        "number": 1,
        "hospital_id": south.pk,
        "ids": {"worklist_item_id": 7},
    }
    await live.disconnect()


async def test_another_hospitals_events_are_not_heard() -> None:
    north, south = await story()
    live, hello = await opened(await radiologist(north))
    assert list(hello["numbers"]) == [str(north.pk), "null"]
    await happens("WorklistItemOpened", south, worklist_item_id=7)
    assert await live.hears_nothing()
    await live.resume({str(north.pk): 0, str(south.pk): 0, "null": 0})
    assert await live.hears_nothing()
    await live.disconnect()


@pytest.mark.parametrize("role", ["radiologist", "coordinator"])
async def test_staff_counts_the_networks_events_and_learns_only_what_concerns_it(role: str) -> None:
    north, _ = await story()
    live, _ = await opened(await person(role, north))
    await happens("AssociationRejected", None, reason="unknown")
    await happens("RotaChanged", None, radiologist_ids=[3])
    nothing = {"type": "hint", "event": "", "number": 1, "hospital_id": None, "ids": {}}
    rota = nothing | {"event": "RotaChanged", "number": 2}
    assert [await live.receive_json(), await live.receive_json()] == [nothing, rota]
    await live.resume({str(north.pk): 0, "null": 0})
    assert [await live.receive_json(), await live.receive_json()] == [nothing, rota]
    await live.disconnect()


async def test_event_for_a_holder_is_heard_once() -> None:
    north, _ = await story()
    ada = await radiologist(north)
    live, _ = await opened(ada)
    await happens("WorklistItemClaimed", north, worklist_item_id=7, user_ids=[ada.pk])
    assert (await live.receive_json())["number"] == 1
    assert await live.hears_nothing()
    await live.disconnect()


async def test_referring_physician_hears_only_what_names_her() -> None:
    north, _ = await story()
    referrer = await person("referring_physician", north)
    live, hello = await opened(referrer)
    assert hello["numbers"] == {}
    await happens("WorklistItemOpened", north, worklist_item_id=7)
    await happens("ReportDelivered", north, report_id=3, user_ids=[referrer.pk])
    assert (await live.receive_json())["event"] == "ReportDelivered"
    await live.resume({})
    assert (await live.receive_json())["event"] == "ReportDelivered"
    assert await live.hears_nothing()
    await live.disconnect()


async def test_system_administrator_hears_the_network() -> None:
    await story()
    live, hello = await opened(await person("system_administrator"))
    assert hello["numbers"]["null"] == 0
    await happens("AssociationRejected", None, reason="unknown")
    assert (await live.receive_json())["hospital_id"] is None
    await live.disconnect()


async def test_missed_hints_are_sent_in_order_and_too_many_are_a_reload() -> None:
    north, _ = await story()
    live, _ = await opened(await radiologist(north))
    await happens("StudyGrew", north, times=5, study_id=1)
    assert [(await live.receive_json())["number"] for _ in range(5)] == [1, 2, 3, 4, 5]
    await live.resume({str(north.pk): 3, "null": 0})
    assert [(await live.receive_json())["number"] for _ in range(2)] == [4, 5]
    await live.resume({})
    assert await live.receive_json() == {"type": "reload"}
    await live.disconnect()
    await happens("StudyGrew", north, times=201, study_id=1)
    live, _ = await opened(await radiologist(north))
    await live.resume({str(north.pk): 5, "null": 0})
    assert await live.receive_json() == {"type": "reload"}
    await live.disconnect()


async def test_changed_access_closes_the_persons_sockets_only() -> None:
    north, _ = await story()
    ada, ben = await radiologist(north), await radiologist(north)
    live, _ = await opened(ada)
    other, _ = await opened(ben)
    await happens("AccessChanged", None, user_ids=[ada.pk])
    assert await live.close_code() == 4401
    assert (await other.receive_json())["ids"] == {}
    assert await other.hears_nothing()
    await other.disconnect()


async def test_signing_out_closes_that_sessions_sockets() -> None:
    north, _ = await story()
    ada = await radiologist(north)
    client = await signed_in(ada)
    live = LiveSocket(client)
    await live.connect()
    await live.receive_json()
    elsewhere, _ = await opened(ada)
    await sync_to_async(client.post)("/sign-out/")
    assert await live.close_code() == 4401
    assert await elsewhere.hears_nothing()
    await elsewhere.disconnect()


async def end_membership(user: User) -> None:
    await sync_to_async(Membership.objects.filter(user=user).delete)()


async def deactivate(user: User) -> None:
    await sync_to_async(User.objects.filter(pk=user.pk).update)(is_active=False)


async def change_role(user: User) -> None:
    await sync_to_async(User.objects.filter(pk=user.pk).update)(role="referring_physician")


@pytest.mark.parametrize("by", ["time", "frame"])
@pytest.mark.parametrize("change", [deactivate, change_role])
async def test_lost_account_is_noticed_without_an_event(
    change: Callable[[User], Awaitable[None]], by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if by == "time":
        monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.1)
    north, _ = await story()
    ada = await radiologist(north)
    live, _ = await opened(ada)
    await change(ada)
    if by == "frame":
        await live.resume({str(north.pk): 0})
    assert await live.close_code() == 4401


async def test_lost_hospital_is_no_longer_heard_after_the_next_look() -> None:
    north, _ = await story()
    ada = await radiologist(north)
    live, _ = await opened(ada)
    await end_membership(ada)
    await live.resume({str(north.pk): 0, "null": 0})
    assert await live.receive_json() == {"type": "reload"}
    await happens("WorklistItemOpened", north, worklist_item_id=7)
    assert await live.hears_nothing()
    await live.disconnect()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("[", 4400),
        ("[]", 4400),
        ('{"type":"resume"}', 4400),
        ('{"type":"resume","numbers":{"1":"x"}}', 4400),
        ('{"type":"resume","numbers":{"1":true}}', 4400),
        (" " * 5000, 1009),
    ],
)
async def test_frame_that_is_not_understood_closes(frame: str, code: int) -> None:
    north, _ = await story()
    live, _ = await opened(await radiologist(north))
    await live.send_text(frame)
    assert await live.close_code() == code


async def test_socket_that_hears_nothing_for_long_stays_open() -> None:
    """redis-py gives up on a silent socket after 5 s, just when the channel layer's own wait would end."""
    north, _ = await story()
    live, _ = await opened(await radiologist(north))
    assert await live.receive_nothing(6.5)
    await happens("WorklistItemOpened", north, worklist_item_id=7)
    assert (await live.receive_json())["number"] == 1
    await live.disconnect()
