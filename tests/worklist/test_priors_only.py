"""Studies that only nodes for priors sent: in nobody's list until a scanner or an order asks for them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hospitals.models import Hospital
from pacs_core.archive.models import Patient, ReceivedInstance, Study
from tests.story import (
    as_user,
    in_hospital,
    make_hospital,
    make_item,
    make_node,
    make_order,
    make_patient,
    make_radiologist,
    make_study,
)
from worklist.models import WorklistItem
from worklist.selectors.priors import prior_studies
from worklist.services.opening import apply_order, note_study_complete, note_study_growth, open_worklist_item

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


@pytest.fixture
def north() -> Hospital:
    hospital = make_hospital("NORTH")
    make_node(hospital, "NORTH_CT")
    make_node(hospital, "NORTH_PACS", sends_priors=True)
    return hospital


@pytest.fixture
def jane(north: Hospital) -> Patient:
    return make_patient(north)


def received(hospital: Hospital, study: Study, ae_title: str, **fields: Any) -> ReceivedInstance:
    values = {
        "source": "dimse",
        "calling_ae_title": ae_title,
        "study_instance_uid": study.study_instance_uid,
        "sop_instance_uid": f"{study.study_instance_uid}.9",
        "file_path": "absent",
        "size_bytes": 1,
        "sha256": "0" * 64,
        "outcome": "indexed",
    }
    with in_hospital(hospital):
        return ReceivedInstance.objects.create(hospital=hospital, **(values | fields))


def old_study(hospital: Hospital, patient: Patient, ae_title: str = "NORTH_PACS") -> Study:
    study = make_study(hospital, patient, study_at=timezone.now() - 2 * YEAR)
    received(hospital, study, ae_title)
    return study


def items_after_images(hospital: Hospital, study: Study) -> int:
    """Let everything happen that a study's images make happen; return how many items there are."""
    with in_hospital(hospital):
        open_worklist_item(study_id=study.pk)
        note_study_growth(study_id=study.pk)
        note_study_complete(study_id=study.pk)
        return WorklistItem.objects.filter(study=study).count()


def test_study_of_a_node_for_priors_waits_for_nobody_but_is_shown(north: Hospital, jane: Patient) -> None:
    prior = old_study(north, jane)
    assert items_after_images(north, prior) == 0
    ada, item = make_radiologist(north), make_item(north, make_study(north, jane))
    with as_user(ada):
        assert prior_studies(worklist_item_id=item.pk, user=ada) == [prior]


@pytest.mark.parametrize("ae_title", ["NORTH_CT", "", "NOBODYS"])
def test_study_of_any_other_sender_opens(north: Hospital, jane: Patient, ae_title: str) -> None:
    """The twin: the same study from a scanner, by STOW, from a node that was removed."""
    assert items_after_images(north, old_study(north, jane, ae_title)) == 1


def test_study_without_receipts_and_another_hospitals_node_open(north: Hospital, jane: Patient) -> None:
    make_node(make_hospital("SOUTH"), "SOUTH_PACS", sends_priors=True)
    assert items_after_images(north, make_study(north, jane)) == 1
    assert items_after_images(north, old_study(north, jane, "SOUTH_PACS")) == 1


@pytest.mark.parametrize("outcome", ["pending", "indexed", "duplicate"])
def test_one_instance_of_a_scanner_opens_it(north: Hospital, jane: Patient, outcome: str) -> None:
    prior = old_study(north, jane)
    assert items_after_images(north, prior) == 0
    now = timezone.now()
    received(north, prior, "NORTH_CT", outcome=outcome, received_at=now)
    with in_hospital(north):
        note_study_growth(study_id=prior.pk, late_images=1)
        item = WorklistItem.objects.get(study=prior)
    assert item.late_images == 0
    assert item.deadline_at == now + timedelta(minutes=item.service_level_minutes)


@pytest.mark.parametrize("by", ["accession_number", "study_instance_uid"])
def test_order_that_names_it_opens_it(north: Hospital, jane: Patient, by: str) -> None:
    prior = old_study(north, jane)
    with in_hospital(north):
        Study.objects.filter(pk=prior.pk).update(first_received_at=timezone.now() - YEAR)
    assert items_after_images(north, prior) == 0
    order = make_order(north, jane, **{by: getattr(prior, by)})
    with in_hospital(north):
        assert len(apply_order(order_id=order.pk)) == 1
        apply_order(order_id=order.pk, has_changed=True)
        item = WorklistItem.objects.get(study=prior)
    assert (item.order_id, item.reconciliation_reason) == (order.pk, "")
    assert item.deadline_at == order.created_at + timedelta(minutes=item.service_level_minutes)


def test_order_that_came_before_opens_it_a_cancelled_one_does_not(north: Hospital, jane: Patient) -> None:
    ordered, cancelled = old_study(north, jane), old_study(north, jane)
    make_order(north, jane, accession_number=ordered.accession_number)
    order = make_order(north, jane, accession_number=cancelled.accession_number, status="cancelled")
    assert items_after_images(north, ordered) == 1
    assert items_after_images(north, cancelled) == 0
    with in_hospital(north):
        assert apply_order(order_id=order.pk, has_changed=True) == []


def test_order_for_another_patient_opens_it_for_a_person_to_look(north: Hospital, jane: Patient) -> None:
    prior = old_study(north, jane)
    make_order(north, make_patient(north), accession_number=prior.accession_number)
    assert items_after_images(north, prior) == 1
    with in_hospital(north):
        assert WorklistItem.objects.get().reconciliation_reason == "patient_differs"


def test_order_leaves_other_priors_of_the_patient_alone(north: Hospital, jane: Patient) -> None:
    prior = old_study(north, jane)
    order = make_order(north, jane)
    with in_hospital(north):
        assert apply_order(order_id=order.pk) == []
    assert items_after_images(north, prior) == 0
