"""`make run`: from a clone to a running Meridian, in the foreground."""

import os
import subprocess
import time
from collections.abc import Callable

from honcho.environ import parse_procfile

from .assets import build_front_end
from .database_set_up import prepare_database
from .embedded_postgres import EmbeddedPostgres
from .installation import BUILD_ROOT, PROJECT_ROOT, Installation, read_installation
from .locks import exclusive
from .managed_process import ManagedProcess, command_launcher
from .preflight import holding_home, refuse_taken_ports
from .readiness import ReadinessProbe
from .servers import Servers, environment_file, process_environment, running_servers
from .stale_server import end_stale_server
from .steps import Stamp, say
from .stopping import STARTED_AT
from .supervisor import Job, Supervisor
from .welcome import welcome_screen

Child = subprocess.Popen[bytes]
_PATIENCE_SECONDS = 120


def run() -> int:
    """Set up, start everything, and stay until Ctrl-C; 0 after a clean stop."""
    installation = read_installation()
    with holding_home(installation):
        refuse_taken_ports(installation)
        with exclusive(BUILD_ROOT / "set-up.lock"):
            build_front_end(installation.logs)
        os.umask(0o077)
        with running_servers(installation) as servers:
            environment = process_environment(installation, servers)
            with environment_file(installation, servers):
                prepare_database(installation, servers, environment, root=PROJECT_ROOT)
                supervise(installation, servers, environment)
    say("Everything has stopped.")
    return 0


def supervise(installation: Installation, servers: Servers, environment: dict[str, str]) -> None:
    """Start all processes, show the welcome screen when they are ready, watch until a stop is asked for."""
    procfile = parse_procfile((PROJECT_ROOT / "Procfile").read_text())
    ours = _embedded_processes(servers)
    (installation.home / "beat").mkdir(exist_ok=True)
    applications = [
        ManagedProcess(
            name,
            command_launcher(command, directory=PROJECT_ROOT, environment=environment | {"MERIDIAN_PROCESS": name}),
        )
        for name, command in procfile.processes.items()
    ]
    supervisor = Supervisor([*ours, *applications], logs=installation.logs)
    supervisor.listen_for_signals()
    probe = ReadinessProbe(installation.web_address)
    try:
        say(f"  Starting {', '.join(process.name for process in applications)}")
        supervisor.start()
        probe.start()
        supervisor.run(_Watch(installation, environment, supervisor, probe).on_tick)
    finally:
        say("\nStopping.")
        probe.end()
        supervisor.stop([process.name for process in applications])


class _Watch:
    """What happens beside watching: the welcome screen once ready, the demonstration's studies, a deaf worker."""

    def __init__(
        self, installation: Installation, environment: dict[str, str], supervisor: Supervisor, probe: ReadinessProbe
    ) -> None:
        self._installation = installation
        self._environment = environment
        self._supervisor = supervisor
        self._probe = probe
        self._complain_at = time.monotonic() + _PATIENCE_SECONDS
        self._welcomed = False

    def on_tick(self) -> None:
        """Look at the probe and act."""
        if self._probe.take_deaf_worker():
            say(f"{time.strftime('%H:%M:%S')} worker lives but its heartbeat is missing; restarting it.")
            self._supervisor.restart("worker")
        if self._welcomed:
            return
        if self._probe.ready.is_set():
            self._welcomed = True
            self._welcome()
        elif time.monotonic() > self._complain_at:
            self._complain_at = time.monotonic() + _PATIENCE_SECONDS
            waiting = ", ".join(self._probe.failing)
            say(f"Not ready yet, waiting for: {waiting}. Maybe look into {self._installation.logs}.")

    def _welcome(self) -> None:
        logins = self._installation.demonstration_logins
        known = self._installation.is_demonstration and logins.exists()
        text = logins.read_text(encoding="utf-8") if known else ""
        say(welcome_screen(self._installation, text, seconds=time.time() - STARTED_AT))
        self._send_demonstration_studies()

    def _send_demonstration_studies(self) -> None:
        stamp = Stamp(self._installation.home / "stamps" / "demonstration-studies", ["1"])
        if (
            not self._installation.is_demonstration
            or stamp.is_current
            or os.environ.get("MERIDIAN_DEMONSTRATION_STUDIES") == "0"
        ):
            return
        launch = command_launcher(
            "python manage.py send_demonstration_studies", directory=PROJECT_ROOT, environment=self._environment
        )
        log = self._installation.logs / "send_demonstration_studies.log"
        self._supervisor.add_job(Job("Demonstration studies", launch, log=log, on_success=stamp.write))


def _embedded_processes(servers: Servers) -> list[ManagedProcess]:
    """Hand the servers that run already to the supervisor, PostgreSQL first so that it stops last."""
    processes = []
    if servers.postgres:
        processes.append(_adopted("postgresql", servers.postgres.running_process, _relauncher(servers.postgres)))
    if servers.valkey:
        processes.append(_adopted("valkey", servers.valkey.running_process, servers.valkey.launch))
    return processes


def _adopted(name: str, running: Child, launch: Callable[[], Child]) -> ManagedProcess:
    process = ManagedProcess(name, launch)
    process.adopt(running)
    return process


def _relauncher(postgres: EmbeddedPostgres) -> Callable[[], Child]:
    def relaunch() -> Child:
        end_stale_server(postgres.data_directory)
        return postgres.launch()

    return relaunch
