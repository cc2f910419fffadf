"""What images, signatures and performed steps say about an order's examination."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hospitals.models import Hospital
from pacs_core.archive.models import Study
from tests.story import in_hospital, make_hospital, make_order, make_patient, make_study
from worklist.models import Order
from worklist.services import cancel_order, open_worklist_item, place_order
from worklist.services.opening import apply_order, note_study_complete
from worklist.services.orders import OrderDetails, OrderedPatient

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH")


def ordered(hospital: Hospital, **fields: object) -> tuple[Order, Study]:
    patient = make_patient(hospital)
    order = make_order(hospital, patient, **fields)
    return order, make_study(hospital, patient, accession_number=order.accession_number)


def complete(hospital: Hospital, study: Study) -> None:
    with in_hospital(hospital):
        Study.objects.filter(pk=study.pk).update(completed_at=timezone.now())
        note_study_complete(study_id=study.pk)


def status_of(hospital: Hospital, order: Order) -> str:
    with in_hospital(hospital):
        return Order.objects.get(pk=order.pk).status


def test_an_order_whose_images_are_complete_is_examined(north: Hospital) -> None:
    order, study = ordered(north)
    with in_hospital(north):
        open_worklist_item(study_id=study.pk)
    assert status_of(north, order) == "ordered"
    complete(north, study)
    assert status_of(north, order) == "performed"


def test_an_order_that_comes_after_its_images_is_examined(north: Hospital) -> None:
    patient = make_patient(north)
    study = make_study(north, patient, accession_number="A1", completed_at=timezone.now())
    with in_hospital(north):
        open_worklist_item(study_id=study.pk)
    order = make_order(north, patient, accession_number="A1")
    with in_hospital(north):
        apply_order(order_id=order.pk)
    assert status_of(north, order) == "performed"


def test_complete_images_end_no_examination_whose_steps_are_reported(north: Hospital) -> None:
    order, study = ordered(north, status="in_progress")
    complete(north, study)
    assert status_of(north, order) == "in_progress"


def test_an_order_placed_again_after_it_was_discontinued_waits_again(north: Hospital) -> None:
    order, study = ordered(north, status="discontinued")
    complete(north, study)
    place(north, order)
    with in_hospital(north):
        apply_order(order_id=order.pk, has_changed=True)
    assert status_of(north, order) == "ordered"


def test_an_examined_order_placed_again_stays_examined_and_a_cancellation_cancels_it(north: Hospital) -> None:
    order, _ = ordered(north, status="performed")
    place(north, order)
    assert status_of(north, order) == "performed"
    place(north, order, service=cancel_order)
    assert status_of(north, order) == "cancelled"


def test_the_study_uid_is_given_once_and_only_the_ris_names_another(north: Hospital) -> None:
    patient = make_patient(north)
    order = make_order(north, patient, accession_number="A1", study_instance_uid="")
    first = place(north, order).study_instance_uid
    assert first.startswith("2.25.")
    assert place(north, order, reason_for_study="Fall").study_instance_uid == first
    assert place(north, order, study_instance_uid="1.2.3").study_instance_uid == "1.2.3"
    assert place(north, order).study_instance_uid == "1.2.3"


def place(hospital: Hospital, order: Order, *, service=place_order, **fields: object) -> Order:
    with in_hospital(hospital):
        return service(
            hospital_id=hospital.pk,
            patient=OrderedPatient(patient_id=order.patient.patient_id, issuer=order.patient.issuer_of_patient_id),
            details=OrderDetails(
                accession_number=order.accession_number,
                issuer_of_accession_number=order.issuer_of_accession_number,
                **fields,
            ),
            message_at=timezone.now() + timedelta(minutes=1),
        )
