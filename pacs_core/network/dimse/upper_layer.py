"""An association whose threads wait for what happens, where pynetdicom's look for it a thousand times a second.

pynetdicom 3.0.4 runs two threads an association. Each sleeps a millisecond between two looks at its queues, so every
message waits several times, and idle associations keep a processor busy. Here the upper layer waits for its socket and
its queues at once, the association for its messages, and P-DATA (nearly all that is sent) goes past the objects and
the queue of its PDUs. The state machine and everything else is pynetdicom's. It has no hook for another class of
association: whoever opens one replaces the name; tests/protocol/test_dimse_upper_layer.py holds the result.
"""

import logging
import os
import queue
import select
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from pynetdicom import ae
from pynetdicom import association as association_module
from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.transport import AssociationSocket

from pacs_core.network.dimse.file_sender import FileSender
from pacs_core.network.dimse.pending_answers import RepeatingProvider

logger = logging.getLogger(__name__)

# Time-outs are looked after this often (seconds); nothing else waits for it.
LOOK_SECONDS = 0.5
_DATA_TRANSFER = "Sta6"
_AWAITING_CLOSE = "Sta13"
_P_DATA_TF = 0x04
_PDU_TYPES = range(0x01, 0x08)
_PDV_HEADER = struct.Struct(">IB")
_PDU_HEADER = struct.Struct(">BBI")


class NotingQueue(queue.Queue[Any]):
    """A queue that calls `note` after something was put into it."""

    def __init__(self, note: Callable[[], None]) -> None:
        super().__init__()
        self._note = note

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        super().put(item, block, timeout)
        self._note()


class WaitingUpperLayer(FileSender, DULServiceProvider):
    """The upper layer's thread, asleep until its socket or a queue of its own has something."""

    def __init__(self, assoc: "WaitingAssociation") -> None:
        super().__init__(assoc)
        self._waker: int | None = None
        self._waker_lock = threading.Lock()
        self._sending = threading.Lock()
        self.event_queue = NotingQueue(self._wake)
        self.to_provider_queue = NotingQueue(self._wake)
        self.to_user_queue = NotingQueue(assoc.something_happened.set)

    def run_reactor(self) -> None:
        """Move the state machine until the association is at its end (PS3.8 9.2)."""
        self._idle_timer.start()
        with self._wakeable() as waker:
            self.assoc._dul_ready.set()
            try:
                self._react(waker)
            finally:
                cast(WaitingAssociation, self.assoc).something_happened.set()

    def _react(self, waker: int) -> None:
        readable = False
        while not self._kill_thread:
            if self.artim_timer.expired:
                self.event_queue.put("Evt18")
            if not self._process_recv_primitive():
                if self.state_machine.current_state == _AWAITING_CLOSE:
                    self._is_transport_event()
                elif readable and self._has_data():
                    self._read_pdu_data()
                    self._idle_timer.restart()
            readable = False
            try:
                event = self.event_queue.get(block=False)
            except queue.Empty:
                readable = self._wait(waker)
            else:
                self.state_machine.do_action(event)

    def _wait(self, waker: int) -> bool:
        """Sleep until there is something to do; tell whether it is at the socket."""
        connection = self.socket.socket if self.socket else None
        if isinstance(connection, ssl.SSLSocket) and connection.pending():
            return True  # decrypted already: the socket itself has nothing left
        poller = select.poll()
        poller.register(waker, select.POLLIN)
        with suppress(ValueError, OSError):  # closed by the association's thread meanwhile
            if connection is not None and self.socket is not None and self.socket._is_connected:
                poller.register(connection, select.POLLIN)
        ready = {descriptor for descriptor, _ in poller.poll(LOOK_SECONDS * 1000)}
        if waker in ready:
            os.eventfd_read(waker)
        return bool(ready - {waker})

    def _has_data(self) -> bool:
        """Over TLS what arrived may be half a record, which no read must wait for."""
        return not self._is_secured() or cast(AssociationSocket, self.socket).ready

    def kill_dul(self) -> None:
        super().kill_dul()
        self._wake()

    def stop_dul(self) -> bool:
        """End the thread when the association is idle (Sta1) already."""
        if self.state_machine.current_state != "Sta1":
            return False
        self.kill_dul()
        if self is not threading.current_thread():
            self.join()
        return True

    def send_pdu(self, primitive: Any) -> None:
        """Send P-DATA from the caller's thread, which waits while the peer takes it; queue everything else.

        Over TLS all is queued: OpenSSL reads and writes one connection in one thread only.
        """
        if isinstance(primitive, P_DATA) and self.transfers_at_once:
            items = primitive.presentation_data_value_list
            pieces: list[bytes] = [_PDU_HEADER.pack(_P_DATA_TF, 0, sum(len(data) + 5 for _, data in items))]
            for context_id, data in items:
                pieces += [_PDV_HEADER.pack(len(data) + 1, context_id), data]
            self.send_bytes(b"".join(pieces))
        else:
            super().send_pdu(primitive)

    def send_bytes(self, content: bytes | memoryview) -> None:
        """Write whole PDUs to the socket; a failure ends the association as a closed connection does."""
        connection = self.socket.socket if self.socket else None
        try:
            if connection is None:
                raise ConnectionError
            with self._sending:
                connection.sendall(content)
        except OSError:
            self.event_queue.put("Evt17")

    def _send(self, pdu: Any) -> None:
        if self.socket is not None:
            self.send_bytes(pdu.encode())

    def _read_pdu_data(self) -> None:
        """Read one PDU; hand P-DATA on at once, anything else to the state machine."""
        connection = cast(AssociationSocket, self.socket)
        try:
            header = connection.recv(6)
            kind, _, length = _PDU_HEADER.unpack(header)
            content = connection.recv(length) if kind in _PDU_TYPES else b""
        except (OSError, struct.error):
            self.event_queue.put("Evt17")
            return
        if kind not in _PDU_TYPES:
            self.event_queue.put("Evt19")
        elif len(content) != length:
            self.event_queue.put("Evt17")
        else:
            self._take(kind, header, content)

    def _take(self, kind: int, header: bytes | bytearray, content: bytes | bytearray) -> None:
        try:
            if kind == _P_DATA_TF and self.state_machine.current_state == _DATA_TRANSFER:
                self.assoc.dimse.receive_primitive(_p_data(content))
                return
            pdu, event = self._decode_pdu(bytearray(header) + content)
        except Exception as error:
            logger.warning("A PDU of type 0x%02X was not understood: %s", kind, type(error).__name__)
            self.event_queue.put("Evt19")
            return
        self.event_queue.put(event)
        self._recv_pdu.put(pdu)

    @contextmanager
    def _wakeable(self) -> Iterator[int]:
        self._waker = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        try:
            yield self._waker
        finally:
            with self._waker_lock:
                os.close(self._waker)
                self._waker = None

    def _wake(self) -> None:
        if threading.current_thread() is self:
            return
        with self._waker_lock:
            if self._waker is not None:
                os.eventfd_write(self._waker, 1)


