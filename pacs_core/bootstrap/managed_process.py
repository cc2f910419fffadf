"""One supervised process: its output goes to a rotated log, its crash to a restart with back-off."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from .child_process import kill_session, start_child
from .log_files import open_log, rotate

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
# A process that ran this long before it died is restarted at once again.
STABLE_SECONDS = 60.0
_ROTATE_EVERY_BYTES = 1024 * 1024

Clock = Callable[[], float]


class ManagedProcess:
    """A process the supervisor starts, watches and restarts; `launch` gives a Popen without a pipe or with one."""

    def __init__(
        self, name: str, launch: Callable[[], subprocess.Popen[bytes]], *, clock: Clock = time.monotonic
    ) -> None:
        self.name = name
        self.restarts = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._launch = launch
        self._clock = clock
        self._started_at = 0.0
        self._delay = FIRST_DELAY_SECONDS
        self._due_at: float | None = None

    def start(self) -> None:
        """Start the process."""
        self.process = self._launch()
        self._started_at = self._clock()
        self._due_at = None

    def adopt(self, process: subprocess.Popen[bytes]) -> None:
        """Take over a process that runs already."""
        self.process = process
        self._started_at = self._clock()

    def notice_end(self) -> str | None:
        """Return one sentence when the process has just died, and plan its restart; None otherwise."""
        if self._due_at is not None or self.process is None or self.process.poll() is None:
            return None
        kill_session(self.process)
        if self._clock() - self._started_at >= STABLE_SECONDS:
            self._delay = FIRST_DELAY_SECONDS
        sentence = f"{self.name} {how_it_ended(self.process.returncode)}; restarting it in {self._delay:g} s."
        self._due_at = self._clock() + self._delay
        self._delay = min(self._delay * 2, LONGEST_DELAY_SECONDS)
        return sentence

    def restart_when_due(self) -> bool:
        """Start the process again when its delay is over; tell whether that was done."""
        if self._due_at is None or self._clock() < self._due_at:
            return False
        self.start()
        self.restarts += 1
        return True

    def ask_to_stop(self, signal_number: int = signal.SIGTERM) -> None:
        """Send a signal to the process itself; its own children are its own affair."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal_number)

    def wait(self, seconds: float) -> bool:
        """Wait for the end; tell whether it came."""
        if self.process is None:
            return True
        try:
            self.process.wait(max(seconds, 0))
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """Kill the process and its whole session."""
        if self.process is not None:
            kill_session(self.process)
            self.wait(5)

    def close_output(self) -> None:
        """Close our end of the pipe."""
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()


class LogWriter:
    """Writes a process's output to its log and rotates that while the process runs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] = open_log(path)
        self._written = 0

    def write(self, data: bytes) -> None:
        """Append `data`, rotating at most once a megabyte."""
        self._file.write(data)
        self._written += len(data)
        if self._written >= _ROTATE_EVERY_BYTES:
            self._written = 0
            if rotate(self.path):
                self._file.close()
                self._file = open_log(self.path)

    def close(self) -> None:
        """Close the log."""
        self._file.close()


def command_launcher(
    command: str, *, directory: Path, environment: Mapping[str, str]
) -> Callable[[], subprocess.Popen[bytes]]:
    """Return a launcher of a Procfile's command line, with a pipe for its output."""

    def launch() -> subprocess.Popen[bytes]:
        # exec: the shell only expands variables, and signals reach the program itself.
        arguments = ["/bin/sh", "-c", f"exec {command}"]
        return start_child(arguments, output=subprocess.PIPE, environment=environment, directory=directory)

    return launch


def how_it_ended(code: int) -> str:
    """Say in words how a process ended."""
    if code < 0:
        try:
            return f"was killed ({signal.Signals(-code).name})"
        except ValueError:
            return f"was killed (signal {-code})"
    return f"ended with exit status {code}"


def drain(process: subprocess.Popen[bytes]) -> bytes:
    """Read what is in the pipe now, without waiting."""
    if process.stdout is None or process.stdout.closed:
        return b""
    try:
        return os.read(process.stdout.fileno(), 65536)
    except BlockingIOError:
        return b""
