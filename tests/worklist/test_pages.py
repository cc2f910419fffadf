"""The worklist's pages: who sees what, narrowing down, rows that follow, actions, number of queries."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

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


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def keys(html: str) -> list[int]:
    return [int(key) for key in re.findall(r'data-key="(\d+)"', html)]


def listed(user: User, **parameters: Any) -> list[int]:
    response = browser(user).post("/worklist/rows/", parameters)
    assert response.status_code == 200
    return keys(response.content.decode())


def refresh(item: WorklistItem) -> WorklistItem:
    with see_all():
        item.refresh_from_db()
    return item


def test_list_is_sorted_by_priority_then_deadline(north: Hospital, ada: User) -> None:
    now = timezone.now()
    routine = make_item(north, deadline_at=now + timedelta(hours=1))
    late_stat = make_item(north, priority="stat", priority_rank=0, deadline_at=now + timedelta(minutes=20))
    stat = make_item(north, priority="stat", priority_rank=0, deadline_at=now + timedelta(minutes=10))
    assert keys(browser(ada).get("/worklist/").content.decode()) == [stat.pk, late_stat.pk, routine.pk]


def test_other_hospitals_items_are_nowhere(north: Hospital, ada: User) -> None:
    foreign = make_item(make_hospital("SOUTH"))
    own = make_item(north)
    assert listed(ada) == [own.pk]
    assert listed(ada, ids=f"{own.pk},{foreign.pk}") == [own.pk]
    assert browser(ada).get(f"/worklist/{foreign.pk}/peek/").status_code == 404
    for action in ("claim", "release", "hand-over"):
        assert browser(ada).post(f"/worklist/{foreign.pk}/{action}/", {"user_id": ada.pk}).status_code == 404
    assert refresh(foreign).status == "unassigned"


@pytest.mark.parametrize("role", ["referring_physician", "hospital_administrator", "system_administrator"])
def test_worklist_is_only_for_readers_and_coordinators(north: Hospital, role: str) -> None:
    item = make_item(north)
    client = browser(make_user(role, north))
    for path in ("", "rows/", "views/", "next/", f"{item.pk}/peek/"):
        assert client.get(f"/worklist/{path}").status_code == 403
    assert client.post(f"/worklist/{item.pk}/claim/").status_code == 403
    assert refresh(item).status == "unassigned"


def test_nobody_is_sent_to_sign_in(north: Hospital) -> None:
    for path in ("", "rows/", "views/", "next/", "1/peek/"):
        response = Client().get(f"/worklist/{path}")
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/")


def test_search_finds_name_id_and_accession_number_in_any_case(north: Hospital, ada: User) -> None:
    patient = make_patient(north, name="MÜLLER^Anna", patient_id="XY-77")
    study = make_study(north, patient, accession_number="ACC9")
    item = make_item(north, study, make_order(north, patient, accession_number="ORD8"))
    make_item(north)
    for words in ("müller", "muller", "anna müller", "MÜLLER^ANNA", "xy-7", "acc9", "ord8", study.study_instance_uid):
        assert listed(ada, search=words) == [item.pk], words
    assert listed(ada, search="müller nobody") == []


def test_filters_narrow_down(north: Hospital, ada: User) -> None:
    south = make_hospital("SOUTH")
    coordinator = make_user("coordinator", north, south)
    scan = make_item(north, make_study(north, modalities=["MR"]), priority="urgent", priority_rank=1)
    mine = make_item(north, status="assigned", assigned_to=ada)
    signed = make_item(south, status="signed", signed_at=timezone.now())
    assert listed(coordinator, modality="MR") == [scan.pk]
    assert listed(coordinator, priority="urgent") == [scan.pk]
    assert listed(coordinator, assigned=ada.pk) == [mine.pk]
    assert listed(ada, assigned="me") == [mine.pk]
    assert listed(coordinator, assigned="nobody") == [scan.pk]
    assert listed(coordinator, status="signed") == [signed.pk]
    assert listed(coordinator, hospital=south.pk) == []
    assert listed(coordinator, hospital="nonsense", page="x", assigned="9' or 1=1") == [scan.pk, mine.pk]


def test_saved_views_hold_and_count_what_they_say(north: Hospital, ada: User) -> None:
    now = timezone.now()
    free = make_item(north)
    mine = make_item(north, status="assigned", assigned_to=ada, deadline_at=now - timedelta(minutes=1))
    stat = make_item(north, priority="stat", priority_rank=0, status="reading", assigned_to=make_radiologist(north))
    odd = make_item(north, reconciliation_reason="patient_differs", deadline_at=now + timedelta(days=2))
    today = make_item(north, status="signed", signed_at=now)
    make_item(north, status="signed", signed_at=now - timedelta(days=2))
    make_item(north, status="cancelled")
    expected = {
        "all": [stat.pk, mine.pk, free.pk, odd.pk],
        "mine": [mine.pk],
        "unassigned": [free.pk, odd.pk],
        "stat": [stat.pk],
        "overdue": [mine.pk],
        "reading": [stat.pk],
        "reconcile": [odd.pk],
        "signed_today": [today.pk],
    }
    views = browser(ada).get("/worklist/views/").context["views"]
    assert {view["key"]: view["count"] for view in views} == {key: len(items) for key, items in expected.items()}
    for key, items in expected.items():
        assert listed(ada, view=key) == items, key


def test_rows_that_no_longer_match_are_absent(north: Hospital, ada: User) -> None:
    item = make_item(north)
    assert listed(ada, view="unassigned", ids=item.pk) == [item.pk]
    browser(ada).post(f"/worklist/{item.pk}/claim/")
    assert listed(ada, view="unassigned", ids=item.pk) == []
    assert listed(ada, ids=f"{item.pk},x,,99999999999999999999999") == [item.pk]


def test_claim_leads_to_the_reading_page(north: Hospital, ada: User) -> None:
    item = make_item(north)
    assert browser(ada).post(f"/worklist/{item.pk}/claim/")["Location"] == f"/reading/{item.pk}/"
    assert refresh(item).claimed_by == ada
    again = browser(ada).post(f"/worklist/{item.pk}/claim/", headers={"HX-Request": "true"})
    assert (again.status_code, again["HX-Redirect"]) == (204, f"/reading/{item.pk}/")


def test_claim_of_what_someone_reads_says_who(north: Hospital, ada: User) -> None:
    item = make_item(north)
    browser(ada).post(f"/worklist/{item.pk}/claim/")
    ben = make_radiologist(north)
    response = browser(ben).post(f"/worklist/{item.pk}/claim/", headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert ada.name in response.content.decode()
    page = browser(ben).post(f"/worklist/{item.pk}/claim/", follow=True)
    assert ada.name in str(next(iter(page.context["messages"])))
    assert refresh(item).claimed_by == ada


def test_release_and_hand_over_from_the_panel(north: Hospital, ada: User) -> None:
    ben = make_radiologist(north)
    item = make_item(north)
    client = browser(ada)
    client.post(f"/worklist/{item.pk}/claim/")
    panel = client.get(f"/worklist/{item.pk}/peek/")
    assert {name for name, may in panel.context["may"].items() if may} == {"open", "release", "hand_over"}
    assert panel.context["colleagues"] == [ben]
    client.post(f"/worklist/{item.pk}/hand-over/", {"user_id": ben.pk, "reason": "lunch"})
    assert refresh(item).assigned_to == ben
    assert client.get(f"/worklist/{item.pk}/peek/").context["may"]["release"] is False
    assert client.post(f"/worklist/{item.pk}/release/").status_code == 403
    back = browser(ben).post(
        f"/worklist/{item.pk}/release/", headers={"Referer": "http://testserver/worklist/?view=mine"}
    )
    assert back["Location"] == "/worklist/?view=mine"
    assert refresh(item).status == "unassigned"


def test_panel_shows_priors_of_this_patient_only(north: Hospital, ada: User) -> None:
    patient = make_patient(north)
    now = timezone.now()
    prior = make_study(north, patient, study_at=now - timedelta(days=30))
    make_study(north, patient, study_at=now + timedelta(days=1))
    south = make_hospital("SOUTH")
    twin = make_patient(south, patient_id=patient.patient_id, issuer_of_patient_id=patient.issuer_of_patient_id)
    make_study(south, twin, study_at=now - timedelta(days=3))
    item = make_item(north, make_study(north, patient, study_at=now))
    coordinator = make_user("coordinator", north, south)
    assert browser(coordinator).get(f"/worklist/{item.pk}/peek/").context["priors"] == [prior]


def test_panel_says_what_has_to_be_reconciled(north: Hospital, ada: User) -> None:
    item = make_item(north, reconciliation_reason="patient_differs")
    assert "is for another patient" in browser(ada).get(f"/worklist/{item.pk}/peek/").content.decode()


def test_next_case_is_mine_first_then_the_most_urgent_free_one(north: Hospital, ada: User) -> None:
    assert browser(ada).get("/worklist/next/")["Location"] == "/worklist/"
    stat = make_item(north, priority="stat", priority_rank=0)
    mine = make_item(north, status="assigned", assigned_to=ada)
    assert browser(ada).get("/worklist/next/")["Location"] == f"/reading/{mine.pk}/"
    browser(ada).post(f"/worklist/{mine.pk}/claim/")
    assert browser(ada).get("/worklist/next/")["Location"] == f"/reading/{stat.pk}/"


def test_number_of_queries_does_not_grow_with_the_list(north: Hospital) -> None:
    coordinator = make_user("coordinator", north)
    client = browser(coordinator)

    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    make_item(north)
    few = {path: count(path) for path in ("/worklist/", "/worklist/rows/", "/worklist/views/")}
    for _ in range(30):
        order = make_order(north)
        make_item(north, order=order, status="reading", assigned_to=coordinator, claimed_by=coordinator)
    many = {path: count(path) for path in few}
    assert many == few
    assert many["/worklist/"] <= 22
    assert many["/worklist/rows/"] <= 12


def test_list_is_paged(north: Hospital, ada: User) -> None:
    for _ in range(52):
        make_item(north)
    response = browser(ada).get("/worklist/", {"page": 2})
    assert len(keys(response.content.decode())) == 2
    assert len(listed(ada)) == 50
    assert len(listed(ada, page=2)) == 2
