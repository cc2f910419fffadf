"""Answers to events: nodes that ask for it are told once a study is complete, and of late images."""

from pacs_core.events.models import Event
from pacs_core.network.availability.services import request_notices


def tell_of_study(event: Event) -> None:
    request_notices(study_id=event.payload["study_id"])
