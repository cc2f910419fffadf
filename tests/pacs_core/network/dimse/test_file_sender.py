"""Stored files leave as whole PDUs, no longer than the peer takes; a connection that is gone ends the association."""

import os
import queue
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from pynetdicom.pdu import P_DATA_TF

from pacs_core.network.dimse.file_sender import FileSender

CONTENT = os.urandom(1000)


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[tuple[FileSender, socket.socket, Path]]:
    """A sender without its thread, the other end of its connection, and a file."""
    path = tmp_path / "image.dcm"
    path.write_bytes(CONTENT)
    ours, theirs = socket.socketpair()
    sender = FileSender.__new__(FileSender)
    sender.socket = SimpleNamespace(socket=ours)  # type: ignore[assignment]
    sender.event_queue, sender._sending = queue.Queue(), threading.Lock()
    with ours, theirs:
        yield sender, theirs, path


def values_sent(connection: socket.socket) -> list[tuple[int, bytes]]:
    """Return (length of the PDU after its header, presentation data value) of each PDU until the connection's end."""
    with connection.makefile("rb") as stream:
        found = []
        while head := stream.read(6):
            pdu = P_DATA_TF()
            length = int.from_bytes(head[2:], "big")
            pdu.decode(bytearray(head + stream.read(length)))
            (item,) = pdu.presentation_data_value_items
            assert item.context_id == 5
            found.append((length, item.presentation_data_value))
        return found


@pytest.mark.parametrize(("longest_pdu", "pdus"), [(106, 10), (1006, 1), (0, 1), (334, 3)])
def test_file_is_sent_from_its_data_set_to_its_end(
    ends: tuple[FileSender, socket.socket, Path], longest_pdu: int, pdus: int
) -> None:
    sender, theirs, path = ends
    told: list[int] = []
    sender.between_pdus = lambda: told.append(1)
    with path.open("rb") as file:
        sender.send_file(file, 20, context_id=5, longest_pdu=longest_pdu)
    sender.socket.socket.close()  # type: ignore[union-attr]
    sent = values_sent(theirs)
    assert b"".join(value[1:] for _, value in sent) == CONTENT[20:]
    assert [value[0] for _, value in sent] == [0x00] * (pdus - 1) + [0x02]
    assert all(length <= (longest_pdu or 2000) for length, _ in sent)
    assert (len(told), sender.event_queue.empty()) == (pdus, True)


def test_peer_that_is_gone_ends_the_association(ends: tuple[FileSender, socket.socket, Path]) -> None:
    sender, theirs, path = ends
    theirs.close()
    with path.open("rb") as file:
        sender.send_file(file, 0, context_id=5, longest_pdu=0)
    assert sender.event_queue.get_nowait() == "Evt17"
