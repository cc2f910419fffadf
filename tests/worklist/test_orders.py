"""Orders: placed, changed, cancelled; late, twice, out of order; met with their images whichever comes first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hospitals.models import Hospital, ReferringPhysicianIdentifier
from pacs_core.archive.models import Patient, Study
from pacs_core.events.models import Event
from tests.story import in_hospital, make_hospital, make_patient, make_study, make_user
from worklist.errors import OrderNotUsable
from worklist.models import Order, WorklistItem
from worklist.services import cancel_order, change_order, open_worklist_item, place_order
from worklist.services.opening import apply_order
from worklist.services.orders import OrderDetails, OrderedPatient

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def jane(north: Hospital) -> Patient:
    return make_patient(north, patient_id="P1")


def send(service: Any, hospital: Hospital, *, minutes: int = 0, patient_id: str = "P1", **fields: Any) -> Order:
    details = {"accession_number": "A1", "issuer_of_accession_number": hospital.issuer_of_accession_number} | fields
    with in_hospital(hospital):
        return service(
            hospital_id=hospital.pk,
            patient=OrderedPatient(patient_id=patient_id, issuer=hospital.issuer_of_patient_id, name="DOE^JANE"),
            details=OrderDetails(**details),
            message_at=NOON + timedelta(minutes=minutes),
        )


def image(hospital: Hospital, patient: Patient, **fields: Any) -> Study:
    return make_study(hospital, patient, **({"accession_number": "A1"} | fields))


def events(hospital: Hospital) -> list[str]:
    with in_hospital(hospital):
        return list(Event.objects.order_by("pk").values_list("name", flat=True))


def item_of(hospital: Hospital, study: Study) -> WorklistItem:
    with in_hospital(hospital):
        return WorklistItem.objects.get(study=study)


def test_new_order_makes_its_patient_and_finds_the_referring_physician(north: Hospital) -> None:
    referrer = make_user("referring_physician", north)
    ReferringPhysicianIdentifier.objects.create(user=referrer, hospital=north, identifier="4711")
    order = send(place_order, north, referring_physician_identifier="4711", priority="stat")
    assert (order.referring_physician_id, order.patient.name, order.status) == (referrer.pk, "DOE^JANE", "ordered")
    assert events(north) == ["OrderReceived"]


def test_message_that_says_nothing_new_is_no_event(north: Hospital) -> None:
    send(place_order, north)
    again = send(place_order, north, minutes=5)
    assert events(north) == ["OrderReceived"]
    assert again.message_at == NOON + timedelta(minutes=5)


def test_older_message_does_not_overwrite(north: Hospital) -> None:
    send(place_order, north, reason_for_study="first")
    send(change_order, north, minutes=10, reason_for_study="third")
    late = send(change_order, north, minutes=5, reason_for_study="second")
    assert late.reason_for_study == "third"
    assert events(north) == ["OrderReceived", "OrderChanged"]


def test_change_of_unknown_order_creates_it(north: Hospital) -> None:
    assert send(change_order, north, reason_for_study="headache").reason_for_study == "headache"
    assert events(north) == ["OrderReceived"]


def test_cancel_of_unknown_order_is_kept_and_beats_the_older_new(north: Hospital) -> None:
    send(cancel_order, north, minutes=10)
    assert send(place_order, north).status == "cancelled"
    assert send(place_order, north, minutes=20).status == "ordered"


def test_cancellation_without_details_keeps_them(north: Hospital) -> None:
    send(place_order, north, reason_for_study="headache", priority="stat")
    cancelled = send(cancel_order, north, minutes=1)
    assert (cancelled.status, cancelled.reason_for_study, cancelled.priority) == ("cancelled", "headache", "stat")


def test_change_without_accession_number_finds_the_order_by_its_numbers(north: Hospital) -> None:
    send(place_order, north, placer_order_number="PL1")
    changed = send(change_order, north, minutes=1, accession_number="", placer_order_number="PL1", body_part="KNEE")
    assert (changed.accession_number, changed.body_part) == ("A1", "KNEE")
    with pytest.raises(OrderNotUsable, match="no known order"):
        send(change_order, north, minutes=2, accession_number="", placer_order_number="PL2")


def test_same_accession_number_of_two_issuers_is_two_orders(north: Hospital) -> None:
    first = send(place_order, north)
    second = send(place_order, north, issuer_of_accession_number="CITY")
    assert first.pk != second.pk


@pytest.mark.parametrize("order_first", [True, False])
def test_order_and_images_meet_whichever_comes_first(north: Hospital, jane: Patient, order_first: bool) -> None:
    if order_first:
        order = send(place_order, north, priority="urgent")
    study = image(north, jane)
    with in_hospital(north):
        open_worklist_item(study_id=study.pk)
    if not order_first:
        assert item_of(north, study).order is None
        order = send(place_order, north, priority="urgent")
        with in_hospital(north):
            apply_order(order_id=order.pk)
    item = item_of(north, study)
    assert (item.order_id, item.priority, item.service_level_minutes) == (order.pk, "urgent", 120)
    assert item.deadline_at == study.first_received_at + timedelta(minutes=120)
    assert item.reconciliation_reason == ""


def test_study_uid_of_the_order_meets_images_without_accession_number(north: Hospital, jane: Patient) -> None:
    study = image(north, jane, accession_number="")
    order = send(place_order, north, study_instance_uid=study.study_instance_uid)
    with in_hospital(north):
        assert open_worklist_item(study_id=study.pk).order_id == order.pk


def test_order_for_another_patient_is_flagged_not_matched(north: Hospital, jane: Patient) -> None:
    study = image(north, jane)
    order = send(place_order, north, patient_id="P2")
    with in_hospital(north):
        item = open_worklist_item(study_id=study.pk)
    assert (item.order_id, item.reconciliation_reason) == (None, "patient_differs")
    send(change_order, north, minutes=1, patient_id="P1")
    with in_hospital(north):
        apply_order(order_id=order.pk, has_changed=True)
    item = item_of(north, study)
    assert (item.order_id, item.reconciliation_reason) == (order.pk, "")


def test_two_orders_for_one_study_are_flagged_and_keep_the_one_attached(north: Hospital, jane: Patient) -> None:
    study = image(north, jane)
    first = send(place_order, north)
    with in_hospital(north):
        open_worklist_item(study_id=study.pk)
    second = send(place_order, north, accession_number="A2", study_instance_uid=study.study_instance_uid)
    with in_hospital(north):
        apply_order(order_id=second.pk)
    item = item_of(north, study)
    assert (item.order_id, item.reconciliation_reason) == (first.pk, "orders_disagree")


def test_order_of_another_hospital_is_never_matched(north: Hospital, jane: Patient) -> None:
    south = make_hospital("SOUTH", issuer_of_accession_number="NORTH", issuer_of_patient_id="NORTH")
    send(place_order, south)
    study = image(north, jane)
    with in_hospital(north):
        assert open_worklist_item(study_id=study.pk).order is None


def test_cancelled_order_cancels_its_waiting_item_and_placing_it_again_reopens(north: Hospital, jane: Patient) -> None:
    order = send(place_order, north)
    study = image(north, jane)
    with in_hospital(north):
        open_worklist_item(study_id=study.pk)
    send(cancel_order, north, minutes=1)
    with in_hospital(north):
        apply_order(order_id=order.pk, has_changed=True)
    assert item_of(north, study).status == "cancelled"
    send(place_order, north, minutes=2)
    with in_hospital(north):
        apply_order(order_id=order.pk, has_changed=True)
    assert item_of(north, study).status == "unassigned"


def test_cancelled_order_leaves_an_item_that_is_being_read(north: Hospital, jane: Patient) -> None:
    order = send(place_order, north)
    study = image(north, jane)
    with in_hospital(north):
        item = open_worklist_item(study_id=study.pk)
        WorklistItem.objects.filter(pk=item.pk).update(status="reading")
    send(cancel_order, north, minutes=1)
    with in_hospital(north):
        apply_order(order_id=order.pk, has_changed=True)
    assert item_of(north, study).status == "reading"
    assert events(north)[-1] == "WorklistItemChanged"


def test_images_of_a_cancelled_order_open_an_item_that_says_so(north: Hospital, jane: Patient) -> None:
    send(cancel_order, north)
    with in_hospital(north):
        item = open_worklist_item(study_id=image(north, jane).pk)
    assert (item.status, item.reconciliation_reason) == ("unassigned", "order_cancelled")


def test_opening_twice_opens_once(north: Hospital, jane: Patient) -> None:
    study = image(north, jane)
    with in_hospital(north):
        assert open_worklist_item(study_id=study.pk) == open_worklist_item(study_id=study.pk)
    assert events(north) == ["WorklistItemOpened"]


def test_handling_an_order_twice_tells_once(north: Hospital, jane: Patient) -> None:
    study = image(north, jane)
    with in_hospital(north):
        open_worklist_item(study_id=study.pk)
    order = send(place_order, north)
    with in_hospital(north):
        apply_order(order_id=order.pk)
        apply_order(order_id=order.pk)
    assert events(north).count("WorklistItemChanged") == 1
