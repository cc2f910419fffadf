"""Heartbeats as rows: a process is healthy when it did work lately, not when it exists."""

from typing import Any

from celery.signals import worker_ready
from django.utils import timezone

from pacs_core.events.models import Heartbeat


def beat(process: str) -> None:
    """Note that `process` works now."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(process=process, beat_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["process"],
        update_fields=["beat_at"],
    )


@worker_ready.connect(dispatch_uid="meridian-first-beat")
def beat_at_start(**_: Any) -> None:
    """Enqueue the first beat at once, so that /readyz need not wait for a slot."""
    from pacs_core.events.tasks import first_heartbeat

    first_heartbeat.enqueue()
