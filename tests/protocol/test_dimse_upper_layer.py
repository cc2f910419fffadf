"""Associations wait for what happens: an idle one costs nothing, and what breaks the protocol still ends it at once."""

import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import CTImageStorage, Verification

from tests.protocol.dimse_server import RunningServer, dimse_server, eventually
from tests.story import make_hospital, make_node

__all__ = ["dimse_server"]

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def association(dimse_server: RunningServer) -> Iterator[Association]:
    make_node(make_hospital("NORTH"))
    ae = AE(ae_title="NORTH_CT")
    ae.requested_contexts = []
    for sop_class in (Verification, CTImageStorage):
        ae.add_requested_context(sop_class)
    opened = ae.associate("127.0.0.1", dimse_server.port, ae_title="MERIDIAN")
    assert opened.is_established
    yield opened
    opened.abort()


def switches(server: RunningServer) -> int:
    """How often the worker processes' threads have gone to sleep."""
    found = 0
    for pid in server.worker_pids():
        for status in Path(f"/proc/{pid}/task").glob("*/status"):
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            found += int(lines["voluntary_ctxt_switches"])
    return found


def test_an_idle_association_sleeps(dimse_server: RunningServer, association: Association) -> None:
    assert association.send_c_echo().Status == 0x0000
    before = switches(dimse_server)
    time.sleep(1)
    # pynetdicom's own two threads of each association would look 2,000 times.
    assert switches(dimse_server) - before < 200


def test_messages_after_an_idle_while_are_answered(association: Association) -> None:
    for _ in range(3):
        assert association.send_c_echo().Status == 0x0000
        time.sleep(0.02)


@pytest.mark.parametrize(
    "pdu",
    [
        pytest.param(struct.pack(">BBIIB", 4, 0, 5, 1_000, 1), id="a value longer than its PDU"),
        pytest.param(struct.pack(">BBIIBB", 4, 0, 6, 1, 1, 3), id="a value without a control header"),
        pytest.param(struct.pack(">BBI", 4, 0, 2) + b"ab", id="half a header of a value"),
        pytest.param(struct.pack(">BBI", 9, 0, 0), id="no PDU that there is"),
    ],
)
def test_a_broken_pdu_aborts_and_the_next_caller_is_served(
    dimse_server: RunningServer, association: Association, pdu: bytes
) -> None:
    connection: socket.socket = association.dul.socket.socket
    connection.sendall(pdu)
    assert eventually(lambda: association.is_aborted)
    again = association.ae.associate("127.0.0.1", dimse_server.port, ae_title="MERIDIAN")
    assert again.is_established
    assert again.send_c_echo().Status == 0x0000
    again.release()
    assert again.is_released
