"""The bucket that holds every file of the archive when STORAGE_URL names one; STORAGE_ROOT is its cache then.

A file is in the bucket before success is answered for it, so any host can read what another one received.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.storage import storages
from django.core.signals import setting_changed
from django.dispatch import receiver

from pacs_core.archive.errors import FileNotAtHand, StorageUnavailable

# What a bucket answers for a key that it does not have, by operation.
_MISSING = ("404", "NoSuchKey", "NotFound")
# What it answers who wants to read or copy what lies in the archive class.
_ARCHIVED = ("InvalidObjectState", "ObjectNotInActiveTierError")
# Days that an object which was asked back from the archive class stays readable.
RESTORED_DAYS = 7


def has_bucket() -> bool:
    return "bucket" in settings.STORAGES


def has_archive_class() -> bool:
    return has_bucket() and bool(settings.STORAGE_ARCHIVE_CLASS)


def put(source: Path, relative_path: str) -> None:
    """Store the file under this key; raise StorageUnavailable when the bucket did not take it."""
    with _clear_errors():
        _client().upload_file(str(source), _name(), _key(relative_path))


def put_once(content: bytes, relative_path: str) -> bool:
    """Store small content unless the key has some already; return whether it was stored."""
    try:
        with _clear_errors():
            _client().put_object(Bucket=_name(), Key=_key(relative_path), Body=content, IfNoneMatch="*")
    except _Refused as error:
        if error.code in ("PreconditionFailed", "412", "ConditionalRequestConflict"):
            return False
        raise
    return True


def fetch(relative_path: str, target: Path) -> None:
    """Write the object to `target`.

    Raises FileNotFoundError without such a key, FileNotAtHand when it lies in the archive class (it is asked back
    then), StorageUnavailable when the bucket does not answer.
    """
    try:
        with _clear_errors():
            _client().download_file(_name(), _key(relative_path), str(target))
    except _Refused as error:
        if error.code in _MISSING:
            raise FileNotFoundError(relative_path) from error
        if error.code in _ARCHIVED:
            ask_back(relative_path)
            raise FileNotAtHand from error
        raise


def remove(relative_path: str) -> None:
    """Delete the object; one that is gone already is no error."""
    with _clear_errors():
        _client().delete_object(Bucket=_name(), Key=_key(relative_path))


def size_of(relative_path: str) -> int | None:
    """Return the object's size in bytes, None without such an object."""
    try:
        with _clear_errors():
            return int(_client().head_object(Bucket=_name(), Key=_key(relative_path))["ContentLength"])
    except _Refused as error:
        if error.code in _MISSING:
            return None
        raise


def move_to_archive_class(relative_path: str) -> None:
    """Change the object's storage class to the one that STORAGE_URL names as `archive_class`; twice is once."""
    name, key = _name(), _key(relative_path)
    try:
        with _clear_errors():
            _client().copy(
                {"Bucket": name, "Key": key},
                name,
                key,
                ExtraArgs={"StorageClass": settings.STORAGE_ARCHIVE_CLASS, "MetadataDirective": "COPY"},
            )
    except _Refused as error:
        if error.code not in _ARCHIVED:
            raise


def ask_back(relative_path: str) -> None:
    """Ask for a readable copy of an object in the archive class; asked before is no error."""
    request = {"Days": RESTORED_DAYS, "GlacierJobParameters": {"Tier": "Standard"}}
    try:
        with _clear_errors():
            _client().restore_object(Bucket=_name(), Key=_key(relative_path), RestoreRequest=request)
    except _Refused as error:
        if error.code != "RestoreAlreadyInProgress":
            raise


def check() -> None:
    """Raise StorageUnavailable unless the bucket answers and is ours to read."""
    with _clear_errors():
        _client().head_bucket(Bucket=_name())


class _Refused(StorageUnavailable):
    """The bucket answered with an error; `code` is S3's."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Turn what boto3 raises into our errors; S3's texts may quote keys, so only codes and class names are kept."""
    try:
        yield
    except ClientError as error:
        raise _Refused(str(error.response.get("Error", {}).get("Code", "unknown"))) from error
    except (BotoCoreError, Boto3Error) as error:
        cause = error.__context__ if isinstance(error, Boto3Error) else None
        if isinstance(cause, ClientError):
            raise _Refused(str(cause.response.get("Error", {}).get("Code", "unknown"))) from error
        raise StorageUnavailable(type(error).__name__) from error


@cache
def _client() -> Any:
    """One client for all threads, which may share it: making one takes a tenth of a second."""
    return storages["bucket"].connection.meta.client


def _name() -> str:
    return storages["bucket"].bucket_name


def _key(relative_path: str) -> str:
    location = storages["bucket"].location.strip("/")
    return f"{location}/{relative_path}" if location else relative_path


@receiver(setting_changed)
def _forget_client(*, setting: str, **_: object) -> None:
    if setting == "STORAGES":
        _client.cache_clear()
