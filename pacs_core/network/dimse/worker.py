"""One worker process of run_dimse: serve until told to stop or left alone, then end cleanly."""

import gc
import logging
import math
import os
import signal
import threading
import time
from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS, Error, connection, connections
from pynetdicom.association import Association

from pacs_core.events.heartbeat import beat
from pacs_core.network.dimse.admission import ASSOCIATIONS_PER_PROCESS, open_associations
from pacs_core.network.dimse.association_watch import AssociationWatch
from pacs_core.network.dimse.server import SharedPortServer, make_servers
from pacs_core.standards.dicom.codec_process import stop_codecs

logger = logging.getLogger(__name__)

# After SIGTERM, messages that are being received have this long to be answered.
DRAIN_SECONDS = 8
# Between two looks at the parent, and at nodes that were paused meanwhile.
LOOK_SECONDS = 1.0
# How long is waited for a connection of the database, and until a server that is away is no more asked in between.
LONGEST_WAIT_SECONDS = 3
RECONNECT_SECONDS = 1
BEAT_SECONDS = 10


def serve(*, host: str, port: int, tls_port: int | None, on_listening: Callable[[], None]) -> None:
    """Serve associations until SIGTERM or SIGINT comes or the parent dies."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    parent = os.getppid()
    _share_connections()
    servers = make_servers(host=host, port=port, tls_port=tls_port)
    # pynetdicom has the collector look at every object now and then, which takes a tenth of a second: what is here
    # already stays, and need not be looked at.
    gc.collect()
    gc.freeze()
    listening = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True) for server in servers
    ]
    for thread in listening:
        thread.start()
    on_listening()
    watch, beaten_at = AssociationWatch(), -math.inf
    while os.getppid() == parent and all(thread.is_alive() for thread in listening):
        if time.monotonic() - beaten_at >= BEAT_SECONDS:
            _beat()
            beaten_at = time.monotonic()
        watch.look()
        if stopping.wait(LOOK_SECONDS):
            break
    _drain(servers)
    stop_codecs()


def _beat() -> None:
    """Say that this process listens; a database that is away is shown by the missing beat."""
    try:
        beat("dimse")
    except Error as error:
        logger.warning("DICOM heartbeat not written: %s", type(error).__name__)
    finally:
        connection.close()


def _share_connections() -> None:
    """Keep connections of the database from one association to the next: a new one costs more than most searches.

    In each worker, as a pool does not survive the fork. A connection is tried before it is given out.
    """
    values = connections.settings[DEFAULT_DB_ALIAS]
    values["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": ASSOCIATIONS_PER_PROCESS + 4,  # the watch has one, and who is refused needs one
        "timeout": LONGEST_WAIT_SECONDS,
        "reconnect_timeout": RECONNECT_SECONDS,
    }
    values["CONN_HEALTH_CHECKS"] = True


def _drain(servers: list[SharedPortServer]) -> None:
    """Take no more connections, end associations that are between two messages, wait for the others."""
    for server in servers:
        server.shutdown()
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline and (admitted := open_associations()):
        for association in admitted:
            if _is_between_messages(association):
                association.abort(block=False)
        time.sleep(0.1)


def _is_between_messages(association: Association) -> bool:
    """A sender repeats what was not answered, so between two messages nothing is lost."""
    dimse = association.dimse
    return (
        association.is_established and dimse.message is None and dimse.msg_queue.empty() and not association._is_paused
    )
