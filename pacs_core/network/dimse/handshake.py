"""What comes before a caller's first PDU: the TLS handshake, or the sight that TLS is spoken at the wrong port.

It happens in the connection's own thread and within a time: whoever stalls keeps nobody else waiting.
"""

import logging
import socket
import ssl
from typing import cast

from pynetdicom.association import Association
from pynetdicom.transport import AssociationSocket

from pacs_core.archive.errors import without_values
from pacs_core.network.nodes.services import count_rejected_association
from pacs_core.network.tls.failures import reason_of_failure
from pacs_core.network.tls.sockets import SharedTlsSocket

logger = logging.getLogger(__name__)

# Seconds for a whole handshake, and for the first byte of an A-ASSOCIATE-RQ.
HANDSHAKE_SECONDS = 10
# RFC 8446 5.1: the first byte of a TLS handshake; PS3.8 9.3.1 knows no PDU of this type.
_TLS_RECORD = b"\x16"


def open_connection(association: Association, context: ssl.SSLContext | None, *, seconds: float) -> bool:
    """Shake hands when the port asks for TLS; tell whether DICOM may begin. Who failed is counted.

    `seconds` is how long a read may take afterwards.
    """
    holder = cast(AssociationSocket, association.dul.socket)
    connection = cast(socket.socket, holder.socket)
    reason, has_begun = "", True
    try:
        connection.settimeout(HANDSHAKE_SECONDS)
        if context is None:
            first = connection.recv(1, socket.MSG_PEEK)
            reason = "tls_on_plain_port" if first == _TLS_RECORD else ""
            has_begun = bool(first)  # who only looks whether the port is open has left already
        else:
            secured = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            holder.socket = secured
            secured.do_handshake()
            cast(SharedTlsSocket, secured).share()
        cast(socket.socket, holder.socket).settimeout(seconds)
        if has_begun and not reason:
            return True
    except OSError as error:
        reason = reason_of_failure(error) if context is not None else ""
    cast(socket.socket, holder.socket).close()
    if reason:
        _count(association, reason)
    return False


def _count(association: Association, reason: str) -> None:
    logger.warning("Connection refused: %s", reason)
    try:
        count_rejected_association(
            calling_ae_title="",
            called_ae_title="",
            peer_address=association.requestor.address or "",
            reason=reason,
            hospital_id=None,
        )
    except Exception as error:
        logger.error("Rejection not counted: %s", type(error).__name__, exc_info=without_values(error))
