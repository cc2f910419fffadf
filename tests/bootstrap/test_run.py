"""`make run` over a stand-in project: real servers and real supervision, processes of a few lines."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pacs_core.bootstrap.installation import PROJECT_ROOT

_STARTER = """
import pathlib, sys
from pacs_core.bootstrap import __main__, run
run.PROJECT_ROOT = pathlib.Path(sys.argv[1])
run.BUILD_ROOT = run.PROJECT_ROOT / "build"
run.build_front_end = lambda logs: None
sys.exit(__main__.main(["run"]))
"""
_WEB = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *words):
        print("asked", flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["HTTP_PORT"])), Handler).serve_forever()
"""
_MANAGE = """
import os, pathlib, sys
home = pathlib.Path(os.environ["MERIDIAN_HOME"])
with open(home / "commands", "a") as file:
    file.write(sys.argv[1] + " " + os.environ["DATABASE_URL"].split("@")[0].split("/")[-1] + "\\n")
if sys.argv[1] == "show_demonstration_logins":
    print("anna@example.org  radiologist")
if sys.argv[1] == "send_demonstration_studies":
    print("3 of 3 studies")
"""


class Running:
    """One started installation."""

    def __init__(self, project: Path, home: Path) -> None:
        self.home = home
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            for probe in (one, two, three):
                probe.bind(("127.0.0.1", 0))
            self.ports = [str(probe.getsockname()[1]) for probe in (one, two, three)]
        environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
        environment |= dict(zip(("HTTP_PORT", "DIMSE_PORT", "HL7_PORT"), self.ports, strict=True))
        environment |= {"MERIDIAN_HOME": str(home), "MERIDIAN_MODE": "demonstration", "MERIDIAN_BOOTSTRAP_INSIDE": "1"}
        self.environment = environment
        self.screen = home.with_name(home.name + ".screen")
        self.process = self.start(project, environment)

    def start(self, project: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with open(self.screen, "ab") as screen:
            return subprocess.Popen(
                [sys.executable, "-c", _STARTER, str(project)],
                cwd=PROJECT_ROOT,
                env=environment,
                stdout=screen,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, words: str, seconds: float = 40) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if words in self.screen.read_text():
                return self.screen.read_text()
            time.sleep(0.1)
        raise AssertionError(f"{words!r} did not appear:\n{self.screen.read_text()}")

    def stop(self, number: int = signal.SIGINT, seconds: float = 20) -> int:
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def processes(self) -> dict[int, str]:
        """Return the living processes that carry this installation's home in their environment or command line."""
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal() or int(folder.name) in (os.getpid(), self.process.pid):
                continue
            try:
                command = (folder / "cmdline").read_bytes()
                # Servers rewrite their command line; they all work inside the home.
                words = command + (folder / "environ").read_bytes() + os.fsencode(os.readlink(folder / "cwd"))
            except OSError:
                continue
            if str(self.home).encode() in words and command:
                found[int(folder.name)] = command.replace(b"\0", b" ").decode(errors="replace")
        return found


@pytest.fixture
def project() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mrun-") as name:
        folder = Path(name)
        (folder / "web.py").write_text(_WEB)
        (folder / "manage.py").write_text(_MANAGE)
        (folder / "Procfile").write_text("web: python web.py\nworker: sleep 300\n")
        yield folder


def test_start_heal_stop_and_start_again(project: Path) -> None:
    running = Running(project, project / "home")
    try:
        screen = running.wait_for("3 of 3 studies")
        assert f"http://127.0.0.1:{running.ports[0]}/" in screen
        assert "AE title MERIDIAN" in screen
        assert "anna@example.org  radiologist" in screen
        for name, sign in (("web", "web.py"), ("worker", "sleep 300"), ("valkey", "valkey"), ("postgresql", "-D")):
            pid = next(pid for pid, command in running.processes().items() if sign in command)
            os.kill(pid, signal.SIGKILL)
            running.wait_for(f"{name} was killed (SIGKILL)")
        _wait_for_database(running)
        assert running.stop() == 0
        assert running.processes() == {}
        commands = (running.home / "commands").read_text().splitlines()
        assert commands == [
            "migrate meridian_owner",
            "check meridian_app",
            "load_demonstration_network meridian_app",
            "show_demonstration_logins meridian_app",
            "send_demonstration_studies meridian_app",
        ]
        running.screen.write_text("")
        running.process = running.start(project, running.environment)
        screen = running.wait_for("is ready after")
        assert "up to date" in screen
        assert running.stop(signal.SIGTERM) == 0
        again = (running.home / "commands").read_text().splitlines()[len(commands) :]
        assert again == []
    finally:
        _end(running)


def test_two_installations_side_by_side_and_a_second_start_on_one_home(project: Path) -> None:
    first, second = Running(project, project / "first"), Running(project, project / "second")
    try:
        first.wait_for("is ready after")
        second.wait_for("is ready after")
        third = Running(project, project / "first")
        assert third.process.wait(20) == 1
        first.wait_for(f"already runs on {first.home} (process {first.process.pid})")
        assert first.process.poll() is None
        assert "Traceback" not in first.screen.read_text()
        assert first.stop() == 0
        assert first.processes() == {}
        assert second.processes()
        second.process.send_signal(signal.SIGINT)
        assert second.stop() == 0
        assert second.processes() == {}
    finally:
        _end(first)
        _end(second)


def test_killed_supervisor_leaves_no_process_and_the_next_start_works(project: Path) -> None:
    running = Running(project, project / "home")
    try:
        running.wait_for("is ready after")
        running.stop(signal.SIGKILL)
        deadline = time.monotonic() + 15
        while running.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert running.processes() == {}
        running.screen.write_text("")
        running.process = running.start(project, running.environment)
        running.wait_for("is ready after")
        assert running.stop() == 0
    finally:
        _end(running)


def test_failing_step_is_one_sentence_and_stops_the_servers(project: Path) -> None:
    (project / "manage.py").write_text("raise ValueError('the reason')")
    running = Running(project, project / "home")
    try:
        assert running.process.wait(40) == 1
        screen = running.screen.read_text()
        assert "ValueError: the reason" in screen
        assert "Traceback" not in screen
        assert running.processes() == {}
    finally:
        _end(running)


def _wait_for_database(running: Running) -> None:
    url = (running.home / "environment").read_text().split("DATABASE_URL=")[1].splitlines()[0]
    deadline = time.monotonic() + 20
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _end(running: Running) -> None:
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()
