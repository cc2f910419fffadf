"""The one decorator for Celery tasks: acknowledged late, run again when a worker is lost, enqueued on commit."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from celery import Task, shared_task  # noqa: TID251  the one place that may
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


class DurableTask(Task):
    """A task whose work is also a row: losing its message only costs time, since a sweep finds the row."""

    def enqueue(self, *arguments: Any) -> None:
        """Send the task now; a broker that is away is logged and left to the sweep."""
        try:
            self.apply_async(arguments, retry=False)
        except (OperationalError, ConnectionError, OSError):
            logger.warning("Broker away: %s is left to the sweep", self.name)

    def delay_on_commit(self, *arguments: Any) -> None:
        """Send the task once the running transaction has committed."""
        transaction.on_commit(lambda: self.enqueue(*arguments))


def durable_task(function: Callable[..., Any]) -> DurableTask:
    """Make an idempotent function that takes ids only a task."""
    return shared_task(
        base=DurableTask, acks_late=True, reject_on_worker_lost=True, ignore_result=True, name=_name(function)
    )(function)


def periodic_task(*, every_seconds: int) -> Callable[[Callable[[], Any]], DurableTask]:
    """Make a function a periodic task that takes its slot (name, time) first, so two beats give one run."""

    def decorate(function: Callable[[], Any]) -> DurableTask:
        def run() -> None:
            if _take_slot(_name(function), every_seconds):
                function()

        run.__name__, run.__module__, run.__doc__ = function.__name__, function.__module__, function.__doc__
        return durable_task(run)

    return decorate


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__name__}"


def _take_slot(name: str, every_seconds: int) -> bool:
    now = timezone.now().timestamp()
    slot_at = datetime.fromtimestamp(now - now % every_seconds, tz=UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into events_periodicrun (name, slot_at) values (%s, %s) on conflict do nothing", [name, slot_at]
        )
        return cursor.rowcount == 1
