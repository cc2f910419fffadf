"""A whole Meridian of real processes (the Procfile's) on the test's own database, broker, ports and state directory."""

import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
import redis
from honcho.environ import parse_procfile

from tests.servers import PROJECT

Found = TypeVar("Found")
PROCESSES = ("web", "dimse", "hl7", "worker", "beat")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(look: Callable[[], Found], *, seconds: float = 20, what: str = "") -> Found:
    """Return what `look` finds as soon as it is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"Not seen within {seconds} s: {what or look}")
        time.sleep(0.05)


class Installation:
    """Starts, kills and stops the processes; `http`, `dimse`, `hl7` are its ports on 127.0.0.1."""

    def __init__(self) -> None:
        self.http, self.dimse, self.hl7 = free_port(), free_port(), free_port()
        self.logs = Path(os.environ["MERIDIAN_HOME"]) / f"logs-{self.http}"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = os.environ | {
            "HTTP_PORT": str(self.http),
            "HTTP_HOST": "127.0.0.1",
            "DIMSE_PORT": str(self.dimse),
            "HL7_PORT": str(self.hl7),
            "WEB_WORKERS": "1",
            "CELERY_WORKERS": "2",
            "PYTHONUNBUFFERED": "1",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        (Path(os.environ["MERIDIAN_HOME"]) / "beat").mkdir(exist_ok=True)
        procfile = parse_procfile((PROJECT / "Procfile").read_text())
        self.commands = {name: procfile.processes[name] for name in PROCESSES}

    def start(self, *names: str) -> None:
        for name in names or PROCESSES:
            command = os.path.expandvars(self._expanded(self.commands[name]))
            with (self.logs / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    shlex.split(command),
                    cwd=PROJECT,
                    env=self.environment | {"MERIDIAN_PROCESS": name},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    def kill(self, name: str) -> None:
        """kill -9 the process with all its children, as a machine that goes away would."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.running.clear()

    def wait_until_ready(self, seconds: float = 120) -> None:
        def ready() -> bool:
            try:
                return self.get_json("/readyz")["status"] == "ok" and listens(self.dimse) and listens(self.hl7)
            except (OSError, KeyError, ValueError):
                return False

        try:
            wait_for(ready, seconds=seconds, what="/readyz")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail()}") from error

    def get_json(self, path: str) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def tail(self, lines: int = 25) -> str:
        """Return the end of every process's log, for a failing test's message."""
        texts = []
        for path in sorted(self.logs.glob("*.log")):
            texts.append(f"--- {path.stem}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-lines:]))
        return "\n".join(texts)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    def _expanded(self, command: str) -> str:
        for name, value in self.environment.items():
            command = command.replace(f"${name}", value)
        return command


@contextmanager
def running_installation(*names: str) -> Iterator[Installation]:
    """Run the processes (all of them unless named) until the block ends; the broker begins empty."""
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()
    _forget_heartbeats()
    installation = Installation()
    installation.start(*names)
    try:
        if not names:
            installation.wait_until_ready()
        yield installation
    finally:
        installation.stop()


def keep_together(items: list[pytest.Item], folder: Path, *, seconds: float) -> None:
    """Have a folder's tests run on one xdist worker, which starts one installation for them; each may take so long."""
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(folder.name))
            item.add_marker(pytest.mark.timeout(seconds))


def _forget_heartbeats() -> None:
    """Let no worker of an earlier installation, which wrote as it was stopped, pass for one of the next."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("truncate events_heartbeat")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
