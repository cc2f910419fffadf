"""A coordinator decides which order belongs to a study: who may, what holds from then on, what the panel shows."""

from typing import Any

import pytest
from django.test import Client

from hospitals.models import User
from pacs_core.access.errors import NotVisible, PermissionRefused
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from tests.story import (
    as_user,
    in_hospital,
    make_hospital,
    make_item,
    make_order,
    make_patient,
    make_radiologist,
    make_study,
    make_user,
    see_all,
)
from worklist.errors import ActionNotAllowed, NothingToReconcile, OrderNotLinkable, ReasonMissing
from worklist.models import Order, WorklistItem, WorklistItemTransition
from worklist.selectors.reconciliation import candidate_orders
from worklist.services import open_worklist_item, resolve_reconciliation
from worklist.services.opening import apply_order

pytestmark = pytest.mark.django_db


class Ward:
    """Images of Jane whose accession number is that of an order for John."""

    def __init__(self) -> None:
        self.hospital = make_hospital("NORTH")
        self.ada = make_radiologist(self.hospital)
        self.coordinator = make_user("coordinator", self.hospital)
        self.jane = make_patient(self.hospital, name="DOE^JANE", patient_id="J1")
        self.john = make_patient(self.hospital, name="ROE^JOHN", patient_id="R2", sex="M")
        self.study = make_study(self.hospital, self.jane, accession_number="A1")
        self.order = make_order(self.hospital, self.john, accession_number="A1", priority="stat")
        with in_hospital(self.hospital):
            self.item = open_worklist_item(study_id=self.study.pk)
        assert (self.item.order_id, self.item.reconciliation_reason) == (None, "patient_differs")

    def decide(self, order: Order | None, by: User | None = None, reason: str = "wrong label") -> WorklistItem:
        user = by or self.coordinator
        order_id = order.pk if order else None
        with as_user(user):
            return resolve_reconciliation(worklist_item_id=self.item.pk, user=user, order_id=order_id, reason=reason)

    def hear_of(self, order: Order, **changes: Any) -> WorklistItem:
        """Change an order and let the matching answer."""
        with in_hospital(self.hospital):
            Order.objects.filter(pk=order.pk).update(**changes)
            apply_order(order_id=order.pk, has_changed=True)
        return self.reloaded()

    def reloaded(self) -> WorklistItem:
        with see_all():
            return WorklistItem.objects.get(pk=self.item.pk)


@pytest.fixture
def ward(db: None) -> Ward:
    return Ward()


def test_link_is_written_with_who_and_why(ward: Ward) -> None:
    item = ward.decide(ward.order)
    assert (item.order_id, item.reconciliation_reason, item.priority) == (ward.order.pk, "", "stat")
    assert item.version == ward.item.version + 1
    with see_all():
        transition = WorklistItemTransition.objects.get(action="reconcile")
        assert (transition.actor, transition.reason) == (ward.coordinator, "wrong label")
        event = Event.objects.order_by("-pk")[0]
        assert (event.name, event.payload["order_id"]) == ("WorklistItemChanged", ward.order.pk)
        entry = AuditEntry.objects.get(action="worklist_item.reconcile")
        assert entry.actor == ward.coordinator
        assert entry.detail == {
            "order": ward.order.pk,
            "previous_order": None,
            "doubt": "patient_differs",
            "transition": transition.pk,
        }


def test_matching_leaves_the_decision_alone(ward: Ward) -> None:
    other = make_order(ward.hospital, ward.jane, accession_number="A7")
    ward.decide(other)
    item = ward.hear_of(ward.order, priority="urgent")
    assert (item.order_id, item.reconciliation_reason) == (other.pk, "")


def test_matching_would_doubt_again_without_it(ward: Ward) -> None:
    """The twin: the same link, unless a person is known to have made it."""
    other = make_order(ward.hospital, ward.jane, accession_number="A7")
    ward.decide(other)
    with see_all():
        WorklistItem.objects.update(reconciled_at=None)
    assert ward.hear_of(ward.order, priority="urgent").reconciliation_reason == "patient_differs"


def test_no_order_holds_until_one_fits_without_a_doubt(ward: Ward) -> None:
    item = ward.decide(None)
    assert (item.order_id, item.reconciliation_reason) == (None, "")
    item = ward.hear_of(ward.order, priority="urgent")
    assert (item.order_id, item.reconciliation_reason) == (None, "")
    right = make_order(ward.hospital, ward.jane, study_instance_uid=ward.study.study_instance_uid)
    with see_all():
        Order.objects.filter(pk=ward.order.pk).update(accession_number="A9")
    item = ward.hear_of(right)
    assert (item.order_id, item.reconciliation_reason, item.reconciled_at) == (right.pk, "", None)


