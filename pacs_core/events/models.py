"""The outbox: what happened, what was told to whom, and who has answered."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Event(models.Model):
    """Something that happened, written in the transaction that did it; ids only, never patient data.

    `number` counts 1, 2, 3, ... within a hospital and is given at delivery, so readers see no gaps that fill later.
    """

    hospital = models.ForeignKey(settings.TENANT_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    number = models.BigIntegerField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("hospital", "number", name="event_number_once", nulls_distinct=True),
        ]
        indexes = [
            models.Index("due_at", name="event_undelivered", condition=models.Q(delivered_at__isnull=True)),
            models.Index("hospital", models.F("number").desc(), name="event_by_number"),
        ]


class EventReceipt(models.Model):
    """One handler's duty to answer one event; done once, retried with back-off until then."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="receipts")
    hospital_id_of_event = models.BigIntegerField(null=True)
    handler = models.CharField(max_length=120)
    done_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField()
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("event", "handler", name="event_handler_once")]
        indexes = [
            models.Index(
                "retry_at", name="receipt_open", condition=models.Q(done_at__isnull=True, failed_at__isnull=True)
            )
        ]


class PeriodicRun(models.Model):
    """A slot of a periodic task; taken once, however many beats run."""

    name = models.CharField(max_length=120)
    slot_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("name", "slot_at", name="periodic_slot_once")]


class Heartbeat(models.Model):
    """The last time a kind of process proved that it works, not only that it runs."""

    process = models.CharField(max_length=60, primary_key=True)
    beat_at = models.DateTimeField()
