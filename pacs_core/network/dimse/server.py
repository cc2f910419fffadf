"""The association server of one worker process; several share the port (SO_REUSEPORT)."""

import logging
import socket
import threading
from collections import Counter
from contextlib import suppress
from typing import Any, cast

from django.conf import settings
from django.db import Error, connections
from django.utils.module_loading import import_string
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.transport import AssociationServer, AssociationSocket, RequestHandler

from pacs_core import flow
from pacs_core.archive.services.nudge import hurry_nudges
from pacs_core.network.dimse.admission import admit_association, forget_association
from pacs_core.network.dimse.contexts import accept_every_storage_class, add_other_contexts
from pacs_core.network.dimse.event_reporter import prepare_reporter
from pacs_core.network.dimse.extended import answer_extended_negotiation
from pacs_core.network.dimse.handshake import open_connection
from pacs_core.network.dimse.spooling import discard_unanswered, stream_to_spool_files
from pacs_core.network.dimse.suboperations import retrieve_stored_files
from pacs_core.network.dimse.upper_layer import use_waiting_associations
from pacs_core.network.tls.profile import ReloadedContext
from pacs_core.network.tls.sockets import OneByteAhead
from pacs_core.standards.dicom.uid import MERIDIAN_IMPLEMENTATION_CLASS_UID, MERIDIAN_IMPLEMENTATION_VERSION_NAME

logger = logging.getLogger(__name__)

# What we announce (PS3.8 D.1); 128 kB is the most that DCMTK sends.
MAXIMUM_PDU_BYTES = 131_072
# What we read at all: an A-ASSOCIATE-RQ with 128 contexts of 60 transfer syntaxes stays below.
LONGEST_PDU_BYTES = 4 * 1024**2
# Seconds for an A-ASSOCIATE-RQ to come, for the rest of a PDU once begun, and an association without any PDU.
ACSE_SECONDS = 15
NETWORK_SECONDS = 30
IDLE_SECONDS = 120
# Connections of one address in this process that are open at once, admitted or not.
CONNECTIONS_PER_ADDRESS = 100


class BoundedSocket(AssociationSocket):
    """Read in large pieces, and nothing for a PDU longer than anyone may send: its length comes from a stranger."""

    def recv(self, nr_bytes: int) -> bytearray:
        if nr_bytes > LONGEST_PDU_BYTES:
            return bytearray()
        connection = cast(socket.socket, self.socket)
        received = bytearray(nr_bytes)
        view, position = memoryview(received), 0
        while position < nr_bytes:
            number = connection.recv_into(view[position:])
            if not number:
                break
            position += number
        view.release()
        # The kernel acknowledges at once, and not 40 ms later with an answer that waits for the rest of the message: a
        # sender with Nagle's algorithm holds that rest back until then. It has to be said again after each read.
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return received if position == nr_bytes else received[:position]


class BoundedTlsSocket(OneByteAhead, BoundedSocket):
    """The same over TLS."""


class ConnectionHandler(RequestHandler):
    """Make an association that begins with the port's handshake, and whose end frees what it held."""

    def _create_association(self) -> Association:
        association = super()._create_association()
        # pynetdicom makes the socket object itself and names no class to make it from.
        address, server, run = self.client_address[0], cast(SharedPortServer, self.server), association.run
        socket_class = BoundedTlsSocket if server.tls else BoundedSocket
        cast(AssociationSocket, association.dul.socket).__class__ = socket_class

        def run_then_clean() -> None:
            try:
                context = server.tls.current() if server.tls else None
                if open_connection(association, context, seconds=NETWORK_SECONDS):
                    run()
            finally:
                _end(association)
                server.forget_connection(address)

        association.run = run_then_clean
        return association


def _end(association: Association) -> None:
    discard_unanswered(association)
    caller = getattr(association, "meridian_caller", None)
    try:
        if caller is not None:
            hurry_nudges()
            caller.meter.write()
        forget_association(association)
    except Error as error:
        # The place is free again once the process has not beaten for it, and the instances have rows of their own.
        logger.error("End of an association not noted: %s", type(error).__name__)
    finally:
        connections.close_all()


class SharedPortServer(AssociationServer):
    """An association server that shares its port with other processes and bounds what one address may hold.

    With `tls` its callers shake hands first.
    """

    request_queue_size = 128
    tls: ReloadedContext | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._connections: Counter[str] = Counter()
        self._connections_lock = threading.Lock()
        super().__init__(*arguments, request_handler=ConnectionHandler, **options)

    def server_bind(self) -> None:
        cast(socket.socket, self.socket).setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().server_bind()

    def get_request(self) -> tuple[socket.socket, Any]:
        client, address = super().get_request()
        client.settimeout(NETWORK_SECONDS)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return client, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Take the connection unless its address holds too many already; an unserved socket is closed."""
        with self._connections_lock:
            if self._connections[client_address[0]] >= CONNECTIONS_PER_ADDRESS:
                return False
            self._connections[client_address[0]] += 1
            return True

    def forget_connection(self, address: str) -> None:
        with self._connections_lock:
            self._connections[address] -= 1
            if self._connections[address] <= 0:
                del self._connections[address]


def make_servers(*, host: str, port: int, tls_port: int | None = None) -> list[SharedPortServer]:
    """Bind the port, and the one with TLS if there is one; return the servers, not yet serving.

    Raises TlsNotConfigured.
    """
    use_waiting_associations()
    stream_to_spool_files()
    retrieve_stored_files()
    accept_every_storage_class()
    _config.LOG_HANDLER_LEVEL = "none"
    # It would write out every identifier line by line for a log that does not take it, and must not: patients.
    _config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False
    servers = [_make_server(host, port)]
    if tls_port:
        secured = _make_server(host, tls_port)
        secured.tls = ReloadedContext()
        servers.append(secured)
    return servers


def _make_server(host: str, port: int) -> SharedPortServer:
    ae = AE(ae_title=settings.DIMSE_AE_TITLE)
    ae.implementation_class_uid = MERIDIAN_IMPLEMENTATION_CLASS_UID
    ae.implementation_version_name = MERIDIAN_IMPLEMENTATION_VERSION_NAME
    ae.maximum_pdu_size = MAXIMUM_PDU_BYTES
    ae.maximum_associations = 100_000  # admission.py and verify_request set the limits that do not lock others out
    ae.acse_timeout, ae.dimse_timeout, ae.network_timeout = ACSE_SECONDS, NETWORK_SECONDS, IDLE_SECONDS
    add_other_contexts(ae)
    handlers = [
        (evt.EVT_REQUESTED, admit_association),
        (evt.EVT_ACCEPTED, prepare_reporter),
        (evt.EVT_SOP_EXTENDED, answer_extended_negotiation),
        *_service_handlers(),
    ]
    server = cast(SharedPortServer, ae.make_server((host, port), evt_handlers=handlers, server_class=SharedPortServer))
    ae._servers.append(server)
    return server


def _service_handlers() -> list[tuple[Any, Any]]:
    """Turn C-STORE of flow.DIMSE_SERVICES into (EVT_C_STORE, its handler)."""
    return [
        (getattr(evt, f"EVT_{service.replace('-', '_')}"), import_string(handler))
        for service, handler in flow.DIMSE_SERVICES.items()
    ]
