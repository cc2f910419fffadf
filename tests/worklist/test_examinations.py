"""What images, signatures and performed steps say about an order's examination."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hospitals.models import Hospital
from pacs_core.archive.models import Study
from pacs_core.archive.services.performed_steps import begin_performed_step, change_performed_step
from tests.pacs_core.archive.performed_steps import begun, ended, item
from tests.story import in_hospital, make_hospital, make_item, make_order, make_patient, make_study
from worklist.models import Order
from worklist.services import cancel_order, open_worklist_item, place_order
from worklist.services.examinations import follow_performed_step, follow_steps_of_order
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


def step(hospital: Hospital, order: Order, *, has_ended: bool = False, uid: str = "2.25.1", **said: object) -> None:
    """A scanner's step that names the order by study UID or, without one, by accession number."""
    named = item(StudyInstanceUID=order.study_instance_uid or "2.25.77", AccessionNumber=order.accession_number)
    attributes = begun(order, **({"ScheduledStepAttributesSequence": [named]} | said))
    with in_hospital(hospital):
        kept = begin_performed_step(
            hospital_id=hospital.pk, sop_instance_uid=uid, calling_ae_title="NORTH_CT", attributes=attributes
        )
        if has_ended:
            change_performed_step(hospital_id=hospital.pk, sop_instance_uid=uid, attributes=ended())
        follow_performed_step(performed_step_id=kept.pk)


def test_a_step_that_names_the_accession_number_counts_for_the_same_patient_only(north: Hospital) -> None:
    order = make_order(north, study_instance_uid="")
    step(north, order, PatientID="SOMEBODY-ELSE")
    assert status_of(north, order) == "ordered"
    step(north, order, uid="2.25.2")
    assert status_of(north, order) == "in_progress"


def test_a_step_that_came_before_its_order_is_followed(north: Hospital) -> None:
    patient = make_patient(north)
    early = Order(patient=patient, accession_number="A1", study_instance_uid="2.25.5")
    step(north, early, has_ended=True)
    order = make_order(north, patient, accession_number="A1", study_instance_uid="2.25.5")
    with in_hospital(north):
        follow_steps_of_order(order_id=order.pk)
    assert status_of(north, order) == "performed"


def test_a_cancelled_order_stays_cancelled_whatever_its_steps_say(north: Hospital) -> None:
    order = make_order(north, study_instance_uid="2.25.5", status="cancelled")
    step(north, order, has_ended=True)
    assert status_of(north, order) == "cancelled"


def test_a_step_that_never_ends_leaves_a_signed_examination_alone(north: Hospital) -> None:
    order = make_order(north, study_instance_uid="2.25.5", status="performed")
    make_item(north, order=order, status="signed")
    step(north, order)
    assert status_of(north, order) == "performed"


def test_steps_from_before_an_order_was_placed_again_count_no_more(north: Hospital) -> None:
    order = make_order(north, study_instance_uid="2.25.5")
    step(north, order, has_ended=True)
    place(north, order, service=cancel_order)
    place(north, order)
    with in_hospital(north):
        follow_steps_of_order(order_id=order.pk)
    assert status_of(north, order) == "ordered"


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
