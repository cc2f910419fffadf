"""Who may open an association: known nodes, from where, when and with what they may call (PS3.8 7.1.1)."""

import logging
import os
import secrets
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.utils import timezone
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.transport import AssociationSocket

from pacs_core.archive.errors import without_values
from pacs_core.network.dimse.contexts import prefer_known_transfer_syntaxes, services_asked_for
from pacs_core.network.dimse.meter import Meter
from pacs_core.network.models import Node
from pacs_core.network.nodes.admitting import reason_to_refuse
from pacs_core.network.nodes.associations import give_back_place, note_presented, take_place
from pacs_core.network.nodes.selectors import node_calling
from pacs_core.network.nodes.services import count_rejected_association
from pacs_core.network.tls.certificates import shown_certificate

logger = logging.getLogger(__name__)

# Each association holds a database connection.
ASSOCIATIONS_PER_PROCESS = 60

# Reason -> result, source, diagnostic (PS3.8 9.3.4).
REJECTIONS = {
    "called_ae_title_unknown": (0x01, 0x01, 0x07),
    "calling_ae_title_unknown": (0x01, 0x01, 0x03),
    "node_paused": (0x01, 0x01, 0x03),
    "hospital_inactive": (0x01, 0x01, 0x03),
    "address_not_allowed": (0x01, 0x01, 0x03),
    "tls_required": (0x01, 0x01, 0x03),
    "certificate_of_another": (0x01, 0x01, 0x03),
    "outside_hours": (0x02, 0x01, 0x01),
    "node_may_not_store": (0x01, 0x01, 0x03),
    "node_may_not_find": (0x01, 0x01, 0x03),
    "node_may_not_move": (0x01, 0x01, 0x03),
    "node_may_not_query_worklist": (0x01, 0x01, 0x03),
    "node_may_not_report_steps": (0x01, 0x01, 0x03),
    "too_many_associations": (0x02, 0x03, 0x02),
    "temporary_congestion": (0x02, 0x03, 0x01),
}

# Of Node and Caller alike.
RIGHTS = ("may_store", "may_find", "may_move", "may_query_worklist", "may_report_steps")

# Of this start: in a container the next one has the same host name and process ids, and must not beat for the
# places that this one held when it was killed.
_START = secrets.token_hex(4)

_lock = threading.Lock()
_open: set[Association] = set()


@dataclass
class Caller:
    """The node an association acts for, kept at the association."""

    node_id: int
    hospital_id: int
    ae_title: str
    place_id: int
    meter: Meter
    may_store: bool = False
    may_find: bool = False
    may_move: bool = False
    may_query_worklist: bool = False
    may_report_steps: bool = False


def admit_association(event: Event) -> None:
    """Let a requested association pass to negotiation, or reject it and count the rejection."""
    association: Association = event.assoc
    try:
        reason, hospital_id = _judge(association)
    except Exception as error:
        logger.error("Association not judged: %s", type(error).__name__, exc_info=without_values(error))
        reason, hospital_id = "temporary_congestion", None
    if not reason:
        prefer_known_transfer_syntaxes(_request_of(association))
        return
    association.acse.send_reject(*REJECTIONS[reason])
    association.kill()
    _count(association, reason, hospital_id)


def caller_of(association: Association) -> Caller:
    return association.meridian_caller


def forget_association(association: Association) -> None:
    """Free the association's place in this process and among its node's."""
    with _lock:
        _open.discard(association)
    caller: Caller | None = getattr(association, "meridian_caller", None)
    if caller is not None:
        give_back_place(place_id=caller.place_id, hospital_id=caller.hospital_id)


def open_associations() -> list[Association]:
    """Return the admitted associations of this process."""
    with _lock:
        return [association for association in _open if hasattr(association, "meridian_caller")]


def process_name() -> str:
    """Name this worker process among those of all machines, and those that were here before it."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{_START}"


def _request_of(association: Association) -> A_ASSOCIATE:
    return cast(A_ASSOCIATE, association.requestor.primitive)


def _judge(association: Association) -> tuple[str, int | None]:
    """Return (reason to reject or "", hospital of the node)."""
    request = _request_of(association)
    calling = request.calling_ae_title.strip()
    if request.called_ae_title.strip() != settings.DIMSE_AE_TITLE:
        return "called_ae_title_unknown", None
    node = node_calling(ae_title=calling)
    if node is None:
        return "calling_ae_title_unknown", None
    secured = _tls_of(association)
    certificate = shown_certificate(secured) if secured else None
    address = association.requestor.address or ""
    reason = reason_to_refuse(
        node, peer_address=address, is_secured=bool(secured), certificate=certificate, now=timezone.now()
    )
    if reason:
        if certificate is not None:
            note_presented(node_id=node.pk, certificate=certificate)
        return reason, node.hospital_id
    refused = [service for service in services_asked_for(request) if not getattr(node, f"may_{service}")]
    if refused and len(refused) == len(services_asked_for(request)):
        return f"node_may_not_{refused[0]}", node.hospital_id
    if not _take_place_here(association):
        return "temporary_congestion", node.hospital_id
    place_id = take_place(
        node=node,
        process=process_name(),
        peer_address=address,
        secured_by=" ".join((secured.version() or "", *(secured.cipher() or ("",))[:1])) if secured else "",
        certificate=certificate,
    )
    if place_id is None:
        return "too_many_associations", node.hospital_id
    association.meridian_caller = _caller(node, place_id)
    return "", node.hospital_id


def _tls_of(association: Association) -> ssl.SSLSocket | None:
    connection = cast(AssociationSocket, association.dul.socket).socket
    return connection if isinstance(connection, ssl.SSLSocket) else None


def _take_place_here(association: Association) -> bool:
    with _lock:
        if len(_open) >= ASSOCIATIONS_PER_PROCESS:
            return False
        _open.add(association)
        return True


def _caller(node: Node, place_id: int) -> Caller:
    meter = Meter(node.pk, node.hospital_id, node.instances_per_minute)
    rights = {right: getattr(node, right) for right in RIGHTS}
    return Caller(node.pk, node.hospital_id, node.ae_title, place_id, meter, **rights)


def _count(association: Association, reason: str, hospital_id: int | None) -> None:
    request = _request_of(association)
    logger.warning("Association rejected: %s", reason)
    try:
        count_rejected_association(
            calling_ae_title=request.calling_ae_title.strip(),
            called_ae_title=request.called_ae_title.strip(),
            peer_address=association.requestor.address or "",
            reason=reason,
            hospital_id=hospital_id,
        )
    except Exception as error:
        logger.error("Rejection not counted: %s", type(error).__name__, exc_info=without_values(error))
