"""Celery tasks of the event floor."""

from datetime import timedelta

from django.utils import timezone

from pacs_core.events import services
from pacs_core.events.durable_task import durable_task, periodic_task
from pacs_core.events.heartbeat import beat
from pacs_core.events.models import PeriodicRun


@durable_task
def deliver_events() -> None:
    while services.deliver_due_events() == services.BATCH:
        pass


@durable_task
def handle_event(receipt_id: int, hospital_id: int | None) -> None:
    services.run_event_handler(receipt_id, hospital_id)


@periodic_task(every_seconds=5)
def sweep_events() -> None:
    """Deliver what a lost message left behind."""
    services.deliver_due_events()
    services.enqueue_overdue_receipts()


@periodic_task(every_seconds=10)
def record_heartbeat() -> None:
    beat("worker")
    PeriodicRun.objects.filter(slot_at__lt=timezone.now() - timedelta(hours=1)).delete()


@durable_task
def first_heartbeat() -> None:
    beat("worker")
