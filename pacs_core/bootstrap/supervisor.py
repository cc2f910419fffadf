"""Keeps all processes of one machine running: restarts what dies, keeps their logs, stops them in order.

honcho reads the Procfile; its own manager ends everything when one process dies, which is not what a hospital needs.
"""

import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

from .managed_process import LogWriter, ManagedProcess, drain
from .steps import say
from .stopping import SIGNALS

STOP_SECONDS = 12.0
_TICK_SECONDS = 0.2
# Log records of a job belong into its log; what it prints for people is shown.
_LOG_RECORD = re.compile(rb"\d{4}-\d\d-\d\d[ T]")


class Supervisor:
    """Runs managed processes until it is told to stop, in one thread: the kernel ends children with their thread."""

    def __init__(
        self, processes: Iterable[ManagedProcess], *, logs: Path, announce: Callable[[str], None] = say
    ) -> None:
        self.processes = list(processes)
        self._logs = logs
        self._announce = announce
        self._selector = selectors.DefaultSelector()
        self._writers: dict[str, LogWriter] = {}
        self._jobs: list[Job] = []
        self._stops = 0

    def start(self) -> None:
        """Start every process that does not run yet."""
        for process in self.processes:
            if process.process is None:
                process.start()
            self._listen(process)

    def add_job(self, job: "Job") -> None:
        """Start a command that runs once beside the processes."""
        job.start()
        self._jobs.append(job)

    def run(self, on_tick: Callable[[], None] = lambda: None) -> None:
        """Watch until a stop is asked for; `on_tick` is called several times a second."""
        while not self._stops:
            self.tick()
            on_tick()

    def tick(self, seconds: float = _TICK_SECONDS) -> None:
        """Collect output, notice deaths, restart what is due."""
        self._collect(seconds)
        self._jobs = [job for job in self._jobs if not job.advance()]
        for process in self.processes:
            sentence = process.notice_end()
            if sentence:
                self._announce(f"{time.strftime('%H:%M:%S')} {sentence} Log: {self._logs / (process.name + '.log')}")
                self._forget(process)
            if process.restart_when_due():
                self._listen(process)

    def restart(self, name: str) -> None:
        """Kill the process called `name`; the next tick sees its end and brings it back."""
        for process in self.processes:
            if process.name == name:
                process.kill()

    def listen_for_signals(self) -> None:
        """From now on the first signal ends `run`, and any further one shortens the waiting while stopping."""
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._count_stop)

    def stop(self, first: Iterable[str], *, seconds: float = STOP_SECONDS) -> None:
        """Stop the processes named in `first` together, then the others one by one from the last; never raises."""
        for job in self._jobs:
            job.kill()
        names = set(first)
        together = [process for process in self.processes if process.name in names]
        for process in together:
            process.ask_to_stop()
        self._wait(together, seconds)
        for process in reversed([process for process in self.processes if process.name not in names]):
            # To PostgreSQL SIGINT means "fast": sessions are ended, data is flushed. Valkey has nothing to keep.
            process.ask_to_stop(signal.SIGINT)
            self._wait([process], seconds * 2, patient=True)
        for process in self.processes:
            self._forget(process)
        for writer in self._writers.values():
            writer.close()
        self._selector.close()

    def _wait(self, processes: list[ManagedProcess], seconds: float, *, patient: bool = False) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not all(process.wait(0) for process in processes):
            if self._stops > 1 and not patient:
                break
            self._collect(0.1)
        for process in processes:
            process.kill()

    def _count_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stops += 1

    def _listen(self, process: ManagedProcess) -> None:
        running = process.process
        if running is None or running.stdout is None:
            return
        os.set_blocking(running.stdout.fileno(), False)
        if process.name not in self._writers:
            self._writers[process.name] = LogWriter(self._logs / f"{process.name}.log")
        self._selector.register(running.stdout, selectors.EVENT_READ, (running, self._writers[process.name]))

    def _forget(self, process: ManagedProcess) -> None:
        """Keep the last words of a dead process and close its pipe."""
        running = process.process
        if running is None or running.stdout is None or process.name not in self._writers:
            return
        while data := drain(running):
            self._writers[process.name].write(data)
        if running.stdout in {key.fileobj for key in self._selector.get_map().values()}:
            self._selector.unregister(running.stdout)
        process.close_output()

    def _collect(self, seconds: float) -> None:
        if not self._selector.get_map():
            time.sleep(seconds)
            return
        for key, _events in self._selector.select(seconds):
            running, writer = key.data
            data = drain(running)
            if data:
                writer.write(data)
            else:
                self._selector.unregister(key.fileobj)


class Job:
    """A command that runs once; its lines are shown as they come, its success is reported once."""

    def __init__(
        self,
        title: str,
        launch: Callable[[], subprocess.Popen[bytes]],
        *,
        log: Path,
        on_success: Callable[[], None],
        announce: Callable[[str], None] = say,
    ) -> None:
        self.title = title
        self._launch = launch
        self._writer = LogWriter(log)
        self._on_success = on_success
        self._announce = announce
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def start(self) -> None:
        """Start the command."""
        self._process = self._launch()
        if self._process.stdout is not None:
            os.set_blocking(self._process.stdout.fileno(), False)

    def advance(self) -> bool:
        """Show new lines; tell whether the command has ended."""
        process = self._process
        if process is None:
            return True
        ended = process.poll() is not None
        while data := drain(process):
            self._writer.write(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                if not _LOG_RECORD.match(line):
                    self._announce(f"  {self.title}: {line.decode(errors='replace').rstrip()}")
        if ended:
            self._finish(process.returncode)
        return ended

    def kill(self) -> None:
        """End the command."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
        self._close()

    def _finish(self, code: int) -> None:
        if code == 0:
            self._on_success()
        else:
            self._announce(f"  {self.title} ended with exit status {code}; it is tried again at the next start.")
        self._close()

    def _close(self) -> None:
        self._writer.close()
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
