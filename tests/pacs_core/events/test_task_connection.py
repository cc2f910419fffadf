"""The connection that the tasks of a process share, in a thread with a connection of its own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from celery.signals import task_prerun
from django.db import OperationalError, connection, connections

from pacs_core.celery import keep_the_database_connection


@pytest.fixture
def task_process(monkeypatch: pytest.MonkeyPatch, committed_db: None) -> Iterator[ThreadPoolExecutor]:
    settings = connections.settings["default"]
    for name in ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS"):
        monkeypatch.setitem(settings, name, settings[name])
    with ThreadPoolExecutor(1) as thread:
        thread.submit(keep_the_database_connection).result()
        yield thread
        thread.submit(lambda: connection.close()).result()  # the thread's own
    task_prerun.disconnect(dispatch_uid="meridian-connection")


def backend_of_a_task() -> int:
    task_prerun.send(sender=None)
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        return cursor.fetchone()[0]


def lose_the_backend() -> None:
    with suppress(OperationalError), connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(pg_backend_pid())")


def test_tasks_of_a_process_share_a_connection_until_it_is_lost(task_process: ThreadPoolExecutor) -> None:
    first, second = (task_process.submit(backend_of_a_task).result() for _ in range(2))
    assert first == second
    task_process.submit(lose_the_backend).result()
    assert task_process.submit(backend_of_a_task).result() != first
