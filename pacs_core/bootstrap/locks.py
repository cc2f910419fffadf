"""Locks between processes that end with their holder, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import StaleState


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait for the lock on `path` and hold it during the block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def only_one(path: Path, message: str) -> Iterator[None]:
    """Hold the lock on `path` during the block, or raise StaleState(`message`) when another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StaleState(message.format(pid=file.read().strip() or "unknown")) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
