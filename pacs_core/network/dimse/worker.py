"""One worker process of run_dimse: serve until told to stop or left alone, then end cleanly."""

import os
import signal
import threading
import time
from collections.abc import Callable

from pynetdicom.association import Association

from pacs_core.network.dimse.server import SharedPortServer, make_server

# After SIGTERM, messages that are being received have this long to be answered.
DRAIN_SECONDS = 8
PARENT_CHECK_SECONDS = 1.0


def serve(*, host: str, port: int, on_listening: Callable[[], None]) -> None:
    """Serve associations until SIGTERM or SIGINT comes or the parent dies."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    parent = os.getppid()
    server = make_server(host=host, port=port)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
    on_listening()
    while not stopping.wait(PARENT_CHECK_SECONDS) and os.getppid() == parent:
        pass
    _drain(server)


def _drain(server: SharedPortServer) -> None:
    """Take no more connections, end associations that are between two messages, wait for the others."""
    server.shutdown()
    deadline = time.monotonic() + DRAIN_SECONDS
    while server.active_associations and time.monotonic() < deadline:
        for association in server.active_associations:
            if _is_between_messages(association):
                association.abort(block=False)
        time.sleep(0.1)


def _is_between_messages(association: Association) -> bool:
    """A sender repeats what was not answered, so between two messages nothing is lost."""
    dimse = association.dimse
    return (
        association.is_established and dimse.message is None and dimse.msg_queue.empty() and not association._is_paused
    )
