"""How urgent an item is and until when it has to be signed."""

import pytest

from hospitals.models import Hospital
from tests.story import in_hospital, make_hospital, make_order, make_patient, make_study
from worklist.models import ServiceLevel
from worklist.services import open_worklist_item
from worklist.services.service_levels import agreed_minutes, agreements, more_urgent

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH")


@pytest.mark.parametrize(
    ("header", "order", "expected"),
    [
        ("routine", "stat", "stat"),
        ("stat", "routine", "stat"),
        ("urgent", "routine", "urgent"),
        ("", "urgent", "urgent"),
        ("whatever", "routine", "routine"),
    ],
)
def test_the_more_urgent_of_header_and_order_counts(header: str, order: str, expected: str) -> None:
    assert more_urgent(header, order) == expected


def test_item_takes_the_orders_urgency(north: Hospital) -> None:
    patient = make_patient(north)
    study = make_study(north, patient, priority="routine")
    make_order(north, patient, accession_number=study.accession_number, priority="urgent")
    with in_hospital(north):
        item = open_worklist_item(study_id=study.pk)
    assert (item.priority, item.priority_rank, item.service_level_minutes) == ("urgent", 1, 120)


def test_agreement_for_the_modality_comes_before_that_for_any(north: Hospital) -> None:
    def minutes(*modalities: str, priority: str = "routine") -> int:
        return agreed_minutes(agreements([north.pk]).get(north.pk, {}), priority, modalities)

    assert [minutes("CT", priority=priority) for priority in ("stat", "urgent", "routine")] == [30, 120, 1440]
    ServiceLevel.objects.create(hospital=north, priority="routine", minutes=600)
    ServiceLevel.objects.create(hospital=north, priority="routine", modality="MG", minutes=4320)
    ServiceLevel.objects.create(hospital=north, priority="routine", modality="PT", minutes=300)
    ServiceLevel.objects.create(hospital=make_hospital("SOUTH"), priority="stat", minutes=5)
    assert (minutes("CT"), minutes("MG"), minutes("CT", "PT"), minutes()) == (600, 4320, 300, 600)
    assert minutes("CT", priority="stat") == 30
