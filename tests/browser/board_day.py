"""A hospital in the middle of its day, planned by the installation's own planner: what the board is looked at with."""

import random
from datetime import timedelta
from typing import Any

from django.utils import timezone

from hospitals.models import RadiologistProfile, ReadingPrivilege, User
from pacs_core.events.services import emit_event
from routing_rules.demonstration import RULES
from routing_rules.models import AssignmentDecision, EscalationPolicy
from routing_rules.selectors.rule_sets import rule_set_in_force
from routing_rules.services.rule_sets import publish_rule_set
from tests.flow.network import Network
from tests.installation import wait_for
from tests.routing_rules.board.arrange import demand, give_shift, make_reading, make_signed, make_waiting
from tests.story import make_radiologist, make_user, see_all
from worklist.models import Priority, WorklistItem

EVERYTHING = ("neuro", "body", "chest", "musculoskeletal")
PEOPLE = (
    ("Dr. Bruno Costa", ("neuro", "chest"), 4.5),
    ("Dr. Clara Nowak", EVERYTHING, 7),
    ("Dr. Farid Amin", ("musculoskeletal",), 5),
    ("Dr. Henry Oduya", ("chest",), 1.2),
    ("Dr. Keiko Mori", ("neuro", "body"), 3),
)
READ_TWICE = (
    {
        "name": "Abdomen by two",
        "when": {
            "all": [
                {"fact": "body_part", "operator": "equals", "value": "ABDOMEN"},
                {"fact": "priority", "operator": "equals", "value": "routine"},
            ]
        },
        "then": {"reading": "double"},
    },
)
CASES = (
    ("MÜLLER^JAN", "CT head without contrast", "HEAD", "stat", 18, 9),
    ("NIELSEN^MARTA", "CT head angiography", "HEAD", "urgent", 40, 14),
    ("OKAFOR^GRACE", "CT chest with contrast", "CHEST", "urgent", 65, 11),
    ("SILVA^RUI", "CT abdomen and pelvis", "ABDOMEN", "urgent", 25, 12),
    ("ROSSI^CARLA", "CT knee left", "KNEE", "routine", 400, 7),
    ("BRANDT^OTTO", "CT head without contrast", "HEAD", "routine", 700, 8),
    ("KOWALSKI^EWA", "CT abdomen and pelvis", "ABDOMEN", "routine", 900, 12),
    ("HANSEN^LIV", "CT chest", "CHEST", "routine", 320, 9),
    ("PETIT^LUC", "CT wrist right", "WRIST", "routine", 60, 6),
)
# Two of the knees, by their numbers.
READ_BY_RESIDENT = (13, 22)


def begin_day(network: Network) -> User:
    """Return a coordinator; nobody is alerted, so that what is there does not change while it is looked at."""
    north = network.north
    EscalationPolicy.objects.bulk_create(
        EscalationPolicy(
            priority=priority,
            remind_reader_at=None,
            widen_pool_at=None,
            alert_coordinator_at=None,
            call_on_call_at=None,
        )
        for priority in Priority.values
    )
    with see_all():
        publish_rule_set(rules=[*READ_TWICE, *RULES])
    readers = [network.ada, network.body_reader]
    for name, special, until in PEOPLE:
        reader = make_radiologist(north, name=name, subspecialties=special, on_shift=False, time_zone="Europe/Lisbon")
        give_shift(reader, starts=-3, ends=until)
        readers.append(reader)
    rita = make_radiologist(
        north, name="Dr. Rita Young", subspecialties=("musculoskeletal",), on_shift=False, time_zone="Europe/Lisbon"
    )
    RadiologistProfile.objects.filter(user=rita).update(is_resident=True)
    give_shift(rita, starts=-3, ends=5)
    night = make_radiologist(north, name="Dr. Nils Berg", subspecialties=EVERYTHING, on_shift=False)
    give_shift(night, starts=8, ends=16)
    called = make_radiologist(north, name="Dr. Paula Vieira", subspecialties=EVERYTHING, on_shift=False)
    give_shift(called, starts=-2, ends=6, is_on_call=True)
    barred = make_radiologist(north, name="Dr. Quirin Abel", subspecialties=EVERYTHING)
    ReadingPrivilege.objects.filter(radiologist=barred).update(modality="MR")
    _fill(network, readers, rita)
    _expect_more_than_there_is_time_for(network)
    coordinator = make_user(
        "coordinator", north, network.south, email="olga@example.org", name="Olga Hansen", time_zone="Europe/Berlin"
    )
    with see_all():
        emit_event("PlanAsked", hospital_id=None)
        wanted = WorklistItem.objects.filter(status__in=("unassigned", "assigned")).count()
    wait_for(lambda: _planned() >= wanted, seconds=60, what="a plan")
    return coordinator


def _fill(network: Network, readers: list[User], resident: User) -> None:
    chance = random.Random(7)
    with see_all():
        rule_set = rule_set_in_force()
    for number, (name, examination, part, priority, due, minutes) in enumerate(CASES * 5):
        item = make_waiting(
            network.north,
            name=name if number < len(CASES) else f"{name}{number}",
            examination=examination,
            priority=priority,
            due=due + 23 * (number // len(CASES)),
            minutes=minutes,
            **(_read_by(resident) if number in READ_BY_RESIDENT else {}),
        )
        with see_all():
            type(item.order).objects.filter(pk=item.order_id).update(body_part=part)
    for reader in readers[:5]:
        make_reading(network.north, reader, since=chance.uniform(1, 14), due=300, minutes=9)
    for number in range(30):
        signed = make_signed(network.north, readers[number % 6], minutes_ago=chance.uniform(5, 110))
        demand(signed, rule_set, relative_value=chance.uniform(0.4, 1.9))
    for day in range(1, 8):
        for hour in range(8):
            at = timezone.now() - timedelta(days=day, hours=hour)
            make_waiting(network.north, status="cancelled" if hour == 3 else "signed", opened_at=at, signed_at=at)


def _expect_more_than_there_is_time_for(network: Network) -> None:
    """Let the last days have brought so much in the fifth and sixth hour from now that the rota falls short."""
    for day in range(1, 8):
        for hours in (19, 20, 20):
            at = timezone.now() - timedelta(days=day, hours=hours)
            make_waiting(network.north, status="signed", opened_at=at, signed_at=at, minutes=420)


def _read_by(resident: User) -> dict[str, Any]:
    finished_at = timezone.now() - timedelta(minutes=20)
    stage = {"reading_mode": "two_tier", "reading_stage": 2}
    return stage | {"first_reader": resident, "first_finished_at": finished_at}


def _planned() -> int:
    with see_all():
        return AssignmentDecision.objects.values("worklist_item").distinct().count()
