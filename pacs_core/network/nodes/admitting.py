"""Whether a caller may call as a node: from there, at this hour, with this certificate."""

from datetime import datetime
from zoneinfo import ZoneInfo

from pacs_core.network.models import Node
from pacs_core.network.nodes.values import is_within
from pacs_core.network.tls.certificates import Certificate, is_of_node, pins_certificate


def reason_to_refuse(
    node: Node, *, peer_address: str, is_secured: bool, certificate: Certificate | None, now: datetime
) -> str:
    """Return why an association as this node is refused, "" when it may be opened."""
    if not node.hospital.is_active:
        return "hospital_inactive"
    if node.is_paused:
        return "node_paused"
    if node.addresses and not is_within(peer_address, node.addresses):
        return "address_not_allowed"
    if node.requires_tls and not is_secured:
        return "tls_required"
    if certificate is not None and not _may_show(node, certificate):
        return "certificate_of_another"
    if not may_call_at(node, now):
        return "outside_hours"
    return ""


def may_call_at(node: Node, now: datetime) -> bool:
    """Tell whether the node may call at this instant, by the clock of its hospital."""
    begins, ends = node.calls_from_time, node.calls_until_time
    if begins is None or ends is None or begins == ends:
        return True
    time = now.astimezone(ZoneInfo(node.hospital.time_zone)).time()
    return begins <= time < ends if begins < ends else time >= begins or time < ends


def is_open_to_strangers(node: Node) -> bool:
    """Tell whether whoever knows the AE title could read the hospital's studies, or patients that it expects."""
    proves_itself = node.requires_tls and pins_certificate(node)
    may_read = node.may_find or node.may_move or node.may_query_worklist
    return may_read and not node.addresses and not proves_itself


def _may_show(node: Node, certificate: Certificate) -> bool:
    """A node without a certificate of its own may show any of the authorities', but never another node's."""
    if pins_certificate(node):
        return is_of_node(certificate, node)
    return not Node.objects.filter(certificate_fingerprints__contains=[certificate.fingerprint]).exists()
