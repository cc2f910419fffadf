"""Associations that we open with a node: how long we wait, who we say we are, and why there is none, in words."""

import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from django.conf import settings
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.pdu import A_ASSOCIATE_RJ
from pynetdicom.pdu_primitives import P_DATA, SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import AssociationSocket

from pacs_core.network.errors import NetworkError, TlsNotConfigured
from pacs_core.network.models import Node
from pacs_core.network.nodes.services import note_error
from pacs_core.network.outbound.reaching import CONNECTION_SECONDS, why_not_reached, words_of_connection
from pacs_core.network.outbound.tls import context_for
from pacs_core.network.tls.sockets import OneByteAhead, SharedTlsSocket
from pacs_core.standards.dicom.uid import MERIDIAN_IMPLEMENTATION_CLASS_UID, MERIDIAN_IMPLEMENTATION_VERSION_NAME

# Seconds for the answer to an A-ASSOCIATE-RQ, to each message, and for the network in between.
ACSE_SECONDS = 15
DIMSE_SECONDS = 60
# PDUs that wait for the network while more of a file is read.
MOST_QUEUED = 64
LOOK_SECONDS = 0.002
_REJECTIONS = {
    (1, 3): "our AE title is not known there",
    (1, 7): "it does not answer to its AE title",
    (3, 1): "it is busy",
    (3, 2): "it has too many associations",
}


class NothingSent(NetworkError):
    """An attempt that did not reach its end; worth another one."""


def open_association(
    node: Node,
    contexts: list[PresentationContext],
    *,
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
    takes: str,
    while_sending: Callable[[], None] = lambda: None,
) -> Association:
    """Open an association with the node's host and port, over TLS if it is so reached; NothingSent says why not.

    `takes` names what it was to take, for a node that accepts no presentation context: "the study's kinds of images".
    `while_sending` is called again and again while a message goes out that takes its time.
    """
    # Files are read in pieces while they are sent, and never decoded here; set once a process.
    _config.STORE_SEND_CHUNKED_DATASET = True
    ae = AE(ae_title=settings.DIMSE_AE_TITLE)
    ae.implementation_class_uid = MERIDIAN_IMPLEMENTATION_CLASS_UID
    ae.implementation_version_name = MERIDIAN_IMPLEMENTATION_VERSION_NAME
    ae.connection_timeout, ae.acse_timeout = CONNECTION_SECONDS, ACSE_SECONDS
    ae.dimse_timeout = ae.network_timeout = DIMSE_SECONDS
    try:
        association = ae.associate(
            node.host,
            node.port or 0,
            contexts=contexts,
            ae_title=node.ae_title,
            ext_neg=list(roles),
            tls_args=(context_for(node), node.host) if node.is_reached_over_tls else None,
            evt_handlers=[(evt.EVT_CONN_OPEN, _care_for_connection), (evt.EVT_PDU_RECV, _note_rejection)],
        )
    except TlsNotConfigured as error:
        raise _failure(node, f"{node.ae_title} is called over TLS, and we have none: {error}") from error
    except OSError as error:  # of a name without an address: what comes later is told by the association
        raise _failure(node, words_of_connection(error, node)) from error
    if not association.is_established:
        raise _failure(node, _why_not(association, node, takes))
    _send_in_step(association, while_sending)
    return association


def _failure(node: Node, words: str) -> NothingSent:
    """Return the error to raise, kept with the node for its page."""
    note_error(node_id=node.pk, words=words)
    return NothingSent(words)


def _care_for_connection(event: Event) -> None:
    """Bound how long a peer that falls silent inside a PDU is waited for, and read TLS as what it is."""
    holder = cast(AssociationSocket, event.assoc.dul.socket)
    connection = cast(socket.socket, holder.socket)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if isinstance(connection, SharedTlsSocket):
        connection.share()
        holder.__class__ = OneByteAhead
    connection.settimeout(DIMSE_SECONDS)


def _send_in_step(association: Association, while_sending: Callable[[], None]) -> None:
    """Let who sends wait for the network: pynetdicom would read a whole file into its queue.

    RuntimeError, as pynetdicom's own, says that the association has ended meanwhile.
    """
    provider = association.dul
    send = provider.send_pdu

    def send_in_step(primitive: Any) -> None:
        if isinstance(primitive, P_DATA):
            while_sending()
            while provider.to_provider_queue.qsize() >= MOST_QUEUED:
                if not provider.is_alive() or not association.is_established:
                    raise RuntimeError("The association has ended.")
                while_sending()
                time.sleep(LOOK_SECONDS)
        send(primitive)

    provider.send_pdu = send_in_step
    setattr(provider, "between_pdus", while_sending)  # noqa: B010  in our own upper layer only


def _note_rejection(event: Event) -> None:
    """Keep a rejection as it is read.

    pynetdicom looks whether the connection is open before it looks for the answer: a rejection that is faster than that
    look has closed it already, and is then taken for a peer that was never reached.
    """
    if isinstance(event.pdu, A_ASSOCIATE_RJ):
        event.assoc.meridian_rejection = event.pdu


def _why_not(association: Association, node: Node, takes: str) -> str:
    rejection: A_ASSOCIATE_RJ | None = getattr(association, "meridian_rejection", None)
    if rejection is not None:
        reason = _REJECTIONS.get((rejection.source, rejection.reason_diagnostic), "it gave no reason")
        return f"{node.ae_title} rejected the association: {reason}."
    answer = association.acceptor.primitive
    if answer is not None and not association.accepted_contexts:
        return f"{node.ae_title} takes none of {takes}."
    silent = f"{node.ae_title} took the connection, but did not answer the association request."
    return why_not_reached(node) or silent
