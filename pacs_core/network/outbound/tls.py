"""TLS towards nodes: our certificate shown, theirs checked before anything of DICOM is said."""

import ssl
from typing import cast

from pacs_core.network.models import Node
from pacs_core.network.tls.certificates import is_of_node, pins_certificate, shown_certificate
from pacs_core.network.tls.profile import client_context
from pacs_core.network.tls.sockets import SharedTlsSocket


class _CheckedSocket(SharedTlsSocket):
    """Ends the handshake with whoever is not the node."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        cast(NodeContext, self.context).check(self)


class NodeContext(ssl.SSLContext):
    """The context of connections with one node."""

    node: Node
    sslsocket_class = _CheckedSocket

    def check(self, connection: ssl.SSLSocket) -> None:
        """Raise SSLCertVerificationError unless the peer showed a certificate of the node."""
        certificate = shown_certificate(connection)
        if certificate is None or not is_of_node(certificate, self.node):
            error = ssl.SSLCertVerificationError("not a certificate of this node")
            error.verify_message = "it is none of those stored for it"
            raise error


def context_for(node: Node) -> NodeContext:
    """Return the context to call a node with; raises TlsNotConfigured.

    A node with a certificate of its own is known by it; one of the others has to name the node's host.
    """
    context = client_context(NodeContext)
    context.node = node
    context.check_hostname = not pins_certificate(node)
    return context
