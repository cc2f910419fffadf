"""STORAGE_ROOT as the cache of a bucket: what is read is fetched, what was not read for longest makes room."""

from __future__ import annotations

import fcntl
import logging
import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from pacs_core.archive.storage import bucket

logger = logging.getLogger(__name__)

# Folders looked at for the files that were read least lately: a sample, as a whole tree of millions takes minutes.
SAMPLED_FOLDERS = 16
_DRAFT, ABANDONED_SECONDS = "fetched-", 3600


def fetch_into_cache(relative_path: str, target: Path) -> None:
    """Make the bucket's object the file `target`, whole or not at all. Raises what bucket.fetch raises."""
    make_room()
    settings.INCOMING_ROOT.mkdir(parents=True, exist_ok=True)
    draft = settings.INCOMING_ROOT / f"{_DRAFT}{uuid4().hex}"
    try:
        bucket.fetch(relative_path, draft)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def make_room() -> int:
    """Remove cached files until STORAGE_CACHE_FREE_BYTES are free; return how many were removed.

    One process at a time; the others go on, as there is room for a while when this begins. Only files that the bucket
    holds lie below the folders that are looked at.
    """
    missing = settings.STORAGE_CACHE_FREE_BYTES - shutil.disk_usage(settings.STORAGE_ROOT).free
    if missing <= 0:
        return 0
    with open(settings.STORAGE_ROOT / ".making-room", "wb") as lock:
        try:
            fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        _discard_leftover_drafts()
        return _remove_least_lately_read(missing)


def _discard_leftover_drafts() -> None:
    """Remove what killed processes had half fetched; one that is being fetched is written to all the time."""
    before = time.time() - ABANDONED_SECONDS
    for draft in settings.INCOMING_ROOT.glob(f"{_DRAFT}*"):
        with suppress(FileNotFoundError):
            if draft.stat().st_mtime < before:
                draft.unlink()


def _remove_least_lately_read(missing: int) -> int:
    removed = freed = 0
    for folders in _samples():
        for _read_at, size, path in sorted(_files_below(folders)):
            if freed >= missing:
                return removed
            with suppress(FileNotFoundError):
                path.unlink()
                removed, freed = removed + 1, freed + size
    if freed < missing:
        logger.warning("The cache is empty and %s bytes are still missing.", missing - freed)
    return removed


def _samples() -> Iterator[list[Path]]:
    """Yield the folders of studies in random order, some at a time."""
    folders = [
        path for hospital in settings.STORAGE_ROOT.glob("[0-9]*") for path in hospital.glob("??") if path.is_dir()
    ]
    random.shuffle(folders)
    for first in range(0, len(folders), SAMPLED_FOLDERS):
        yield folders[first : first + SAMPLED_FOLDERS]


def _files_below(folders: list[Path]) -> Iterator[tuple[float, int, Path]]:
    """Yield (seconds of the last reading, size, path)."""
    for folder in folders:
        for path in folder.rglob("*.dcm"):
            with suppress(FileNotFoundError):
                stat = path.stat()
                yield max(stat.st_atime, stat.st_mtime), stat.st_size, path
