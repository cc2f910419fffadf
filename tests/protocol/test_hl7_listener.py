"""The MLLP listener over real sockets."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from pacs_core import celery  # noqa: F401  events are enqueued at the tests' own broker
from pacs_core.network.hl7.models import ReceivedMessage
from pacs_core.network.hl7.server import MllpServer
from pacs_core.network.hl7.sources import add_hl7_source
from pacs_core.network.models import RejectedAssociation
from pacs_core.standards.hl7.messages import ImagingOrderMessage
from pacs_core.standards.hl7.mllp import MllpDecoder, encode_block
from pacs_core.standards.hl7.order_building import build_order_message
from tests.servers import PROJECT
from tests.story import make_hospital, see_all
from worklist.models import Order

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def address(committed_db: None) -> Iterator[tuple[str, int]]:
    make_hospital("NORTH")
    add_hl7_source(hospital_code="NORTH", application="RIS", facility="NORTH")
    server = MllpServer(host="127.0.0.1", port=0, maximum_bytes=20_000, idle_seconds=1.5, unfinished_seconds=0.5)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(5)
    yield server.address
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(15)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def message(control_id: str = "M1", accession_number: str = "A1", **fields: str) -> bytes:
    return build_order_message(
        ImagingOrderMessage(
            sending_application="RIS",
            sending_facility="NORTH",
            message_control_id=control_id,
            message_type="ORM^O01",
            message_at=datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
            event="new",
            order_control="NW",
            patient_id="P1",
            accession_number=accession_number,
            **fields,
        )
    )


def read_answer(connection: socket.socket) -> str:
    decoder = MllpDecoder()
    while data := connection.recv(4096):
        for result in decoder.feed(data):
            assert isinstance(result, bytes)
            return result.decode()
    return ""


def connect(address: tuple[str, int]) -> socket.socket:
    return socket.create_connection(address, timeout=10)


def send(address: tuple[str, int], body: bytes) -> str:
    with connect(address) as connection:
        connection.sendall(encode_block(body))
        return read_answer(connection)


def test_answer_comes_after_the_commit(address: tuple[str, int]) -> None:
    assert "MSA|AA|M1" in send(address, message())
    with see_all():
        assert Order.objects.get().accession_number == "A1"


def test_one_connection_carries_many_messages_even_in_one_packet(address: tuple[str, int]) -> None:
    with connect(address) as connection:
        connection.sendall(encode_block(message("M1")) + encode_block(message("M2", "A2")))
        assert "MSA|AA|M1" in read_answer(connection)
        with see_all():
            assert Order.objects.filter(accession_number="A1").exists()


def test_message_in_pieces_is_put_together(address: tuple[str, int]) -> None:
    block = encode_block(message())
    with connect(address) as connection:
        for piece in (block[:7], block[7:60], block[60:]):
            connection.sendall(piece)
            time.sleep(0.05)
        assert "MSA|AA|M1" in read_answer(connection)


def test_one_message_from_many_connections_at_once_is_stored_once(address: tuple[str, int]) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(address, message()), range(8)))
    assert len(set(answers)) == 1
    assert "MSA|AA|M1" in answers[0]
    with see_all():
        assert (Order.objects.count(), ReceivedMessage.objects.count()) == (1, 1)


def test_many_senders_at_once_are_all_stored(address: tuple[str, int]) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: send(address, message(f"M{n}", f"A{n}")), range(24)))
    assert all("MSA|AA" in answer for answer in answers)
    with see_all():
        assert Order.objects.count() == 24


def test_random_bytes_are_turned_away_and_the_next_good_message_works(address: tuple[str, int]) -> None:
    with connect(address) as connection:
        connection.sendall(bytes(range(32, 256)) * 20)
        assert connection.recv(10) == b""
    rejected = RejectedAssociation.objects.get()
    assert (rejected.reason, rejected.peer_address) == ("no MLLP block", "127.0.0.1")
    assert "MSA|AA" in send(address, message())


def test_too_large_a_message_is_refused_and_the_connection_closed(address: tuple[str, int]) -> None:
    with connect(address) as connection:
        connection.sendall(encode_block(message(clinical_information="x" * 30_000)))
        assert "MSA|AR" in read_answer(connection)
        assert connection.recv(10) == b""
    with see_all():
        assert not Order.objects.exists()


def test_silent_and_unfinished_connections_are_closed(address: tuple[str, int]) -> None:
    with connect(address) as silent, connect(address) as unfinished:
        unfinished.sendall(b"\x0bMSH|^~")
        assert unfinished.recv(10) == b""
        assert silent.recv(10) == b""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_command_serves_and_stops_on_sigterm() -> None:
    make_hospital("NORTH")
    add_hl7_source(hospital_code="NORTH", application="RIS", facility="NORTH")
    port = free_port()
    command = [sys.executable, "manage.py", "run_hl7", "--host", "127.0.0.1", "--port", str(port), "--skip-checks"]
    process = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        assert "HL7 listener ready" in process.stderr.readline()
        assert "MSA|AA|M1" in send(("127.0.0.1", port), message())
        second = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60)
        assert f"HL7 port {port} cannot be opened" in second.stderr
        process.terminate()
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.communicate()
