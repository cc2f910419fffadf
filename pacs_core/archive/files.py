"""Files of the archive: where they lie, and how they get there without ever being half there."""

import hashlib
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from pacs_core.archive.storage import bucket
from pacs_core.archive.storage.cache import fetch_into_cache, make_room

# Its threads start at the first use, after the server's processes have forked.
_flushers = ThreadPoolExecutor(16, thread_name_prefix="flush")
_held: ContextVar[list[Path] | None] = ContextVar("files_to_flush", default=None)
_UID = re.compile(r"[0-9.]{1,64}")


def stored_path(relative_path: str) -> Path:
    """Return the absolute path of a row's `file_path`; with a bucket the file itself may not be here."""
    return settings.STORAGE_ROOT / relative_path


def file_at_hand(relative_path: str) -> Path:
    """Return the absolute path of a row's `file_path`, fetched from the bucket when it is not in the cache.

    Raises FileNotFoundError when it is nowhere, FileNotAtHand, or StorageUnavailable. Without a bucket nothing is
    looked up: who opens a missing file learns it then.
    """
    path = stored_path(relative_path)
    if bucket.has_bucket() and not path.exists():
        fetch_into_cache(relative_path, path)
    return path


def instance_path(*, hospital_id: int, study_instance_uid: str, sop_instance_uid: str, sha256: str) -> str:
    """Return where an instance's file belongs, relative to STORAGE_ROOT.

    The same content always has the same path and other content another one, so a repeated store is idempotent and
    never writes over a file. The two characters spread studies over 256 folders.
    """
    study = _file_name(study_instance_uid)
    spread = hashlib.sha256(study_instance_uid.encode()).hexdigest()[:2]
    return f"{hospital_id}/{spread}/{study}/{_file_name(sop_instance_uid)}-{sha256[:16]}.dcm"


def quarantine_path(*, hospital_id: int) -> str:
    return f"{hospital_id}/quarantine/{uuid4().hex}.dcm"


def move_durably(source: Path, relative_path: str) -> int:
    """Rename `source` into STORAGE_ROOT and flush it and its folder to the disk; return its size.

    A file that is already there with the same content stays; one that a power cut left torn is replaced. Both roots
    must lie on one file system. With a bucket the file is there first; raises StorageUnavailable when that fails, and
    `source` stays.
    """
    target = stored_path(relative_path)
    if bucket.has_bucket():
        make_room()
        bucket.put(source, relative_path)
    _make_folders(target.parent)
    if target.exists() and sha256_of_dataset(target) == sha256_of_dataset(source):
        source.unlink()
    else:
        os.rename(source, target)
    held = _held.get()
    if held is None or bucket.has_bucket():  # a cache may put the file away before the block's end
        _flush([target])
    else:
        held.append(target)
    return target.stat().st_size


@contextmanager
def flushing_together() -> Iterator[None]:
    """Leave the flushing of what the block moves to its end, however it ends: many files then share the disk's writes.

    Nothing of them may be told as kept before that.
    """
    held: list[Path] = []
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)
        _flush(held)


def _flush(files: list[Path]) -> None:
    """Flush files and their folders at the same time: a journaling file system writes one journal entry for many."""
    folders = {file.parent for file in files}
    flushed = [_flushers.submit(_flush_file, path) for path in (*files[1:], *folders)]
    if files:
        _flush_file(files[0])
    for future in flushed:
        future.result()


def sha256_of_dataset(path: Path) -> str:
    """Hash a Part 10 file's data set without its file meta information, which names the sender (PS3.10 7.1)."""
    with open(path, "rb") as file:
        file.seek(_dataset_offset(file.read(144)))
        return hashlib.file_digest(file, "sha256").hexdigest()


def _dataset_offset(start: bytes) -> int:
    """Read (0002,0000); a writer that left the group length out has its meta information hashed too."""
    if start[132:140] == b"\x02\x00\x00\x00UL\x04\x00":
        return 144 + int.from_bytes(start[140:144], "little")
    return 132


def _file_name(uid: str) -> str:
    """Return the UID where it is harmless as a file name, else its digest."""
    if _UID.fullmatch(uid) and uid.strip("."):
        return uid
    return hashlib.sha256(uid.encode()).hexdigest()


def _make_folders(folder: Path) -> None:
    """Make the folder and its parents, each durable in the one above."""
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    _flush_file(folder.parent)


def _flush_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