def test_linked_order_that_is_cancelled_cancels_its_item(ward: Ward) -> None:
    other = make_order(ward.hospital, ward.john, accession_number="A7")
    ward.decide(other)
    assert ward.hear_of(other, status="cancelled").status == "cancelled"


@pytest.mark.parametrize("role", ["radiologist", "hospital_administrator", "system_administrator"])
def test_only_coordinators_decide(ward: Ward, role: str) -> None:
    with pytest.raises(PermissionRefused):
        ward.decide(ward.order, by=make_user(role, ward.hospital))
    assert ward.reloaded().reconciliation_reason == "patient_differs"
    assert ward.decide(ward.order).order_id == ward.order.pk


def test_order_of_another_hospital_does_not_exist(ward: Ward) -> None:
    south = make_hospital("SOUTH")
    foreign = make_order(south, accession_number="A1")
    both = make_user("coordinator", ward.hospital, south)
    for coordinator in (ward.coordinator, both):
        with pytest.raises(NotVisible):
            ward.decide(foreign, by=coordinator)
    with pytest.raises(NotVisible):
        ward.decide(None, by=make_user("coordinator", south))
    assert ward.reloaded().reconciliation_reason == "patient_differs"


def test_what_cannot_be_decided(ward: Ward) -> None:
    with pytest.raises(ReasonMissing):
        ward.decide(ward.order, reason="  ")
    with pytest.raises(OrderNotLinkable):
        ward.decide(make_order(ward.hospital, status="cancelled"))
    for status in ("signing", "signed", "cancelled"):
        with see_all():
            WorklistItem.objects.update(status=status)
        with pytest.raises(ActionNotAllowed):
            ward.decide(ward.order)
    order = make_order(ward.hospital, ward.jane)
    ward.item = make_item(ward.hospital, make_study(ward.hospital, ward.jane), order)
    with pytest.raises(NothingToReconcile):
        ward.decide(ward.order)


def test_decision_can_be_taken_back(ward: Ward) -> None:
    ward.decide(ward.order)
    other = make_order(ward.hospital, ward.jane)
    assert ward.decide(other).order_id == other.pk


def test_candidates_are_open_orders_of_this_hospital_that_look_alike(ward: Ward) -> None:
    same_patient = make_order(ward.hospital, ward.jane)
    same_study = make_order(ward.hospital, ward.john, study_instance_uid=ward.study.study_instance_uid)
    make_order(ward.hospital, ward.john)
    make_order(ward.hospital, ward.jane, status="cancelled")
    make_order(make_hospital("SOUTH"), accession_number="A1")
    make_item(ward.hospital, make_study(ward.hospital), same_patient)
    with see_all():
        found = candidate_orders(ward.reloaded())
    assert [(order.pk, order.is_taken) for order in found] == [
        (same_study.pk, False),
        (same_patient.pk, True),
        (ward.order.pk, False),
    ]


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_panel_shows_both_sides_to_the_coordinator_only(ward: Ward) -> None:
    address = f"/worklist/{ward.item.pk}/peek/"
    html = browser(ward.coordinator).get(address).content.decode()
    for text in ("DOE, JANE", "J1", "ROE, JOHN", "R2", "The order is for another patient", "There is no order"):
        assert text in html, text
    assert "Read the images of DOE, JANE (J1) for order A1 of ROE, JOHN (R2)?" in html
    assert "ROE, JOHN" not in browser(ward.ada).get(address).content.decode()


def test_panel_takes_the_decision(ward: Ward) -> None:
    address = f"/worklist/{ward.item.pk}/reconcile/"
    client = browser(ward.coordinator)
    for body in ({"reason": "x"}, {"order_id": "nonsense", "reason": "x"}, {"order_id": ward.order.pk}):
        client.post(address, body)
        assert ward.reloaded().reconciliation_reason == "patient_differs"
    assert browser(ward.ada).post(address, {"order_id": "none", "reason": "x"}).status_code == 403
    assert client.post(address, {"order_id": ward.order.pk, "reason": "x"})["Location"] == "/worklist/"
    assert ward.reloaded().order_id == ward.order.pk
    assert client.post(address, {"order_id": "none", "reason": "x"}).status_code == 302
    assert ward.reloaded().order_id is None


def test_panel_reopens_a_cancelled_item(ward: Ward) -> None:
    with see_all():
        WorklistItem.objects.update(status="cancelled")
    address = f"/worklist/{ward.item.pk}"
    assert browser(ward.ada).get(f"{address}/peek/").context["may"]["reopen"] is False
    assert browser(ward.ada).post(f"{address}/reopen/").status_code == 403
    assert browser(ward.coordinator).get(f"{address}/peek/").context["may"]["reopen"] is True
    browser(ward.coordinator).post(f"{address}/reopen/")
    assert ward.reloaded().status == "unassigned"
