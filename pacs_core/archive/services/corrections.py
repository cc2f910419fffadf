"""Coerced attributes (PS3.3 C.12.1.1.9): where rows and stored files differ, what leaves says what the rows say.

Stored files are never touched. What leaves uncorrected studies is the stored file itself; a corrected study's files go
out through copies, written when they are first asked for and dropped when nobody asks any more.
"""

import hashlib
import json
import os
import time
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from pacs_core.archive.files import file_at_hand, stored_path
from pacs_core.archive.models import Study
from pacs_core.archive.spool import refuse_when_storage_is_full
from pacs_core.standards.dicom.coercion import Corrections, write_corrected

_FOLDER = "corrected"
# How long a copy stays that nobody asks for.
UNUSED_SECONDS = 24 * 3600


def correct_studies(studies: QuerySet[Study]) -> None:
    """Let what leaves these studies read as their rows do from now on, in the caller's transaction."""
    studies.update(corrected_at=timezone.now())


def leaving_file(file_path: str, corrections: Corrections | None) -> Path:
    """Return the file to send for a row's `file_path`: the stored one, or a copy with these corrections.

    Raises StorageFull, what file_at_hand raises, or a DicomError when the stored file cannot be followed.
    """
    stored = file_at_hand(file_path)
    if corrections is None:
        return stored
    copy = _copy_path(file_path, corrections)
    try:
        os.utime(copy)
        return copy
    except FileNotFoundError:
        return copy if _write_copy(stored, copy, corrections) else stored


def _copy_path(file_path: str, corrections: Corrections) -> Path:
    wanted = json.dumps([file_path, corrections.modified_at, sorted(corrections.attributes.items())])
    hospital, _, _ = file_path.partition("/")
    return stored_path(f"{hospital}/{_FOLDER}/{hashlib.sha256(wanted.encode()).hexdigest()[:40]}.dcm")


def _write_copy(stored: Path, copy: Path, corrections: Corrections) -> bool:
    """Write the copy whole before it has its name; two processes at once write the same."""
    refuse_when_storage_is_full()
    copy.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=copy.parent, prefix="writing-", delete=False) as part:
        try:
            is_needed = write_corrected(stored, part, corrections)
            part.flush()
            os.fsync(part.fileno())  # a power cut leaves no torn copy under the name that is looked up
        except BaseException:
            os.unlink(part.name)
            raise
    if is_needed:
        os.replace(part.name, copy)
    else:
        os.unlink(part.name)
    return is_needed


def discard_unused_copies() -> int:
    """Remove copies that nobody asked for lately; return how many. The stored files stay."""
    before = time.time() - UNUSED_SECONDS
    unused = [
        path
        for path in settings.STORAGE_ROOT.glob(f"*/{_FOLDER}/*")
        if path.is_file() and path.stat().st_mtime < before
    ]
    for path in unused:
        path.unlink(missing_ok=True)
    return len(unused)
