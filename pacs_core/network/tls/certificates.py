"""The certificate that a peer showed, and whether it is one of a node's."""

import ssl
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pacs_core.network.models import Node
from pacs_core.network.nodes.values import parse_subject


@dataclass(frozen=True)
class Certificate:
    """What is compared and shown of a certificate; its authority was checked in the handshake."""

    fingerprint: str
    subject: x509.Name
    expires_at: datetime

    @property
    def subject_words(self) -> str:
        return self.subject.rfc4514_string()


def shown_certificate(connection: ssl.SSLSocket) -> Certificate | None:
    """Return the certificate that the peer of a finished handshake showed."""
    content = connection.getpeercert(binary_form=True)
    if not content:
        return None
    certificate = x509.load_der_x509_certificate(content)
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
    return Certificate(fingerprint, certificate.subject, certificate.not_valid_after_utc)


def pins_certificate(node: Node) -> bool:
    """Tell whether the node is known by certificates of its own."""
    return bool(node.certificate_fingerprints or node.certificate_subject)


def is_of_node(certificate: Certificate, node: Node) -> bool:
    """Tell whether the certificate is one that this node may show; a node that pins none may show any."""
    if node.certificate_fingerprints and certificate.fingerprint not in node.certificate_fingerprints:
        return False
    # Compared by attribute: the same name is written in several ways (PrintableString, UTF8String).
    return not node.certificate_subject or list(parse_subject(node.certificate_subject)) == list(certificate.subject)
