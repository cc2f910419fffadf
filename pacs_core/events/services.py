"""Write events, deliver them, run their handlers."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.module_loading import import_string

from pacs_core import flow
from pacs_core.access.scopes import all_hospitals_scope, hospital_scope, open_scope
from pacs_core.events.errors import PermanentFailure, UnknownEvent
from pacs_core.events.live import send_hints
from pacs_core.events.models import Event, EventReceipt

logger = logging.getLogger(__name__)

DELIVERY_LOCK = 7_301_001
BATCH = 200
# A handler that has not answered by then is enqueued again: its message, its worker or the broker was lost.
ANSWER_WITHIN = timedelta(seconds=20)
ATTEMPTS = 12


def emit_event(
    name: str, *, hospital_id: int | None, due_at: datetime | None = None, **payload: int | str | bool | list[int]
) -> Event:
    """Write an event in the caller's transaction; it is delivered after commit, at least once."""
    if name not in flow.EVENT_HANDLERS:
        raise UnknownEvent(f"{name!r} is no event of flow.EVENT_HANDLERS.")
    event = Event.objects.create(name=name, hospital_id=hospital_id, payload=payload, due_at=due_at or timezone.now())
    transaction.on_commit(_nudge_delivery)
    return event


def emit_events(events: Iterable[Event]) -> None:
    """Write many events, made but not saved by the caller, as `emit_event` writes one; two statements for all."""
    events = list(events)
    for name in {event.name for event in events}:
        if name not in flow.EVENT_HANDLERS:
            raise UnknownEvent(f"{name!r} is no event of flow.EVENT_HANDLERS.")
    if events:
        Event.objects.bulk_create(events)
        transaction.on_commit(_nudge_delivery)


def deliver_due_events() -> int:
    """Number due events, write their receipts, then send hints and enqueue handlers; return how many."""
    with open_scope(all_hospitals_scope(process="events")):
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [DELIVERY_LOCK])
        now = timezone.now()
        events = list(Event.objects.filter(delivered_at__isnull=True, due_at__lte=now).order_by("pk")[:BATCH])
        if not events:
            return 0
        _number(events, now)
        receipts = EventReceipt.objects.bulk_create(
            EventReceipt(
                event=event, handler=handler, retry_at=now + ANSWER_WITHIN, hospital_id_of_event=event.hospital_id
            )
            for event in events
            for handler in flow.EVENT_HANDLERS.get(event.name, ())
        )
        transaction.on_commit(lambda: send_hints(events))
        transaction.on_commit(lambda: _enqueue(receipts))
    return len(events)


def run_event_handler(receipt_id: int, hospital_id: int | None) -> None:
    """Run one handler in its hospital's scope, in one transaction with its receipt; safe to call twice."""
    scope = (
        all_hospitals_scope(process="events")
        if hospital_id is None
        else hospital_scope(process="events", hospital_id=hospital_id)
    )
    try:
        with open_scope(scope):
            receipt = _take_receipt(receipt_id)
            if receipt is None:
                return
            import_string(receipt.handler)(receipt.event)
            EventReceipt.objects.filter(pk=receipt_id).update(done_at=timezone.now(), attempts=F("attempts") + 1)
    except Exception as error:
        logger.exception("Event receipt %s failed", receipt_id)
        _note_failure(receipt_id, error)


def enqueue_overdue_receipts() -> int:
    """Enqueue again the handlers that have not answered in time."""
    now = timezone.now()
    with transaction.atomic():
        overdue = list(
            EventReceipt.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(done_at__isnull=True, failed_at__isnull=True, retry_at__lte=now)
            .order_by("pk")[:BATCH]
        )
        EventReceipt.objects.filter(pk__in=[receipt.pk for receipt in overdue]).update(retry_at=now + ANSWER_WITHIN)
        transaction.on_commit(lambda: _enqueue(overdue))
    return len(overdue)


def _number(events: list[Event], now: datetime) -> None:
    hospitals = {event.hospital_id for event in events}
    last = dict(
        Event.objects.filter(hospital__in=[pk for pk in hospitals if pk is not None])
        .values_list("hospital")
        .annotate(Max("number"))
    )
    last[None] = Event.objects.filter(hospital__isnull=True).aggregate(last=Max("number"))["last"]
    for event in events:
        last[event.hospital_id] = event.number = (last.get(event.hospital_id) or 0) + 1
        event.delivered_at = now
    Event.objects.bulk_update(events, ["number", "delivered_at"])


def _take_receipt(receipt_id: int) -> EventReceipt | None:
    return (
        EventReceipt.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("event")
        .filter(pk=receipt_id, done_at__isnull=True, failed_at__isnull=True)
        .first()
    )


def _note_failure(receipt_id: int, error: Exception) -> None:
    """Keep the class of the error, not its text: texts may quote what a hospital sent."""
    receipt = EventReceipt.objects.filter(pk=receipt_id).first()
    if receipt is None:
        return
    attempts = receipt.attempts + 1
    given_up = isinstance(error, PermanentFailure) or attempts >= ATTEMPTS
    EventReceipt.objects.filter(pk=receipt_id).update(
        attempts=attempts,
        last_error=type(error).__name__,
        retry_at=timezone.now() + timedelta(seconds=min(2**attempts, 600)),
        failed_at=timezone.now() if given_up else None,
    )


def _nudge_delivery() -> None:
    from pacs_core.events.tasks import deliver_events

    deliver_events.enqueue()


def _enqueue(receipts: list[EventReceipt]) -> None:
    from pacs_core.events.tasks import handle_event

    for receipt in receipts:
        handle_event.enqueue(receipt.pk, receipt.hospital_id_of_event)
