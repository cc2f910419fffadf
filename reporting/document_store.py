"""The files of signed reports: written once, durable before a row names them, read only when their digest agrees."""

import hashlib
import os
import uuid
from pathlib import Path

from django.conf import settings

from pacs_core.archive.storage import bucket
from pacs_core.archive.storage.cache import fetch_into_cache
from reporting.errors import StoredBytesChanged

FOLDER = "reports"


def reports_root() -> Path:
    return settings.STORAGE_ROOT / FOLDER


def write_once(relative_path: str, content: bytes) -> bytes:
    """Store `content` unless the path holds bytes already; return what is stored.

    With a bucket, which every host writes to, it is the bucket that decides who came first.
    The file is synced before it gets its name, and its folder after, so a kill at any point leaves all or nothing.
    """
    if bucket.has_bucket() and not bucket.put_once(content, f"{FOLDER}/{relative_path}"):
        return _fetched(relative_path)
    path = reports_root() / relative_path
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return path.read_bytes()
    finally:
        draft.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        _sync_folder(folder)
    return content


def read_if_stored(relative_path: str) -> bytes | None:
    try:
        return (reports_root() / relative_path).read_bytes()
    except FileNotFoundError:
        pass
    try:
        return _fetched(relative_path) if bucket.has_bucket() else None
    except FileNotFoundError:
        return None


def _fetched(relative_path: str) -> bytes:
    path = reports_root() / relative_path
    fetch_into_cache(f"{FOLDER}/{relative_path}", path)
    return path.read_bytes()


def read_verified(relative_path: str, *, sha256: str) -> bytes:
    """Return the stored bytes; StoredBytesChanged when they are gone or not those that were signed."""
    content = read_if_stored(relative_path)
    if content is None or hashlib.sha256(content).hexdigest() != sha256:
        raise StoredBytesChanged(
            f"The stored file {relative_path} is {'missing' if content is None else 'not the one that was signed'}.\n"
            "Maybe restore it from the backup; its SHA-256 is in the report version."
        )
    return content


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
