"""The event channel of workitems: who hears what, by session and by token, and the race for a claim."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.db import connections
from django.utils import timezone
from knox.models import AuthToken

from hospitals.models import Hospital, Membership, User
from hospitals.selectors.scopes import scope_of_user
from pacs_core.access.scopes import open_scope
from pacs_core.access.websocket_principal import TokenOrSession
from pacs_core.events.models import Event
from pacs_core.flow import websocket_urlpatterns
from pacs_core.network.workitems import services, subscriptions
from pacs_core.network.workitems.errors import WorkitemConflict
from tests.pacs_core.network.dicomweb.test_workitems import EVERYTHING
from tests.pacs_core.network.workitems.arrange import LOCK, UID, make_workitem
from tests.reporting.socket_client import SocketClient, open_socket
from tests.story import make_hospital, make_user, see_all

PATH = "/dicom-web/subscribers/AI_ONE"


@pytest.fixture
def north(committed_db: None) -> Hospital:
    return make_hospital("NORTH")


def subscribe(user: User, target: str = EVERYTHING, **options: Any) -> None:
    with open_scope(scope_of_user(user)):
        subscriptions.subscribe(target_uid=target, ae_title="AI_ONE", user_id=user.pk, **options)


def deliver() -> None:
    with see_all():
        for event in Event.objects.filter(name="WorkitemChanged").order_by("pk"):
            subscriptions.report_to_subscribers(event)
        Event.objects.all().delete()


@database_sync_to_async
def arrange(hospital: Hospital, **options: Any) -> User:
    user = make_user("hospital_administrator", hospital)
    subscribe(user, **options)
    return user


async def test_subscriber_hears_of_its_hospitals_workitems_only(north: Hospital) -> None:
    user = await arrange(north)
    south = await database_sync_to_async(make_hospital)("SOUTH")
    stranger = await arrange(south)
    application = URLRouter(websocket_urlpatterns())
    async with open_socket(application, PATH, user) as own, open_socket(application, PATH, stranger) as other:
        await database_sync_to_async(make_workitem)(user, north)
        await database_sync_to_async(deliver)()
        report = await own.receive_json()
        assert (report["00001000"]["Value"], report["00741000"]["Value"]) == ([UID], ["SCHEDULED"])
        assert "00100010" not in report
        assert await other.receive_nothing(0.3)


async def test_who_left_the_hospital_hears_no_more_of_its_workitems(north: Hospital) -> None:
    user, colleague = await arrange(north), await database_sync_to_async(make_user)("hospital_administrator", north)
    async with open_socket(URLRouter(websocket_urlpatterns()), PATH, user) as client:
        await database_sync_to_async(make_workitem)(colleague, north, "2.25.1")
        await database_sync_to_async(deliver)()
        assert (await client.receive_json())["00001000"]["Value"] == ["2.25.1"]
        await Membership.objects.filter(user=user).aupdate(valid_until=timezone.now())
        await database_sync_to_async(make_workitem)(colleague, north, "2.25.2")
        await database_sync_to_async(deliver)()
        assert await client.receive_nothing(0.3)


async def test_filter_leaves_out_what_does_not_match(north: Hospital) -> None:
    user = await arrange(north, target=f"{EVERYTHING}.1", matches={"ScheduledProcedureStepPriority": ("HIGH",)})
    async with open_socket(URLRouter(websocket_urlpatterns()), PATH, user) as client:
        low = {"00741200": {"vr": "CS", "Value": ["LOW"]}}
        await database_sync_to_async(make_workitem)(user, north, "2.25.1", **low)
        await database_sync_to_async(make_workitem)(user, north, "2.25.2")
        await database_sync_to_async(deliver)()
        assert (await client.receive_json())["00001000"]["Value"] == ["2.25.2"]
        assert await client.receive_nothing(0.3)


async def test_machine_listens_by_token_until_it_is_revoked(north: Hospital) -> None:
    user = await arrange(north)
    record, token = await database_sync_to_async(AuthToken.objects.create)(user)

    async def refuse(*_: Any) -> None:
        raise AssertionError("A token's handshake needs no session.")

    application = TokenOrSession(by_token=URLRouter(websocket_urlpatterns()), by_session=refuse)
    client = SocketClient(application, PATH, None)
    client.scope["headers"] = [(b"authorization", f"Token {token}".encode()), (b"cookie", b"sessionid=x")]
    await client.send_input({"type": "websocket.connect"})
    assert (await client.receive_output(5))["type"] == "websocket.accept"
    await database_sync_to_async(make_workitem)(user, north)
    await database_sync_to_async(deliver)()
    assert (await client.receive_json())["00001000"]["Value"] == [UID]
    await database_sync_to_async(record.delete)()
    await database_sync_to_async(make_workitem)(user, north, "2.25.9")
    await database_sync_to_async(deliver)()
    assert await client.receive_close_code() == 4401
    await client.send_input({"type": "websocket.disconnect", "code": 4401})
    await client.wait(5)


async def test_wrong_token_is_told(north: Hospital) -> None:
    client = SocketClient(URLRouter(websocket_urlpatterns()), PATH, None)
    client.scope["headers"] = [(b"authorization", b"Token wrong")]
    await client.send_input({"type": "websocket.connect"})
    assert (await client.receive_output(5))["type"] == "websocket.accept"
    assert await client.receive_close_code() == 4401
    await client.send_input({"type": "websocket.disconnect", "code": 4401})
    await client.wait(5)


def test_report_of_a_request_to_cancel_tells_why(north: Hospital) -> None:
    user = make_user("hospital_administrator", north)
    make_workitem(user, north)
    reason = {"00741238": {"vr": "LT", "Value": ["Wrong side"]}}
    with open_scope(scope_of_user(user)):
        services.change_workitem_state(workitem_uid=UID, state="IN PROGRESS", transaction_uid=LOCK)
        services.request_cancellation(workitem_uid=UID, reasons=reason)
        event = Event.objects.filter(name="WorkitemChanged").latest("pk")
        report = subscriptions.event_report(services.locked_workitem(UID), event.payload)
    assert report["00741238"] == reason["00741238"]
    assert "Wrong" not in json.dumps(event.payload)


def test_of_many_who_claim_at_once_one_gets_it(north: Hospital) -> None:
    user = make_user("hospital_administrator", north)
    make_workitem(user, north)
    barrier = Barrier(4)

    def claim(number: int) -> bool:
        try:
            barrier.wait(10)
            with open_scope(scope_of_user(user)):
                services.change_workitem_state(workitem_uid=UID, state="IN PROGRESS", transaction_uid=f"2.25.{number}")
            return True
        except WorkitemConflict:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(claim, range(1, 5))) == [False, False, False, True]