def _p_data(content: bytes | bytearray) -> P_DATA:
    """Divide a P-DATA-TF PDU into its values (PS3.8 9.3.5), without copying them; raises struct.error, IndexError."""
    primitive, view, position = P_DATA(), memoryview(content), 0
    while position < len(content):
        length, context_id = _PDV_HEADER.unpack_from(content, position)
        end = position + 4 + length
        if length < 2 or end > len(content):
            raise ValueError("a presentation data value leaves its PDU")
        primitive._presentation_data_value_list.append((context_id, view[position + 5 : end]))  # type: ignore[arg-type]
        position = end
    return primitive


class WaitingAssociation(Association):
    """An association with that upper layer, asleep until a message (as acceptor) or the end has come."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.something_happened = threading.Event()
        super().__init__(*arguments, **options)
        self.dul = WaitingUpperLayer(self)
        self.dimse = RepeatingProvider(self)
        self.dimse.msg_queue = NotingQueue(self.something_happened.set)
        # Set again on the new upper layer: super() set them on the first one.
        self.acse_timeout, self.network_timeout = self.ae.acse_timeout, self.ae.network_timeout

    def kill(self) -> None:
        super().kill()
        self.something_happened.set()

    def _run_reactor(self) -> None:
        if self.is_requestor:
            self._watch_for_the_end()
            return
        while not self._kill:
            context_id, message = self.dimse.get_msg(block=False)
            if message:
                self._serve_request(message, cast(int, context_id))
            elif self._is_at_its_end():
                self.kill()
            else:
                self.something_happened.wait(LOOK_SECONDS)
                self.something_happened.clear()

    def _watch_for_the_end(self) -> None:
        """Serve nothing, as who called is asked nothing: what comes is the answer that a send_*() waits for.

        pynetdicom's own reactor may take that answer: it shows itself as paused until its thread runs again, so on a
        busy machine the next send_*() begins beside it.
        """
        self._is_paused = True
        while not self._kill:
            if self._reactor_checkpoint.is_set() and self._is_at_its_end():
                self.kill()
                return
            self.something_happened.wait(LOOK_SECONDS)
            self.something_happened.clear()

    def _is_at_its_end(self) -> bool:
        """Answer a release, note an abort, abort when nothing came for the network time-out."""
        if self.is_established and self.acse.is_release_requested():
            self.acse.send_release(is_response=True)
            self.is_released, self.is_established = True, False
        elif self.acse.is_aborted():
            self.dul.receive_pdu(wait=False)
            self.is_aborted, self.is_established = True, False
        elif self.dul.is_alive():
            if not self.dul.idle_timer_expired():
                return False
            self.abort()
        return True


def use_waiting_associations() -> None:
    """Set once a process, before its first association."""
    for module in (ae, association_module):
        setattr(module, "Association", WaitingAssociation)  # noqa: B010  names that other modules look up
