"""Every WebSocket of flow.py, tried as nobody, without the right, from another hospital, and with the right."""

from dataclasses import dataclass, field

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter

from hospitals.models import User
from pacs_core.flow import WEBSOCKETS, websocket_urlpatterns
from tests.architecture.world import ROLES
from tests.reporting.arrange import Case, make_case
from tests.reporting.socket_client import open_socket
from tests.story import make_hospital, make_radiologist, make_user


@dataclass(frozen=True)
class Socket:
    """Who may open a path, the close code of every other role, and that of another hospital's person."""

    address: str
    may: tuple[str, ...]
    refused: dict[str, int] = field(default_factory=dict)
    foreign: int | None = None


_NO_WORKITEMS = dict.fromkeys(("coordinator", "referring_physician"), 4403)
SOCKETS = {
    # Another hospital's person hears of the own hospital's workitems under any AE title.
    "dicom-web/subscribers/<str:ae_title>": Socket(
        "/dicom-web/subscribers/AI", tuple(role for role in ROLES if role not in _NO_WORKITEMS), _NO_WORKITEMS
    ),
    # Everybody who is signed in hears what concerns him.
    "ws/live/": Socket("/ws/live/", ROLES),
    "ws/reports/<int:report_id>/": Socket(
        "/ws/reports/{report_id}/",
        ("radiologist",),
        {
            "coordinator": 4403,
            "hospital_administrator": 4403,
            "system_administrator": 4403,
            # A referring physician sees what was delivered to him; a draft does not exist for him.
            "referring_physician": 4404,
        },
        foreign=4404,
    ),
}
every_socket = pytest.mark.parametrize("socket", SOCKETS.values(), ids=list(SOCKETS))


@pytest.fixture
def case(committed_db: None) -> Case:
    return make_case()


@database_sync_to_async
def person(case: Case, role: str) -> User:
    if role == "radiologist":
        return case.radiologist
    return make_user(role, *([] if role == "system_administrator" else [case.hospital]))


async def first_answer(case: Case, socket: Socket, user: User | None) -> str | int:
    """Return the code of an immediate close, "open" when there is none."""
    path = socket.address.format(report_id=case.report.pk)
    async with open_socket(URLRouter(websocket_urlpatterns()), path, user) as client:
        if user is not None and user.role in socket.may and await client.receive_nothing(1):
            return "open"
        message = await client.receive_output(5)
    return message["code"] if message["type"] == "websocket.close" else "open"


def test_every_socket_has_a_line_in_the_table() -> None:
    assert set(SOCKETS) == set(WEBSOCKETS)
    for socket in SOCKETS.values():
        assert set(socket.may) | set(socket.refused) == set(ROLES)


@every_socket
async def test_nobody_is_told_to_sign_in(case: Case, socket: Socket) -> None:
    assert await first_answer(case, socket, None) == 4401


@every_socket
async def test_each_role_gets_what_the_table_says(case: Case, socket: Socket) -> None:
    for role in ROLES:
        answer = await first_answer(case, socket, await person(case, role))
        assert (role, answer) == (role, socket.refused.get(role, "open"))


@pytest.mark.parametrize("socket", [socket for socket in SOCKETS.values() if socket.foreign])
async def test_another_hospitals_thing_does_not_exist(case: Case, socket: Socket) -> None:
    stranger = await database_sync_to_async(lambda: make_radiologist(make_hospital("SOUTH")))()
    assert await first_answer(case, socket, stranger) == socket.foreign
