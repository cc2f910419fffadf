"""Who may open an association: known nodes that are not paused, within a limit per calling AE (PS3.8 7.1.1)."""

import logging
import threading
from collections import Counter
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.pdu_primitives import A_ASSOCIATE

from pacs_core.archive.errors import without_values
from pacs_core.network.dimse.contexts import prefer_known_transfer_syntaxes, services_asked_for
from pacs_core.network.nodes.selectors import node_calling
from pacs_core.network.nodes.services import count_rejected_association, note_association

logger = logging.getLogger(__name__)

# Per worker process; more from one scanner are a fault, and would leave nothing for the others.
ASSOCIATIONS_PER_CALLER = 20
# Each association holds a database connection.
ASSOCIATIONS_PER_PROCESS = 60

# Reason -> result, source, diagnostic (PS3.8 9.3.4).
REJECTIONS = {
    "called_ae_title_unknown": (0x01, 0x01, 0x07),
    "calling_ae_title_unknown": (0x01, 0x01, 0x03),
    "node_paused": (0x01, 0x01, 0x03),
    "hospital_inactive": (0x01, 0x01, 0x03),
    "node_may_not_store": (0x01, 0x01, 0x03),
    "node_may_not_find": (0x01, 0x01, 0x03),
    "node_may_not_move": (0x01, 0x01, 0x03),
    "too_many_associations": (0x02, 0x03, 0x02),
    "temporary_congestion": (0x02, 0x03, 0x01),
}

_lock = threading.Lock()
_open_by_caller: Counter[str] = Counter()


@dataclass
class Caller:
    """The node an association acts for, kept at the association."""

    node_id: int
    hospital_id: int
    ae_title: str
    may_store: bool = False
    may_find: bool = False
    may_move: bool = False
    has_stored: bool = False
    stored_noted_at: float = 0.0


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
    """Free the association's place in its caller's limit."""
    caller: Caller | None = getattr(association, "meridian_caller", None)
    if caller is not None:
        with _lock:
            _open_by_caller[caller.ae_title] -= 1


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
    if not node.hospital.is_active:
        return "hospital_inactive", node.hospital_id
    if node.is_paused:
        return "node_paused", node.hospital_id
    refused = [service for service in services_asked_for(request) if not getattr(node, f"may_{service}")]
    if refused and len(refused) == len(services_asked_for(request)):
        return f"node_may_not_{refused[0]}", node.hospital_id
    with _lock:
        is_crowded = _open_by_caller.total() >= ASSOCIATIONS_PER_PROCESS
        if is_crowded or _open_by_caller[calling] >= ASSOCIATIONS_PER_CALLER:
            return "too_many_associations", node.hospital_id
        _open_by_caller[calling] += 1
    association.meridian_caller = Caller(
        node.pk, node.hospital_id, calling, node.may_store, node.may_find, node.may_move
    )
    note_association(node_id=node.pk)
    return "", node.hospital_id


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
