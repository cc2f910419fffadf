"""Who is let in, who is turned away and counted, and that strangers cannot lock others out."""

import socket
import subprocess
import time

import pytest
from pynetdicom import AE
from pynetdicom.sop_class import CTImageStorage, Verification

from pacs_core.archive.models import ReceivedInstance
from pacs_core.events.models import Event
from pacs_core.network.models import RejectedAssociation
from tests.pacs_core.archive.instances import make_dataset
from tests.protocol.dimse_server import dimse_server, eventually, running_dimse_server  # noqa: F401
from tests.protocol.test_dimse_store import store
from tests.story import make_hospital, make_node, see_all
from tests.tools import require_tool

# ruff: noqa: F811  (the module-wide server is a fixture that is imported by name)
pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def north():
    hospital = make_hospital()
    make_node(hospital)
    return hospital


def associate(port, *, calling="NORTH_CT", called="MERIDIAN", sop_class=CTImageStorage):
    ae = AE(ae_title=calling)
    ae.add_requested_context(sop_class)
    return ae.associate("127.0.0.1", port, ae_title=called)


def test_echo_of_a_known_node_succeeds(north, dimse_server):
    command = [require_tool("echoscu"), "-aet", "NORTH_CT", "-aec", "MERIDIAN", "127.0.0.1", str(dimse_server.port)]
    assert subprocess.run(command, timeout=30).returncode == 0


def test_unknown_caller_is_rejected_counted_once_and_told_to_the_network(north, dimse_server):
    for _ in range(3):
        association = associate(dimse_server.port, calling="STRANGER")
        assert association.is_rejected
        assert association.acceptor.primitive.result_str == "Rejected Permanent"
        assert association.acceptor.primitive.diagnostic == 0x03
    assert store(dimse_server, make_dataset()) == [0x0000]
    # The rejection is sent before it is counted.
    assert eventually(lambda: RejectedAssociation.objects.filter(times=3).exists())
    rejected = RejectedAssociation.objects.get()
    assert (rejected.calling_ae_title, rejected.reason) == ("STRANGER", "calling_ae_title_unknown")
    assert rejected.peer_address == "127.0.0.1"
    with see_all():
        event = Event.objects.get(name="AssociationRejected")
        assert (event.hospital_id, event.payload) == (None, {"rejected_association_id": rejected.pk})


@pytest.mark.parametrize(
    ("node", "called", "sop_class", "reason"),
    [
        ({}, "OTHER_PACS", CTImageStorage, "called_ae_title_unknown"),
        ({"is_paused": True}, "MERIDIAN", CTImageStorage, "node_paused"),
        ({"is_paused": True}, "MERIDIAN", Verification, "node_paused"),
        ({"may_store": False}, "MERIDIAN", CTImageStorage, "node_may_not_store"),
        ({"may_store": False}, "MERIDIAN", Verification, ""),
        ({}, "MERIDIAN", CTImageStorage, ""),
    ],
)
def test_admission_by_node_and_purpose(dimse_server, node, called, sop_class, reason):
    make_node(make_hospital(), **node)
    association = associate(dimse_server.port, called=called, sop_class=sop_class)
    assert association.is_rejected is bool(reason)
    assert association.is_established is not bool(reason)
    if association.is_established:
        association.release()
    expected = [reason] if reason else []
    assert eventually(lambda: list(RejectedAssociation.objects.values_list("reason", flat=True)) == expected)


def test_node_of_an_inactive_hospital_is_rejected(dimse_server):
    make_node(make_hospital(is_active=False))
    assert associate(dimse_server.port).is_rejected
    assert eventually(lambda: RejectedAssociation.objects.filter(reason="hospital_inactive").exists())


@pytest.mark.parametrize(
    "content",
    [
        b"GET / HTTP/1.1\r\nHost: meridian\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 4,
        b"\x01\x00\xff\xff\xff\xff" + b"\x00" * 2000,
        b"\x04\x00\x00\x00\x00\x06" + b"\x00\x00\x00\x02\x01\x03",
        b"\x01\x00\x00\x00\x00\x44" + b"\x00" * 68,
        b"\x00",
    ],
    ids=["http", "tls", "four gigabytes announced", "data before association", "empty request", "one byte"],
)
def test_random_bytes_do_not_keep_the_next_sender_out(north, dimse_server, content):
    pids = dimse_server.worker_pids()
    strangers = [socket.create_connection(("127.0.0.1", dimse_server.port)) for _ in range(6)]  # some for each worker
    for stranger in strangers:
        stranger.sendall(content)
    assert store(dimse_server, make_dataset()) == [0x0000]
    for stranger in strangers:
        stranger.close()
    assert dimse_server.worker_pids() == pids
    with see_all():
        assert ReceivedInstance.objects.count() == 1


def test_half_open_sockets_do_not_lock_others_out(north, dimse_server):
    strangers = [socket.create_connection(("127.0.0.1", dimse_server.port)) for _ in range(60)]
    try:
        started = time.monotonic()
        assert store(dimse_server, make_dataset()) == [0x0000]
        assert time.monotonic() - started < 8
    finally:
        for stranger in strangers:
            stranger.close()
