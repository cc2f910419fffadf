"""TLS connections as pynetdicom's threads use them, whichever side opened them."""

import errno
import select
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from pynetdicom.transport import AssociationSocket

Result = TypeVar("Result")


class SharedTlsSocket(ssl.SSLSocket):
    """A TLS connection that one thread reads while another one writes.

    OpenSSL's connections are no place for two threads at once (SSL_read, SSL_write on one SSL), and Python's lock does
    not keep them apart. Here each call into OpenSSL is short and alone, and whoever has to wait does so outside.
    """

    _lock: Any = None  # threading.Lock, once several threads share it
    _patience: float | None = None

    def share(self) -> None:
        """Let several threads use it from now on; the handshake is done."""
        self._patience = super().gettimeout()
        super().settimeout(0)
        self._lock = threading.Lock()

    def settimeout(self, value: float | None) -> None:
        if self._lock is None:
            super().settimeout(value)
        else:
            self._patience = value

    def recv_now(self, size: int) -> bytes | None:
        """Return what is there, None when nothing is."""
        try:
            with self._lock:
                return super().recv(size)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        return self._exchange(lambda: super(SharedTlsSocket, self).recv(buflen, flags))

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        return self._exchange(lambda: super(SharedTlsSocket, self).recv_into(buffer, nbytes, flags))

    def send(self, data: Any, flags: int = 0) -> int:
        return self._exchange(lambda: super(SharedTlsSocket, self).send(data, flags))

    def _exchange(self, operation: Callable[[], Result]) -> Result:
        """Do it once the connection is ready for it; raises TimeoutError when that takes too long."""
        if self._lock is None:
            return operation()
        ends_at = None if self._patience is None else time.monotonic() + self._patience
        while True:
            try:
                with self._lock:
                    return operation()
            except ssl.SSLWantReadError:
                wanted = select.POLLIN
            except ssl.SSLWantWriteError:
                wanted = select.POLLOUT
            self._wait(wanted, ends_at)

    def _wait(self, wanted: int, ends_at: float | None) -> None:
        poller = select.poll()
        try:
            poller.register(self, wanted)
        except ValueError as error:
            raise OSError(errno.EBADF, "closed by another thread") from error
        left = None if ends_at is None else max(0.0, ends_at - time.monotonic())
        if not poller.poll(None if left is None else left * 1000):
            raise TimeoutError("the peer fell silent")


class OneByteAhead(AssociationSocket):
    """Tells whether a TLS connection has data, not merely records.

    What `select` sees may be half a record or none of the application's, such as the tickets of TLS 1.3; the read that
    follows would then block the thread that also ends the association.
    """

    _ahead = b""

    @property
    def ready(self) -> bool:
        if self._ahead:
            return True
        if not super().ready:
            return False
        try:
            byte = cast(SharedTlsSocket, self.socket).recv_now(1)
        except OSError:
            return True  # the read that follows meets the same end, and tells it as one
        self._ahead = byte or b""
        return byte is not None

    def recv(self, nr_bytes: int) -> bytearray:
        ahead, self._ahead = self._ahead, b""
        rest = super().recv(nr_bytes - len(ahead))
        return bytearray(ahead) + rest if ahead else rest
