"""The parent of run_dimse: keeps several worker processes on its ports alive."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from django.db import connections

from pacs_core.archive.spool import discard_leftover_spool_files
from pacs_core.network.dimse.worker import DRAIN_SECONDS, serve
from pacs_core.network.errors import PortTaken

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
# A worker that dies at once again and again is started more slowly.
RESTART_SECONDS = 1.0
# What killed workers left in the spool goes within this time.
CLEAN_SECONDS = 10


class Supervisor:
    """Forks workers, starts dead ones again, hands SIGTERM on."""

    def __init__(self, *, host: str, port: int, tls_port: int | None, workers: int) -> None:
        self.host, self.port, self.tls_port, self.workers = host, port, tls_port, workers
        self._children: dict[int, float] = {}
        self._stopping = False
        self._cleaned_at = time.monotonic()

    def run(self, *, on_listening: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT; raises PortTaken before anything is started."""
        for port in filter(None, (self.port, self.tls_port)):
            refuse_taken_port(self.host, port)
        discard_leftover_spool_files()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        connections.close_all()  # a connection must not be shared across fork
        ready = [self._start() for _ in range(self.workers)]
        for pipe in ready:
            self._wait_until_listening(pipe)
        if not self._stopping:
            on_listening()
        while not self._stopping:
            self._restart_dead()
            self._clean_now_and_then()
            time.sleep(LOOK_SECONDS)
        self._end_children()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _start(self) -> int:
        """Fork a worker; return the end of a pipe that says when it listens."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._run_worker(writing)
        os.close(writing)
        self._children[pid] = time.monotonic()
        return reading

    def _run_worker(self, writing: int) -> None:
        """The whole life of a child; never returns into the parent's code."""
        status = 1
        try:
            serve(
                host=self.host,
                port=self.port,
                tls_port=self.tls_port,
                on_listening=lambda: _say_listening(writing),
            )
            status = 0
        except BaseException:
            logger.exception("DIMSE worker failed")
        finally:
            logging.shutdown()
            os._exit(status)

    def _wait_until_listening(self, pipe: int) -> None:
        if not os.read(pipe, 1) and not self._stopping:
            logger.error("A DIMSE worker ended before it listened")
        os.close(pipe)

    def _restart_dead(self) -> None:
        for pid, started_at in list(self._children.items()):
            if _has_ended(pid):
                del self._children[pid]
                logger.error("DIMSE worker %s ended, starting another", pid)
                if time.monotonic() - started_at < RESTART_SECONDS:
                    time.sleep(RESTART_SECONDS)
                os.close(self._start())

    def _clean_now_and_then(self) -> None:
        if time.monotonic() - self._cleaned_at > CLEAN_SECONDS:
            self._cleaned_at = time.monotonic()
            discard_leftover_spool_files()

    def _end_children(self) -> None:
        for pid in self._children:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_SECONDS + 2
        while self._children and time.monotonic() < deadline:
            self._children = {pid: at for pid, at in self._children.items() if not _has_ended(pid)}
            time.sleep(0.05)
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def refuse_taken_port(host: str, port: int) -> None:
    """Raise PortTaken when someone listens: with SO_REUSEPORT two installations would share a port in silence."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            raise PortTaken(port, error.strerror or str(error)) from error


def _say_listening(writing: int) -> None:
    with suppress(BrokenPipeError):  # of a worker started again later: nobody waits for it
        os.write(writing, b"1")
    os.close(writing)


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True
