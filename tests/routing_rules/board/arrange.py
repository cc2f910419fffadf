"""A network in the middle of a shift for the tests of the board: readers here and away, items in every state."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from hospitals.models import Hospital, ReadingPrivilege, Shift, User
from routing_rules.demonstration import RULES
from routing_rules.models import AssignmentDecision, ItemDemand, RuleSet
from routing_rules.services.rule_sets import publish_rule_set
from tests.story import (
    in_hospital,
    make_hospital,
    make_item,
    make_order,
    make_radiologist,
    make_study,
    make_user,
    see_all,
)
from worklist.models import WorklistItem

RANKS = {"stat": 0, "urgent": 1, "routine": 2}


def give_shift(reader: User, *, starts: float, ends: float, now: datetime | None = None, **fields: Any) -> Shift:
    """A shift by hours from now."""
    now = now or timezone.now()
    return Shift.objects.create(
        radiologist=reader, starts_at=now + timedelta(hours=starts), ends_at=now + timedelta(hours=ends), **fields
    )


def make_waiting(
    hospital: Hospital,
    *,
    holder: User | None = None,
    priority: str = "routine",
    due: float = 600,
    minutes: float = 10,
    name: str = "",
    examination: str = "CT head without contrast",
    **fields: Any,
) -> WorklistItem:
    """An item due in so many minutes, on the holder's list when there is one."""
    order = make_order(hospital, procedure_description=examination, priority=priority)
    if name:
        with in_hospital(hospital):
            order.patient.name = name
            order.patient.save(update_fields=["name"])
    values: dict[str, Any] = {
        "priority": priority,
        "priority_rank": RANKS[priority],
        "service_level_minutes": {"stat": 30, "urgent": 120, "routine": 1440}[priority],
        "deadline_at": timezone.now() + timedelta(minutes=due),
        "expected_minutes": minutes,
        "status": "assigned" if holder else "unassigned",
        "assigned_to": holder,
    }
    study = make_study(hospital, order.patient, accession_number=order.accession_number)
    return make_item(hospital, study, order, **(values | fields))


def make_reading(hospital: Hospital, reader: User, *, since: float, **fields: Any) -> WorklistItem:
    """An item that the reader opened so many minutes ago."""
    opened = {"status": "reading", "claimed_by": reader, "claimed_at": timezone.now() - timedelta(minutes=since)}
    return make_waiting(hospital, holder=reader, **(opened | fields))


def make_signed(hospital: Hospital, reader: User, *, minutes_ago: float, **fields: Any) -> WorklistItem:
    signed = {"status": "signed", "claimed_by": reader, "signed_at": timezone.now() - timedelta(minutes=minutes_ago)}
    return make_waiting(hospital, holder=reader, **(signed | fields))


def demand(item: WorklistItem, rule_set: RuleSet, *, relative_value: float = 1.0, **values: Any) -> ItemDemand:
    """What rules ask for the item."""
    with in_hospital(item.hospital):
        return ItemDemand.objects.create(
            hospital=item.hospital,
            worklist_item=item,
            rule_set=rule_set,
            facts={},
            demand=values,
            relative_value=relative_value,
            item_version=item.version,
        )


def decide(
    item: WorklistItem, rule_set: RuleSet, chosen: User | None, candidates: list[dict[str, Any]]
) -> AssignmentDecision:
    """A stored decision with these candidates, the best first."""
    with in_hospital(item.hospital):
        return AssignmentDecision.objects.create(
            hospital=item.hospital,
            worklist_item=item,
            rule_set=rule_set,
            facts={},
            chosen=chosen,
            decision={
                "reader_id": chosen.pk if chosen else None,
                "summary": f"{chosen.name}, next on the list: best of 2 who may take it"
                if chosen
                else "Nobody may take it now",
                "place": 1,
                "required_subspecialty": "",
                "matched_rules": ["Everything else"],
                "candidates": candidates,
            },
        )


def candidate(reader: User, reason: str, *, is_eligible: bool = True, **parts: float) -> dict[str, Any]:
    return {
        "reader_id": reader.pk,
        "name": reader.name,
        "is_eligible": is_eligible,
        "reason": reason,
        "score": sum(parts.values()) if is_eligible else None,
        "parts": parts if is_eligible else None,
        "starts_in": 0.0,
        "finishes_in": 10.0,
        "open_minutes": 0.0,
        "open_items": 0,
    }


@dataclass
class Board:
    """NORTH in the middle of a shift: Ada and Ben read, Cleo comes in three hours, Dan lacks the privilege."""

    north: Hospital = field(default_factory=lambda: make_hospital("NORTH"))

    def __post_init__(self) -> None:
        self.south = make_hospital("SOUTH")
        self.coordinator = make_user(
            "coordinator", self.north, email="olga@example.org", name="Olga Hansen", time_zone="Europe/Berlin"
        )
        self.ada = make_radiologist(self.north, self.south, email="ada@example.org", name="Dr. Ada Roth")
        self.ben = make_radiologist(self.north, name="Dr. Ben Aalto")
        self.cleo = make_radiologist(self.north, name="Dr. Cleo Marsh", on_shift=False)
        give_shift(self.cleo, starts=3, ends=11)
        self.dan = make_radiologist(self.north, name="Dr. Dan Ortiz")
        ReadingPrivilege.objects.filter(radiologist=self.dan).update(modality="MR")
        with see_all():
            self.rule_set = publish_rule_set(rules=RULES)
