"""How urgent an item is and until when it has to be signed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pacs_core.archive.models import Study
from pacs_core.network.nodes.selectors import received_for_reading_at
from worklist.modalities import reading_modalities
from worklist.models import Order, Priority, ServiceLevel, WorklistItem

# Minutes where a hospital has agreed on nothing else.
DEFAULT_MINUTES: dict[str, int] = {Priority.STAT: 30, Priority.URGENT: 120, Priority.ROUTINE: 1440}
PRIORITY_RANK: dict[str, int] = {Priority.STAT: 0, Priority.URGENT: 1, Priority.ROUTINE: 2}
# A hospital's agreed minutes by (priority, modality), "" for any modality.
Agreement = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Urgency:
    """What an item takes from its study, its order, its hospital's agreement and the rules."""

    priority: str
    priority_rank: int
    service_level_minutes: int
    deadline_at: datetime


@dataclass(frozen=True)
class RuledUrgency:
    """What the rules ask of an item's urgency: names as in WorklistItem; nothing by default."""

    raised_priority: str = ""
    ruled_service_level_minutes: int | None = None
    ruled_service_level_factor: float = 1.0


UNRULED = RuledUrgency()


def ruled_urgency_of(item: WorklistItem) -> RuledUrgency:
    return RuledUrgency(item.raised_priority, item.ruled_service_level_minutes, item.ruled_service_level_factor)


def urgency_of(study: Study, order: Order | None, ruled: RuledUrgency = UNRULED) -> Urgency:
    """Take the more urgent of header, order and rules; the clock starts with the first image received for reading.

    For a prior that is to be read after all it starts with the order.
    """
    agreement = agreements([study.hospital_id]).get(study.hospital_id, {})
    starts_at = received_for_reading_at(study) or (order.created_at if order else study.first_received_at)
    return urgency_under(agreement, study, order, ruled, starts_at=starts_at)


def urgency_under(
    agreement: Agreement, study: Study, order: Order | None, ruled: RuledUrgency, *, starts_at: datetime
) -> Urgency:
    """Work the urgency out for a clock that started at `starts_at`; no query.

    Rules set or change the minutes that go with the priority in force, which they may have raised.
    """
    priority = more_urgent(asked_priority(study, order), ruled.raised_priority)
    modalities = reading_modalities(study.modalities, ordered=order.modality if order else "")
    minutes = ruled.ruled_service_level_minutes or agreed_minutes(agreement, priority, modalities)
    minutes = max(1, round(minutes * ruled.ruled_service_level_factor))
    return Urgency(priority, PRIORITY_RANK[priority], minutes, starts_at + timedelta(minutes=minutes))


def asked_priority(study: Study, order: Order | None) -> str:
    """Return the priority as the hospital asked, before any rule."""
    return more_urgent(study.priority, order.priority if order else Priority.ROUTINE)


def more_urgent(first: str, second: str) -> str:
    """Return the more urgent of two priorities; an unknown word counts as routine."""
    return min((first, second, Priority.ROUTINE.value), key=lambda priority: PRIORITY_RANK.get(priority, 3))


def agreements(hospital_ids: Iterable[int]) -> dict[int, Agreement]:
    """Return the hospitals' agreed minutes, in one query."""
    found: dict[int, dict[tuple[str, str], int]] = {}
    rows = ServiceLevel.objects.filter(hospital_id__in=list(hospital_ids))
    for hospital_id, priority, modality, minutes in rows.values_list("hospital_id", "priority", "modality", "minutes"):
        found.setdefault(hospital_id, {})[priority, modality] = minutes
    return dict(found)


def agreed_minutes(agreement: Agreement, priority: str, modalities: tuple[str, ...]) -> int:
    """Return the agreed minutes: the shortest of the modalities' own rows, else the row for any, else the default."""
    own = [agreement[priority, modality] for modality in modalities if (priority, modality) in agreement]
    return min(own) if own else agreement.get((priority, ""), DEFAULT_MINUTES[priority])
