"""The small network that the journeys travel: two hospitals, their readers and referring physicians."""

from dataclasses import dataclass

from hospitals.models import Hospital, ReferringPhysicianIdentifier, User
from pacs_core.network.hl7.models import Hl7Source
from reporting.services.certificates import issue_signing_certificate
from routing_rules.demonstration import RULES
from routing_rules.services.rule_sets import publish_rule_set
from tests.story import make_hospital, make_node, make_radiologist, make_user, see_all
from worklist.models import ServiceLevel


@dataclass
class Network:
    north: Hospital
    south: Hospital
    ada: User
    body_reader: User
    referrer: User
    other_referrer: User
    south_reader: User


def make_network() -> Network:
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    make_node(north, "NORTH_CT"), make_node(south, "SOUTH_CT")
    for hospital in (north, south):
        Hl7Source.objects.create(hospital=hospital, sending_application="RIS", sending_facility=hospital.code)
    ServiceLevel.objects.create(hospital=north, priority="stat", minutes=30)
    network = Network(
        north=north,
        south=south,
        ada=make_radiologist(north, email="ada@example.org", name="Dr. Ada Roth", subspecialties=("neuro",)),
        body_reader=make_radiologist(north, email="david@example.org", name="Dr. David Lind", subspecialties=("body",)),
        referrer=make_user("referring_physician", north, email="anna@example.org", name="Dr. Anna Keller"),
        other_referrer=make_user("referring_physician", north, email="martin@example.org", name="Dr. Martin Vogt"),
        south_reader=make_radiologist(south, email="sol@example.org", name="Dr. Sol South"),
    )
    ReferringPhysicianIdentifier.objects.create(user=network.referrer, hospital=north, identifier="N1001")
    with see_all():
        publish_rule_set(rules=RULES)
        for reader in (network.ada, network.body_reader, network.south_reader):
            issue_signing_certificate(user=reader)
    return network
