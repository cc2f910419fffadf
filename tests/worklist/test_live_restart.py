"""The real web process: a live socket over TCP, closed with 1012 (service restart) on SIGTERM."""

import asyncio
import json
import socket
import subprocess
import sys

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hospitals.models import User
from tests.servers import PROJECT
from tests.story import make_hospital, make_user


@sync_to_async
def coordinator_with_cookie() -> tuple[User, str]:
    user = make_user("coordinator", make_hospital("NORTH"))
    client = Client()
    client.force_login(user)
    return user, client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.mark.usefixtures("committed_db")
async def test_sigterm_closes_live_sockets_as_a_restart() -> None:
    _, cookie = await coordinator_with_cookie()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "uvicorn", "pacs_core.asgi:application", "--port", str(port)]
    web = subprocess.Popen([*command, "--timeout-graceful-shutdown", "5"], cwd=PROJECT, stderr=subprocess.DEVNULL)
    try:
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"}
        async with await opened(f"ws://127.0.0.1:{port}/ws/live/", headers) as live:
            assert json.loads(await live.recv())["type"] == "hello"
            web.terminate()
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(live.recv(), 20)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
        assert await asyncio.to_thread(web.wait, 20) is not None
    finally:
        web.kill()
        web.wait()


async def opened(url: str, headers: dict[str, str]) -> connect:
    """Wait until the process listens, then return a connection to enter."""
    for _ in range(600):
        try:
            async with connect(url, additional_headers=headers):
                return connect(url, additional_headers=headers)
        except OSError:
            await asyncio.sleep(0.2)
    raise AssertionError("The web process did not begin to listen.")
