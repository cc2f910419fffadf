"""The real `manage.py run_dimse` in a process of its own, on a free port, against the test's database."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pacs_core import celery  # noqa: F401  what the test enqueues itself goes to the broker of the tests
from tests.servers import PROJECT


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class RunningServer:
    port: int
    process: subprocess.Popen[str]
    output: list[str] = field(default_factory=list)
    tls_port: int = 0

    def worker_pids(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children]

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)

    def text(self) -> str:
        return "".join(self.output)


@contextmanager
def running_dimse_server(*, workers: int = 2, **environment: str) -> Iterator[RunningServer]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_dimse", "--host", "127.0.0.1", "--workers", str(workers)],
        cwd=PROJECT,
        env=os.environ | {"DIMSE_PORT": str(port), "PYTHONUNBUFFERED": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    server = RunningServer(port, process)
    listening = threading.Event()

    def read() -> None:
        for line in process.stdout:
            server.output.append(line)
            if "listens on port" in line:
                listening.set()
        listening.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert listening.wait(120), server.text()
        assert process.poll() is None, server.text()
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        reader.join(5)
        process.stdout.close()


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Tell whether the condition became true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def dimse_server() -> Iterator[RunningServer]:
    """One server for a module's tests; it holds no rows in memory, so emptying the database between them is fine."""
    with running_dimse_server() as server:
        yield server
