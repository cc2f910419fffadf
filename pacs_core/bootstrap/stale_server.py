"""What a killed supervisor leaves behind: a server still running, or its postmaster.pid alone."""

import os
import signal
import time
from pathlib import Path

from .errors import StaleState


def end_stale_server(data_directory: Path) -> None:
    """End a PostgreSQL that still runs on `data_directory`, and remove the pid file of a dead one.

    The caller holds the lock of the installation, so such a server has no other master. PostgreSQL itself refuses to
    start when the pid in the file was given to another process of the same user, usual after a container's restart.
    """
    pid_file = data_directory / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except FileNotFoundError:
        return
    except ValueError:
        pid = 0
    if pid and _serves(pid, data_directory):
        _end(pid, data_directory)
    pid_file.unlink(missing_ok=True)


def _serves(pid: int, data_directory: Path) -> bool:
    """Tell whether process `pid` is a PostgreSQL server on `data_directory`."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.path.basename(arguments[0]) == b"postgres" and os.fsencode(data_directory) in arguments


def _end(pid: int, data_directory: Path) -> None:
    for signal_number, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        try:
            os.kill(pid, signal_number)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise StaleState(f"PostgreSQL (process {pid}) of another user still runs on {data_directory}.") from error
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not _serves(pid, data_directory):
                return
            time.sleep(0.05)
    raise StaleState(f"PostgreSQL (process {pid}) still runs on {data_directory} and can't be ended.")
