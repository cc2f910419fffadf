"""Start children that can't outlive the process that started them (Linux)."""

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def bind_to_parent(signal_number: int, parent_pid: int) -> None:
    """Ask the kernel for `signal_number` when the parent thread ends; end at once when it already has."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent_pid:
        os.kill(os.getpid(), signal.SIGKILL)


def _bind_before_exec(signal_number: int) -> Callable[[], None]:
    parent_pid = os.getpid()

    def bind() -> None:
        bind_to_parent(signal_number, parent_pid)

    return bind


def start_child(
    arguments: Sequence[str],
    *,
    output: int | IO[bytes],
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    user: str | None = None,
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `arguments` in its own session, standard output and error to `output`.

    The session of its own keeps a terminal's Ctrl-C from the child: the parent decides in which order children stop.
    Must be called from the main thread, because the kernel sends `death_signal` when the calling *thread* ends.
    """
    identity: dict[str, object] = {"user": user, "group": user, "extra_groups": []} if user else {}
    return subprocess.Popen(
        list(arguments),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(environment) if environment is not None else None,
        cwd=directory,
        start_new_session=True,
        preexec_fn=_bind_before_exec(death_signal),
        **identity,  # pyright: ignore[reportCallIssue, reportArgumentType]
    )


def stop_child(child: subprocess.Popen[bytes], signals: Sequence[tuple[int, float]]) -> None:
    """Send each signal and wait its seconds until the child has ended; SIGKILL to its whole session at last."""
    for signal_number, seconds in signals:
        if child.poll() is not None:
            return
        child.send_signal(signal_number)
        try:
            child.wait(seconds)
            return
        except subprocess.TimeoutExpired:
            continue
    kill_session(child)
    child.wait(10)


def kill_session(child: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of the child's session (its own children included)."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
