"""Spool files: where bytes from the network land before anything is known about them.

A spool file is locked (flock) as long as its writer lives, so the leftovers of a killed process can be told from
files that are being written, in this process or another one.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings

from pacs_core.archive.errors import StorageFull
from pacs_core.archive.storage import bucket
from pacs_core.archive.storage.cache import make_room

# Between its creation and its lock a file looks abandoned; files this young are left alone.
YOUNG_SECONDS = 5
BUFFER_BYTES = 64 * 1024


def is_out_of_space(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def refuse_when_storage_is_full() -> None:
    """Raise StorageFull while less than STORAGE_RESERVE_BYTES are free where files are kept."""
    free = shutil.disk_usage(settings.STORAGE_ROOT).free
    if free < settings.STORAGE_RESERVE_BYTES and bucket.has_bucket() and make_room():
        free = shutil.disk_usage(settings.STORAGE_ROOT).free
    if free < settings.STORAGE_RESERVE_BYTES:
        raise StorageFull(free)


class SpoolFile:
    """A locked file in INCOMING_ROOT that hashes its data set while it is written.

    A full disk is remembered in `is_full` and the rest is thrown away, so that a protocol can read the message to its
    end and answer it. `dataset_sha256` covers what is written after `start_dataset()`: the file meta information names
    the sender and is no part of the content.
    """

    def __init__(self, prefix: str) -> None:
        self.name = f"{settings.INCOMING_ROOT}/{prefix}-{uuid4().hex}.dcm"
        self._file = open(  # noqa: SIM115  closed by its protocol, kept open as the lock
            self.name, "xb", buffering=BUFFER_BYTES, opener=_open_for_owner
        )
        fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.file = self  # NamedTemporaryFile's inner file, whose flush() pynetdicom calls
        self._digest: Any = None
        self.is_full = False
        try:
            refuse_when_storage_is_full()
        except StorageFull:
            self.is_full = True

    @property
    def path(self) -> Path:
        return Path(self.name)

    @property
    def dataset_sha256(self) -> str | None:
        return self._digest.hexdigest() if self._digest else None

    def start_dataset(self) -> None:
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        if not self.is_full:
            try:
                self._file.write(data)
            except OSError as error:
                self._give_up(error)
        if self._digest:
            self._digest.update(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: pynetdicom flushes after each fragment, which would cost a system call per 16 kB."""

    def finish(self) -> None:
        """Hand everything to the operating system; raise StorageFull when it did not all fit."""
        if not self.is_full:
            try:
                self._file.flush()
            except OSError as error:
                self._give_up(error)
        if self.is_full:
            raise StorageFull

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def close(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            if not is_out_of_space(error):
                raise

    def discard(self) -> None:
        """Close the file and remove it unless it was moved away."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _give_up(self, error: OSError) -> None:
        if not is_out_of_space(error):
            raise error
        self.is_full = True


def _open_for_owner(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def discard_leftover_spool_files() -> int:
    """Remove spool files whose writer is gone; return how many."""
    settings.INCOMING_ROOT.mkdir(parents=True, exist_ok=True)
    return sum(_discard_when_abandoned(path) for path in settings.INCOMING_ROOT.glob("*.dcm"))


def _discard_when_abandoned(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            if time.time() - os.fstat(file.fileno()).st_mtime < YOUNG_SECONDS:
                return False
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
            return True
    except (BlockingIOError, FileNotFoundError):
        return False
