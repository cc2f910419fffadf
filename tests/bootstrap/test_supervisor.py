"""The supervisor: restart with back-off, logs, and an end that leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pacs_core.bootstrap import log_files
from pacs_core.bootstrap.child_process import start_child
from pacs_core.bootstrap.managed_process import LogWriter, ManagedProcess, command_launcher, how_it_ended
from pacs_core.bootstrap.supervisor import Job, Supervisor

_TWO_GENERATIONS = "sh -c 'sleep 300 & echo child $!; wait'"


def _process(name: str, command: str, folder: Path) -> ManagedProcess:
    return ManagedProcess(name, command_launcher(command, directory=folder, environment=dict(os.environ)))


def _tick_until(supervisor: Supervisor, condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        supervisor.tick(0.05)
        if condition():
            return
    raise AssertionError("The condition did not come true in time.")


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_killed_process_is_restarted_and_said(tmp_path: Path) -> None:
    said: list[str] = []
    process = _process("worker", _TWO_GENERATIONS, tmp_path)
    supervisor = Supervisor([process], logs=tmp_path, announce=said.append)
    log = tmp_path / "worker.log"
    supervisor.start()
    try:
        _tick_until(supervisor, lambda: log.exists() and "child" in log.read_text())
        assert process.process is not None
        first, grandchild = process.process.pid, int(log.read_text().split()[1])
        os.kill(first, signal.SIGKILL)
        _tick_until(supervisor, lambda: process.restarts == 1)
        assert process.process.pid != first
        assert "worker was killed (SIGKILL); restarting it in 0.5 s" in said[0]
        assert not _lives(grandchild)
    finally:
        supervisor.stop(["worker"])
    assert process.process.poll() is not None


def test_process_that_keeps_dying_is_restarted_ever_more_slowly() -> None:
    now = [0.0]
    process = ManagedProcess(
        "hl7", lambda: start_child(["sh", "-c", "exit 3"], output=subprocess.DEVNULL), clock=lambda: now[0]
    )
    process.start()
    sentences = []
    for _round in range(3):
        assert process.wait(10)
        sentences.append(process.notice_end() or "")
        assert process.notice_end() is None
        assert not process.restart_when_due()
        now[0] += 40
        assert process.restart_when_due()
    assert [sentence.split(" in ")[1] for sentence in sentences] == ["0.5 s.", "1 s.", "2 s."]
    now[0] += 61
    assert process.wait(10)
    assert "in 0.5 s." in (process.notice_end() or "")


def test_stop_ends_a_process_that_ignores_sigterm(tmp_path: Path) -> None:
    process = _process("web", "sh -c 'trap \"\" TERM; echo up; while true; do sleep 1; done'", tmp_path)
    supervisor = Supervisor([process], logs=tmp_path, announce=lambda _: None)
    supervisor.start()
    _tick_until(supervisor, lambda: (tmp_path / "web.log").exists() and "up" in (tmp_path / "web.log").read_text())
    started = time.monotonic()
    supervisor.stop(["web"], seconds=0.5)
    assert time.monotonic() - started < 5
    assert process.process is not None
    assert process.process.returncode == -signal.SIGKILL


def test_servers_stop_after_the_processes_that_use_them(tmp_path: Path) -> None:
    order = tmp_path / "order"
    ends = "sh -c 'trap \"echo {0} >> order; exit 0\" TERM INT; echo up; while true; do sleep 0.05; done'"
    names = ("postgresql", "valkey", "web", "worker")
    processes = [_process(name, ends.format(name), tmp_path) for name in names]
    supervisor = Supervisor(processes, logs=tmp_path, announce=lambda _: None)
    supervisor.start()
    _tick_until(supervisor, lambda: all(_text(tmp_path / f"{name}.log") for name in names))
    supervisor.stop(["web", "worker"])
    said = order.read_text().split()
    assert sorted(said[:2]) == ["web", "worker"]
    assert said[2:] == ["valkey", "postgresql"]


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys\n"
        "from pacs_core.bootstrap.managed_process import ManagedProcess, command_launcher\n"
        "from pacs_core.bootstrap.supervisor import Supervisor\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "child = ManagedProcess('web', command_launcher('sleep 300', directory=folder, environment=dict(os.environ)))\n"
        "supervisor = Supervisor([child], logs=folder)\n"
        "supervisor.start()\n"
        "print(child.process.pid, flush=True)\n"
        "supervisor.run()\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    assert _lives(pid)
    starter.kill()
    starter.wait()
    starter.stdout.close()
    deadline = time.monotonic() + 10
    while _lives(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(pid)


def test_job_shows_its_lines_and_reports_success_once(tmp_path: Path) -> None:
    said: list[str] = []
    done: list[str] = []
    launch = command_launcher(
        "sh -c 'echo one; echo 2026-11-24 16:00:00 INFO record; echo two'",
        directory=tmp_path,
        environment=dict(os.environ),
    )
    supervisor = Supervisor([], logs=tmp_path, announce=said.append)
    supervisor.add_job(
        Job("Studies", launch, log=tmp_path / "j.log", on_success=lambda: done.append("yes"), announce=said.append)
    )
    _tick_until(supervisor, lambda: bool(done))
    assert said == ["  Studies: one", "  Studies: two"]
    assert done == ["yes"]


def test_failed_job_reports_no_success(tmp_path: Path) -> None:
    said: list[str] = []
    done: list[str] = []
    launch = command_launcher("sh -c 'exit 4'", directory=tmp_path, environment=dict(os.environ))
    supervisor = Supervisor([], logs=tmp_path, announce=said.append)
    supervisor.add_job(
        Job("Studies", launch, log=tmp_path / "j.log", on_success=lambda: done.append("yes"), announce=said.append)
    )
    _tick_until(supervisor, lambda: bool(said))
    assert "exit status 4" in said[0]
    assert not done


def test_log_is_rotated_while_the_process_runs(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "web.log")
    for _part in range(36):
        writer.write(b"x" * 1024 * 1024)
    writer.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["web.log", "web.log.1", "web.log.2", "web.log.3"]
    assert all(path.stat().st_size <= log_files.LARGEST_BYTES for path in tmp_path.iterdir())


def test_end_is_said_in_words() -> None:
    assert how_it_ended(1) == "ended with exit status 1"
    assert how_it_ended(-signal.SIGSEGV) == "was killed (SIGSEGV)"
