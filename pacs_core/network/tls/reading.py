"""Reading from a TLS connection in pynetdicom's loop, whichever side opened it."""

import ssl
from typing import cast

from pynetdicom.transport import AssociationSocket


class OneByteAhead(AssociationSocket):
    """Tells whether a TLS connection has data, not merely records.

    What `select` sees may be half a record or none of the application's; the read that follows would then block the
    thread that also sends.
    """

    _ahead = b""

    @property
    def ready(self) -> bool:
        if self._ahead:
            return True
        if not super().ready:
            return False
        connection = cast(ssl.SSLSocket, self.socket)
        usual = connection.gettimeout()
        connection.settimeout(0)
        try:
            self._ahead = connection.recv(1)
        except ssl.SSLWantReadError:
            return False
        except OSError:
            pass  # the read that follows meets the same end, and tells it as one
        finally:
            connection.settimeout(usual)
        return True

    def recv(self, nr_bytes: int) -> bytearray:
        ahead, self._ahead = self._ahead, b""
        rest = super().recv(nr_bytes - len(ahead))
        return bytearray(ahead) + rest if ahead else rest
