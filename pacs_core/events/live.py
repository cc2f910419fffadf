"""Hints for open browsers: an event's number and ids, never its content; the browser fetches through the page."""

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from pacs_core.events.models import Event

logger = logging.getLogger(__name__)


def hospital_group(hospital_id: int) -> str:
    return f"hospital.{hospital_id}"


def user_group(user_id: int) -> str:
    return f"user.{user_id}"


NETWORK_GROUP = "network"


def hint_of(event: Event) -> dict[str, object]:
    """Return the channel layer message for an event (under 4 kB: ids only)."""
    return {
        "type": "live.hint",
        "event": event.name,
        "number": event.number,
        "hospital_id": event.hospital_id,
        "ids": event.payload,
    }


def groups_of(event: Event) -> list[str]:
    place = NETWORK_GROUP if event.hospital_id is None else hospital_group(event.hospital_id)
    return [place, *(user_group(user_id) for user_id in event.payload.get("user_ids", ()))]


def send_hints(events: list[Event]) -> None:
    """Send hints to the groups; a layer that is away costs only time, as the browser sees the gap and refetches."""
    async_to_sync(_send_all)([(group, hint_of(event)) for event in events for group in groups_of(event)])


async def _send_all(messages: list[tuple[str, dict[str, object]]]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        for group, message in messages:
            await layer.group_send(group, message)
    except (OSError, ConnectionError) as error:
        logger.warning("Live hints not sent: %s", type(error).__name__)
