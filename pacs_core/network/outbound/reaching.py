"""Why a node is not reached, in words for the administrator; pynetdicom tells no more than that it failed."""

import socket

from pacs_core.network.models import Node
from pacs_core.network.outbound.tls import context_for
from pacs_core.network.tls.failures import words_of_failure

CONNECTION_SECONDS = 10
# TLS 1.3 tells only after the handshake that our certificate is not accepted; who accepts it says nothing.
VERDICT_SECONDS = 1


def why_not_reached(node: Node) -> str:
    """Connect, and shake hands where the node is called over TLS; say what goes wrong, "" when nothing does."""
    try:
        connection = socket.create_connection((node.host, node.port or 0), timeout=CONNECTION_SECONDS)
    except OSError as error:
        return words_of_connection(error, node)
    with connection:
        return _why_no_handshake(connection, node) if node.is_reached_over_tls else ""


def words_of_connection(error: OSError, node: Node) -> str:
    if isinstance(error, socket.gaierror):
        return f"The host of {node.ae_title} has no address. Maybe its name is misspelt, or the name server is away."
    if isinstance(error, ConnectionRefusedError):
        return f"{node.ae_title} did not answer: nothing listens at its port. Maybe it is switched off."
    if isinstance(error, TimeoutError):
        return f"{node.ae_title} did not answer at its host and port in time. Maybe a firewall stands between."
    return f"{node.ae_title} did not answer at its host and port ({error.strerror or type(error).__name__})."


def _why_no_handshake(connection: socket.socket, node: Node) -> str:
    try:
        with context_for(node).wrap_socket(connection, server_hostname=node.host) as secured:
            secured.settimeout(VERDICT_SECONDS)
            try:
                secured.recv(1)
            except TimeoutError:
                return ""
    except OSError as error:
        return words_of_failure(error, ae_title=node.ae_title)
    return ""
