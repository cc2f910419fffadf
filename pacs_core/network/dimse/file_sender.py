"""Stored files from the kernel's cache to the socket, with none of their bytes in Python."""

import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, cast

from pynetdicom.dul import DULServiceProvider

_DATA_TRANSFER = "Sta6"
_P_DATA_TF = 0x04
# Of a PDU with one presentation data value (PS3.8 9.3.5), whose own header begins with the context.
_HEAD = struct.Struct(">BBIIBB")
# Control headers of fragments of a data set (PS3.8 E.2).
_MORE, _LAST = 0x00, 0x02
# Some peers say that any length will do.
LONGEST_PDU_BYTES = 1 << 20


class FileSender(DULServiceProvider):
    """The part of the upper layer that sends files; pynetdicom's reads, divides, copies and queues them."""

    # One PDU at a time: the upper layer's own thread writes too.
    _sending: threading.Lock
    # Called before each PDU: who sends may want to say that it still does.
    between_pdus: Callable[[], None] = staticmethod(lambda: None)

    @property
    def transfers_at_once(self) -> bool:
        """Whether the caller's thread may write to the socket now.

        Not before what was queued while the state was still changing, and not over TLS: OpenSSL reads and writes one
        connection in one thread only.
        """
        is_ready = self.state_machine.current_state == _DATA_TRANSFER and self.to_provider_queue.empty()
        return is_ready and not self._is_secured()

    def _is_secured(self) -> bool:
        return self.socket is not None and isinstance(self.socket.socket, ssl.SSLSocket)

    def send_file(self, file: BinaryIO, offset: int, *, context_id: int, longest_pdu: int) -> None:
        """Write a file from `offset` to its end as P-DATA-TF PDUs; 0 as `longest_pdu` stands for no limit.

        A failure ends the association as a closed connection does, also where the file ends early.
        """
        left = os.fstat(file.fileno()).st_size - offset
        most = min(longest_pdu or LONGEST_PDU_BYTES, LONGEST_PDU_BYTES) - 6
        connection = cast("socket.socket | None", self.socket.socket if self.socket else None)
        try:
            if connection is None:
                raise ConnectionError
            while left > 0:
                number = min(left, most)
                left -= number
                self.between_pdus()
                head = _HEAD.pack(_P_DATA_TF, 0, number + 6, number + 2, context_id, _MORE if left else _LAST)
                with self._sending:
                    connection.sendall(head, socket.MSG_MORE)
                    if connection.sendfile(file, offset, number) != number:
                        raise EOFError
                offset += number
        except (OSError, EOFError):
            if connection is not None:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self.event_queue.put("Evt17")
