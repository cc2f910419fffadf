"""Ctrl-C, SIGTERM and a closed terminal, while setting up and while running."""

import os
import signal
import time
from pathlib import Path
from types import FrameType

from .child_process import bind_to_parent

# Kept over the step into the virtual environment, which replaces the process.
STARTED_AT = float(os.environ.setdefault("MERIDIAN_STARTED_AT", repr(time.time())))
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """The person or the system asked to stop during set-up; no error."""


def listen_for_signals() -> None:
    """Raise Stopped in the main thread on the first signal; end with make when make is killed."""
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _raise_stopped)
    parent = os.getppid()
    try:
        name = Path(f"/proc/{parent}/comm").read_text().strip()
    except OSError:
        return
    if name in ("make", "gmake"):
        bind_to_parent(signal.SIGTERM, parent)


def ignore_signals() -> None:
    """Let nothing interrupt the clean-up; it is bounded in time by itself."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _raise_stopped(_number: int, _frame: FrameType | None) -> None:
    raise Stopped
