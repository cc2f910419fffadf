"""Answers to events: people are told of rights that lapse, and no longer once they are renewed."""

from django.utils import timezone

from pacs_core.events.models import Event
from routing_rules.services import lapse_notices


def tell_of_lapse(event: Event) -> None:
    lapse_notices.tell_of_lapse(
        kind=event.payload["kind"],
        right_id=event.payload["right_id"],
        is_lapsed=event.payload["is_lapsed"],
        hospital_id=event.hospital_id,
        now=timezone.now(),
    )


def clear_renewed_lapses(event: Event) -> None:
    lapse_notices.clear_lapses(radiologist_id=event.payload["radiologist_id"], now=timezone.now())
