"""Answers to events: people are told of rights that lapse and of what was decided on the rota, while it is true."""

from django.utils import timezone

from pacs_core.events.models import Event
from routing_rules.services import lapse_notices, rota_notices


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


def tell_of_decided_swap(event: Event) -> None:
    rota_notices.tell_of_decided_swap(swap_id=event.payload["swap_id"], now=timezone.now())


def tell_of_decided_time_off(event: Event) -> None:
    rota_notices.tell_of_decided_time_off(time_off_id=event.payload["time_off_id"], now=timezone.now())


def clear_outdated_decisions(event: Event) -> None:
    rota_notices.clear_outdated_decisions(radiologist_ids=event.payload["radiologist_ids"], now=timezone.now())
