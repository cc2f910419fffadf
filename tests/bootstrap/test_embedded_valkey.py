"""The embedded Valkey."""

import signal
from pathlib import Path

import pytest
import redis

from pacs_core.bootstrap.embedded_valkey import EmbeddedValkey
from pacs_core.bootstrap.errors import ServerDidNotStart


def test_starts_answers_and_stops(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path / "valkey")
    server.start()
    try:
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()
            assert client.config_get("appendonly")["appendonly"] == "no"
        with redis.Redis(port=server.port or 0) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    finally:
        server.stop()
    assert not server.is_running
    assert (tmp_path / "valkey" / "valkey.conf").stat().st_mode & 0o077 == 0


def test_killed_server_comes_back_at_the_same_address(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path)
    server.start()
    try:
        url = server.url
        server.running_process.send_signal(signal.SIGKILL)
        server.running_process.wait(10)
        server.launch()
        server.wait_until_ready()
        with redis.Redis.from_url(url) as client:
            assert client.ping()
    finally:
        server.stop()


def test_two_servers_live_side_by_side_and_a_taken_port_is_an_error(tmp_path: Path) -> None:
    first, second = EmbeddedValkey(tmp_path / "first"), EmbeddedValkey(tmp_path / "second")
    first.start()
    try:
        second.start()
        assert first.port != second.port
        third = EmbeddedValkey(tmp_path / "third", port=first.port)
        with pytest.raises(ServerDidNotStart):
            third.start()
        third.stop()
    finally:
        second.stop()
        first.stop()
