"""What must work for the system to be ready; each check answers within seconds also when its subject is away."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from tempfile import TemporaryFile

import psycopg
from django.conf import settings
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError

from pacs_core.archive.errors import StorageUnavailable
from pacs_core.archive.storage import bucket

TIMEOUT_SECONDS = 2
# Beats come every 10 s; a minute without one is a dead or deaf process (celery/celery#10205).
BEAT_WITHIN = timedelta(seconds=60)


class NotReady(Exception):
    """The reason is for an operator: it names no host and no patient."""


def check_database() -> None:
    with _connect() as connection:
        connection.execute("select 1")


def check_broker() -> None:
    client = Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS, retry=None
    )
    try:
        client.ping()
    except RedisError as error:
        raise NotReady(f"Valkey does not answer ({type(error).__name__}).") from error
    finally:
        client.close()


def check_workers() -> None:
    """A worker is ready when one wrote its heartbeat lately: it was reached through the broker and did work."""
    _check_beat("worker", "worker")


def check_dicom_listener() -> None:
    """A listener beats while it takes connections."""
    _check_beat("dimse", "DICOM listener")


def check_hl7_listener() -> None:
    """One is needed where somebody sends HL7 messages."""
    with _connect() as connection:
        is_needed = connection.execute("select exists (select from network_hl7source)").fetchone()
    if is_needed and is_needed[0]:
        _check_beat("hl7", "HL7 listener")


def _check_beat(process: str, words: str) -> None:
    with _connect() as connection:
        beats = dict(connection.execute("select process, beat_at from events_heartbeat").fetchall())
    beat_at = beats.get(process)
    if beat_at is None:
        raise NotReady(f"No {words} has started yet.")
    silent = timezone.now() - beat_at
    if silent > BEAT_WITHIN:
        raise NotReady(f"No {words} has been heard of for {int(silent.total_seconds())} seconds.")


def check_storage() -> None:
    try:
        for folder in (settings.STORAGE_ROOT, settings.INCOMING_ROOT):
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder) as file:
                file.write(b"ready")
                file.flush()
        free = shutil.disk_usage(settings.STORAGE_ROOT).free
    except OSError as error:
        raise NotReady(f"The storage cannot be written ({error.strerror}).") from error
    if free < settings.STORAGE_RESERVE_BYTES:
        raise NotReady(f"{free} bytes are free, less than STORAGE_RESERVE_BYTES ({settings.STORAGE_RESERVE_BYTES}).")
    if bucket.has_bucket():
        try:
            bucket.check()
        except StorageUnavailable as error:
            raise NotReady(str(error)) from error


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "broker": check_broker,
    "workers": check_workers,
    "dicom_listener": check_dicom_listener,
    "hl7_listener": check_hl7_listener,
    "storage": check_storage,
}


def run_checks() -> dict[str, dict[str, bool | str]]:
    """Return {"database": {"ok": True}, "broker": {"ok": False, "reason": "..."}, ...}."""
    return {name: _result_of(check) for name, check in CHECKS.items()}


def _result_of(check: Callable[[], None]) -> dict[str, bool | str]:
    try:
        check()
    except NotReady as error:
        return {"ok": False, "reason": str(error)}
    return {"ok": True}


class _Connection:
    """A connection of its own: the pool would wait for a database that is away."""

    def __enter__(self) -> psycopg.Connection[tuple]:
        entry = settings.DATABASES["default"]
        try:
            self._connection = psycopg.connect(
                dbname=entry["NAME"],
                user=entry["USER"],
                password=entry["PASSWORD"] or None,
                host=entry["HOST"] or None,
                port=entry["PORT"] or None,
                connect_timeout=TIMEOUT_SECONDS,
                options=f"-c statement_timeout={TIMEOUT_SECONDS * 1000}",
                autocommit=True,
            )
        except psycopg.Error as error:
            raise NotReady(f"PostgreSQL does not answer ({type(error).__name__}).") from error
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        self._connection.close()
        if isinstance(error, psycopg.Error):
            raise NotReady(f"PostgreSQL answers with an error ({type(error).__name__}).") from error


def _connect() -> _Connection:
    return _Connection()
