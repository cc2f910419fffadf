"""How urgent an item is and until when it has to be signed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pacs_core.archive.models import Study
from pacs_core.network.nodes.selectors import received_for_reading_at
from worklist.modalities import reading_modalities
from worklist.models import Order, Priority, ServiceLevel

# Minutes where a hospital has agreed on nothing else.
DEFAULT_MINUTES: dict[str, int] = {Priority.STAT: 30, Priority.URGENT: 120, Priority.ROUTINE: 1440}
PRIORITY_RANK: dict[str, int] = {Priority.STAT: 0, Priority.URGENT: 1, Priority.ROUTINE: 2}


@dataclass(frozen=True)
class Urgency:
    """What an item takes from its study, its order and its hospital's agreement."""

    priority: str
    priority_rank: int
    service_level_minutes: int
    deadline_at: datetime


def urgency_of(study: Study, order: Order | None) -> Urgency:
    """Take the more urgent of header and order; the clock starts with the first image received for reading.

    For a prior that is to be read after all it starts with the order.
    """
    priority = more_urgent(study.priority, order.priority if order else Priority.ROUTINE)
    modalities = reading_modalities(study.modalities, ordered=order.modality if order else "")
    minutes = service_level_minutes(hospital_id=study.hospital_id, priority=priority, modalities=modalities)
    starts_at = received_for_reading_at(study) or (order.created_at if order else study.first_received_at)
    return Urgency(priority, PRIORITY_RANK[priority], minutes, starts_at + timedelta(minutes=minutes))


def more_urgent(first: str, second: str) -> str:
    """Return the more urgent of two priorities; an unknown word counts as routine."""
    return min((first, second, Priority.ROUTINE.value), key=lambda priority: PRIORITY_RANK.get(priority, 3))


def service_level_minutes(*, hospital_id: int, priority: str, modalities: tuple[str, ...]) -> int:
    """Return the agreed minutes: the shortest of the modalities' own rows, else the row for any, else the default."""
    agreed = dict(
        ServiceLevel.objects.filter(
            hospital_id=hospital_id, priority=priority, modality__in=(*modalities, "")
        ).values_list("modality", "minutes")
    )
    own = [agreed[modality] for modality in modalities if modality in agreed]
    return min(own) if own else agreed.get("", DEFAULT_MINUTES[priority])
