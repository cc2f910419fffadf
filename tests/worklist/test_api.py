"""The worklist's API: the same rules as the pages, problems as RFC 9457."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from hospitals.models import Hospital, User
from tests.story import (
    make_hospital,
    make_item,
    make_order,
    make_patient,
    make_radiologist,
    make_study,
    make_user,
    see_all,
)
from worklist.models import WorklistItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_radiologist(north)


def machine(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def ids(response: Any) -> list[int]:
    assert response.status_code == 200
    return [row["id"] for row in response.json()["results"]]


def test_items_and_orders_of_own_hospitals_only(north: Hospital, ada: User) -> None:
    south = make_hospital("SOUTH")
    own, foreign = make_item(north), make_item(south)
    order, foreign_order = make_order(north), make_order(south)
    client = machine(ada)
    assert ids(client.get("/api/worklist-items/")) == [own.pk]
    assert ids(client.get("/api/orders/")) == [order.pk]
    assert client.get(f"/api/worklist-items/{own.pk}/").json()["hospital"] == "NORTH"
    assert client.get(f"/api/orders/{order.pk}/").json()["accession_number"] == order.accession_number
    for path in (
        f"worklist-items/{foreign.pk}",
        f"worklist-items/{foreign.pk}/transitions",
        f"orders/{foreign_order.pk}",
    ):
        assert client.get(f"/api/{path}/").status_code == 404
    for action in ("claim", "release", "hand-over"):
        body = {"to_user_id": ada.pk}
        assert client.post(f"/api/worklist-items/{foreign.pk}/{action}/", body, format="json").status_code == 404
    with see_all():
        assert WorklistItem.objects.get(pk=foreign.pk).status == "unassigned"


@pytest.mark.parametrize("role", ["referring_physician", "hospital_administrator", "system_administrator"])
def test_other_roles_are_refused(north: Hospital, role: str) -> None:
    item, order = make_item(north), make_order(north)
    client = machine(make_user(role, north))
    for path in ("worklist-items", f"worklist-items/{item.pk}", "orders", f"orders/{order.pk}"):
        assert client.get(f"/api/{path}/").status_code == 403
    assert client.post(f"/api/worklist-items/{item.pk}/claim/").status_code == 403
    with see_all():
        assert WorklistItem.objects.get().status == "unassigned"


def test_nobody_is_refused(north: Hospital) -> None:
    item = make_item(north)
    for path in ("worklist-items", f"worklist-items/{item.pk}", "orders"):
        assert APIClient().get(f"/api/{path}/").status_code == 401
    assert APIClient().post(f"/api/worklist-items/{item.pk}/claim/").status_code == 401


def test_claim_conflict_is_a_problem_that_names_the_holder(north: Hospital, ada: User) -> None:
    item, ben = make_item(north), make_radiologist(north)
    claimed = machine(ada).post(f"/api/worklist-items/{item.pk}/claim/").json()
    assert (claimed["status"], claimed["claimed_by"]) == ("reading", {"id": ada.pk, "name": ada.name})
    response = machine(ben).post(f"/api/worklist-items/{item.pk}/claim/")
    assert (response.status_code, response["Content-Type"]) == (409, "application/problem+json")
    problem = response.json()
    assert (problem["status"], problem["holder"]) == (409, {"id": ada.pk, "name": ada.name})
    assert problem["since"] == claimed["claimed_at"]


def test_hand_over_release_and_transitions(north: Hospital, ada: User) -> None:
    item, ben = make_item(north), make_radiologist(north)
    address = f"/api/worklist-items/{item.pk}"
    machine(ada).post(f"{address}/claim/")
    assert machine(ada).post(f"{address}/hand-over/", {}, format="json").json()["errors"]["to_user_id"]
    body = {"to_user_id": ben.pk, "reason": "lunch"}
    handed = machine(ada).post(f"{address}/hand-over/", body, format="json").json()
    assert (handed["status"], handed["assigned_to"]["id"], handed["is_pinned"]) == ("assigned", ben.pk, True)
    assert machine(ada).post(f"{address}/release/", {}, format="json").status_code == 403
    assert machine(ben).post(f"{address}/release/", {}, format="json").json()["status"] == "unassigned"
    listed = machine(ben).get(f"{address}/transitions/").json()
    assert [(row["action"], row["actor"]["id"]) for row in listed] == [
        ("claim", ada.pk),
        ("hand_over", ada.pk),
        ("release", ben.pk),
    ]


def test_coordinator_reconciles_and_reopens(north: Hospital, ada: User) -> None:
    item, order = make_item(north, reconciliation_reason="patient_differs"), make_order(north)
    foreign = make_order(make_hospital("SOUTH"))
    coordinator, address = machine(make_user("coordinator", north)), f"/api/worklist-items/{item.pk}"
    body = {"order_id": order.pk, "reason": "wrong label"}
    assert machine(ada).post(f"{address}/reconcile/", body, format="json").status_code == 403
    assert coordinator.post(f"{address}/reconcile/", body | {"order_id": foreign.pk}, format="json").status_code == 404
    for missing in ("order_id", "reason"):
        given = {name: value for name, value in body.items() if name != missing}
        assert missing in coordinator.post(f"{address}/reconcile/", given, format="json").json()["errors"]
    answer = coordinator.post(f"{address}/reconcile/", body, format="json").json()
    assert (answer["order_id"], answer["reconciliation_reason"]) == (order.pk, "")
    answer = coordinator.post(f"{address}/reconcile/", body | {"order_id": None}, format="json").json()
    assert answer["order_id"] is None
    assert answer["reconciled_at"]
    assert coordinator.post(f"{address}/reopen/", {}, format="json").status_code == 409
    with see_all():
        WorklistItem.objects.filter(pk=item.pk).update(status="cancelled")
    assert machine(ada).post(f"{address}/reopen/", {}, format="json").status_code == 403
    assert coordinator.post(f"{address}/reopen/", {}, format="json").json()["status"] == "unassigned"


def test_claim_without_privilege_is_refused(north: Hospital, ada: User) -> None:
    ada.reading_privileges.update(modality="MR")
    item = make_item(north)
    response = machine(ada).post(f"/api/worklist-items/{item.pk}/claim/")
    assert response.status_code == 403
    assert "privilege" in response.json()["detail"]


def test_list_takes_the_pages_filters(north: Hospital, ada: User) -> None:
    stat = make_item(north, priority="stat", priority_rank=0)
    signed = make_item(north, status="signed")
    client = machine(ada)
    assert ids(client.get("/api/worklist-items/", {"priority": "stat"})) == [stat.pk]
    assert ids(client.get("/api/worklist-items/", {"status": "signed"})) == [signed.pk]


def test_search_is_posted_and_refused_in_an_address(north: Hospital, ada: User) -> None:
    item = make_item(north, make_study(north, make_patient(north, name="ROE^RICHARD")))
    signed = make_item(north, make_study(north, make_patient(north, name="ROE^RITA")), status="signed")
    make_item(north)
    foreign = make_item(make_hospital("SOUTH"))
    client, address = machine(ada), "/api/worklist-items/search/"
    assert ids(client.post(address, {"search": "roe"}, format="json")) == [item.pk]
    assert ids(client.post(address, {"search": "roe", "status": "signed"}, format="json")) == [signed.pk]
    with see_all():
        uid = WorklistItem.objects.select_related("study").get(pk=foreign.pk).study.study_instance_uid
    assert ids(client.post(address, {"search": uid}, format="json")) == []
    assert client.post(address, {"status": "nonsense"}, format="json").json()["errors"]["status"]
    refused = client.get("/api/worklist-items/", {"search": "roe"})
    assert refused.status_code == 400
    assert "/api/worklist-items/search/" in refused.json()["detail"]
    assert machine(make_user("referring_physician", north)).post(address, {}, format="json").status_code == 403
    assert APIClient().post(address, {}, format="json").status_code == 401
