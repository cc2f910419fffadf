"""Answers to events: a study goes to nodes when it is complete and the rules ask for it, whichever comes last."""

from pacs_core.events.models import Event
from routing_rules.services import forwarding


def send_as_rules_ask(event: Event) -> None:
    forwarding.send_as_rules_ask(study_id=event.payload["study_id"])
