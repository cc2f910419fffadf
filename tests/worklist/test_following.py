"""What an open page shows after following the hints is what a fresh page shows, for every action."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hospitals.models import User
from pacs_core.archive.models import Study
from pacs_core.events.models import Event
from pacs_core.events.services import deliver_due_events
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
from worklist import services
from worklist.models import Order, WorklistItem
from worklist.services import opening
from worklist.services.orders import OrderDetails, OrderedPatient

pytestmark = pytest.mark.django_db


class Page:
    """An open list: its rows by key, and the number of the last event it has seen."""

    def __init__(self, user: User, view: str) -> None:
        self.client, self.view = Client(), view
        self.client.force_login(user)
        self.seen = self.last_number()
        self.rows = self.fetch()

    def fetch(self, **parameters: Any) -> dict[int, str]:
        response = self.client.get("/worklist/rows/", {"view": self.view} | parameters)
        assert response.status_code == 200
        html = re.sub(r"<time.*?</time>", "", response.content.decode(), flags=re.DOTALL)
        return {int(re.search(r'data-key="(\d+)"', row)[1]): row for row in html.split("<tr ")[1:]}

    def last_number(self) -> int:
        with see_all():
            return max([number or 0 for number in Event.objects.values_list("number", flat=True)], default=0)

    def follow(self) -> None:
        """Do what rows.js does with the hints since the last one seen."""
        deliver_due_events()
        with see_all():
            hints = list(Event.objects.filter(number__gt=self.seen).order_by("number"))
        asked = {hint.payload["worklist_item_id"] for hint in hints if "worklist_item_id" in hint.payload}
        fresh = self.fetch(ids=",".join(map(str, asked))) if asked else {}
        self.rows = {key: row for key, row in self.rows.items() if key not in asked} | fresh
        self.seen = self.last_number()


class Ward:
    def __init__(self) -> None:
        self.hospital = make_hospital("NORTH")
        self.ada, self.ben = make_radiologist(self.hospital), make_radiologist(self.hospital)
        self.coordinator = make_user("coordinator", self.hospital)
        self.patient = make_patient(self.hospital)
        self.study = make_study(self.hospital, self.patient)
        self.order = make_order(self.hospital, self.patient, accession_number=self.study.accession_number)
        self.item = make_item(self.hospital, self.study, self.order)

    def does(self, by: User | None, service: Callable[..., Any], **arguments: Any) -> None:
        with in_hospital(self.hospital) if by is None else as_user(by):
            service(**arguments)

    def to_item(self, by: User | None, service: Callable[..., Any], **arguments: Any) -> None:
        self.does(by, service, worklist_item_id=self.item.pk, **arguments)

    def claimed(self) -> None:
        self.to_item(self.ada, services.claim_worklist_item, user=self.ada)

    def signing(self) -> None:
        self.claimed()
        self.to_item(self.ada, services.start_signing, user=self.ada)

    def assigned(self) -> None:
        self.to_item(None, services.assign_worklist_item, radiologist_id=self.ada.pk)

    def cancelled(self) -> None:
        self.to_item(self.coordinator, services.cancel_worklist_item)

    def reconciled(self) -> None:
        with see_all():
            WorklistItem.objects.filter(pk=self.item.pk).update(order=None)
        other = make_order(self.hospital, procedure_description="CT spine", priority="stat")
        self.to_item(
            self.coordinator,
            services.resolve_reconciliation,
            user=self.coordinator,
            order_id=other.pk,
            reason="wrong label",
        )

    def grown(self, late: int = 0) -> None:
        with see_all():
            Study.objects.filter(pk=self.study.pk).update(number_of_instances=9, modalities=["CT", "SR"])
        self.does(None, opening.note_study_growth, study_id=self.study.pk, late_images=late)

    def completed(self) -> None:
        with see_all():
            Study.objects.filter(pk=self.study.pk).update(completed_at=timezone.now())
        self.does(None, opening.note_study_complete, study_id=self.study.pk)

    def ordered(self, service: Callable[..., Order], **fields: Any) -> None:
        with in_hospital(self.hospital):
            order = service(
                hospital_id=self.hospital.pk,
                patient=OrderedPatient(patient_id=self.patient.patient_id, issuer=self.patient.issuer_of_patient_id),
                details=OrderDetails(
                    accession_number=self.order.accession_number,
                    issuer_of_accession_number=self.order.issuer_of_accession_number,
                    **fields,
                ),
            )
            opening.apply_order(order_id=order.pk, has_changed=True)

    def another(self) -> None:
        self.does(None, services.open_worklist_item, study_id=make_study(self.hospital).pk)


def nothing(ward: Ward) -> None:
    """The item as it was opened."""


# What happens, what has to have happened before.
HAPPENINGS: dict[str, tuple[Callable[[Ward], None], Callable[[Ward], None]]] = {
    "opened": (Ward.another, nothing),
    "assigned": (Ward.assigned, nothing),
    "unassigned": (lambda ward: ward.to_item(None, services.unassign_worklist_item), Ward.assigned),
    "pinned": (lambda ward: ward.to_item(ward.coordinator, services.pin_worklist_item), Ward.assigned),
    "claimed": (Ward.claimed, nothing),
    "released": (lambda w: w.to_item(w.ada, services.release_worklist_item, user=w.ada), Ward.claimed),
    "handed over": (
        lambda w: w.to_item(w.ada, services.hand_over_worklist_item, user=w.ada, to_user_id=w.ben.pk),
        Ward.claimed,
    ),
    "signing": (lambda ward: ward.to_item(ward.ada, services.start_signing, user=ward.ada), Ward.claimed),
    "signing failed": (lambda ward: ward.to_item(None, services.mark_signing_failed), Ward.signing),
    "closed": (lambda ward: ward.to_item(None, services.close_worklist_item), Ward.signing),
    "cancelled": (Ward.cancelled, nothing),
    "reopened": (lambda ward: ward.to_item(ward.coordinator, services.reopen_worklist_item), Ward.cancelled),
    "reconciled": (Ward.reconciled, nothing),
    "grown": (Ward.grown, nothing),
    "late images": (lambda ward: ward.grown(late=3), Ward.completed),
    "completed": (Ward.completed, nothing),
    "order changed": (
        lambda ward: ward.ordered(services.change_order, priority="stat", procedure_description="CT neck"),
        nothing,
    ),
    "order cancelled": (lambda ward: ward.ordered(services.cancel_order), nothing),
    "order placed again": (
        lambda ward: ward.ordered(services.place_order, procedure_description="CT chest"),
        lambda ward: ward.ordered(services.cancel_order),
    ),
}


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_old_rows_and_hints_give_the_fresh_rows(happening: str) -> None:
    ward = Ward()
    happens, before = HAPPENINGS[happening]
    before(ward)
    deliver_due_events()
    pages = [Page(ward.coordinator, view) for view in ("all", "unassigned", "reading", "stat", "signed_today")]
    pages.append(Page(ward.ada, "mine"))
    shown = [dict(page.rows) for page in pages]
    happens(ward)
    for page in pages:
        page.follow()
        assert page.rows == page.fetch()
    assert [page.rows for page in pages] != shown, "nothing on any page has changed: the test shows nothing"


def test_late_images_reopen_nothing_and_tell_the_reader() -> None:
    ward = Ward()
    ward.signing()
    ward.to_item(None, services.close_worklist_item)
    ward.grown(late=3)
    with see_all():
        item = WorklistItem.objects.get(pk=ward.item.pk)
        assert (item.status, item.late_images) == ("signed", 3)
        event = Event.objects.get(name="LateImagesArrived")
        assert event.payload["user_ids"] == [ward.ada.pk]


def test_more_urgent_order_moves_the_deadline_of_an_open_item() -> None:
    ward = Ward()
    ward.ordered(services.change_order, priority="stat")
    with see_all():
        item = WorklistItem.objects.get(pk=ward.item.pk)
        assert (item.priority, item.service_level_minutes) == ("stat", 30)
        assert item.deadline_at == ward.study.first_received_at + timedelta(minutes=30)
