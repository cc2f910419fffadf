"""The API of the catalogue and of the hospitals' names."""

import pytest
from rest_framework.test import APIClient

from hospitals.models import Hospital, User
from routing_rules.models import LearntReadingTime, Procedure
from tests.routing_rules.procedures.arrange import make_mapping, make_procedure
from tests.story import make_hospital, make_radiologist, make_user, see_all

VALUES = {"code": "CT_NECK", "name": "CT neck", "modality": "CT", "relative_value": 1.2, "expected_minutes": 9}


@pytest.fixture
def north(db: None) -> Hospital:
    return make_hospital("NORTH")


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def olga(north: Hospital) -> APIClient:
    return client_of(make_user("coordinator", north))


def test_the_catalogue_with_what_was_learnt(north: Hospital) -> None:
    LearntReadingTime.objects.create(procedure=make_procedure("A.1"), minutes=6.5, number_of_readings=12)
    reader = client_of(make_radiologist(north))
    [entry] = reader.get("/api/procedures/").json()["results"]
    assert (entry["code"], entry["learnt_minutes"], entry["number_of_readings"]) == ("A.1", 6.5, 12)
    assert reader.get("/api/procedures/A.1/").json() == entry
    assert reader.patch("/api/procedures/A.1/", {"name": "x"}, format="json").status_code == 403
    assert reader.post("/api/procedures/", VALUES, format="json").status_code == 403


def test_an_entry_is_added_changed_and_retired(olga: APIClient) -> None:
    assert olga.post("/api/procedures/", VALUES, format="json").status_code == 201
    changed = olga.patch("/api/procedures/CT_NECK/", {"expected_minutes": 11, "is_active": False}, format="json")
    assert (changed.status_code, changed.json()["expected_minutes"], changed.json()["is_active"]) == (200, 11.0, False)


@pytest.mark.parametrize(
    ("method", "address", "body", "field", "words"),
    [
        ("post", "/api/procedures/", VALUES | {"modality": "XX"}, "modality", "is none that is read"),
        ("post", "/api/procedures/", VALUES | {"code": "CT_HEAD"}, "code", "in the catalogue already"),
        ("post", "/api/procedures/", {"code": "X"}, "name", "required"),
        ("patch", "/api/procedures/CT_HEAD/", {"code": "OTHER"}, "code", "A code stays as it is"),
        ("patch", "/api/procedures/CT_HEAD/", {"expected_minutes": 900}, "expected_minutes", "lies outside"),
    ],
)
def test_what_cannot_be_taken_is_a_problem_with_its_field(
    olga: APIClient, method: str, address: str, body: dict[str, object], field: str, words: str
) -> None:
    make_procedure()
    answer = getattr(olga, method)(address, body, format="json")
    assert answer.status_code == 400
    assert words in answer.json()["errors"][field][0]
    assert list(Procedure.objects.values_list("code", "expected_minutes")) == [("CT_HEAD", 8.0)]


def test_a_name_is_mapped_and_sent_back(north: Hospital, olga: APIClient) -> None:
    make_procedure()
    row = make_mapping(north)
    mapped = olga.patch(f"/api/procedure-mappings/{row.pk}/", {"procedure": "CT_HEAD"}, format="json")
    assert (mapped.status_code, mapped.json()["procedure"]) == (200, "CT_HEAD")
    assert olga.get("/api/procedure-mappings/?state=waiting").json()["count"] == 0
    back = olga.patch(f"/api/procedure-mappings/{row.pk}/", {"procedure": None}, format="json")
    assert (back.json()["procedure"], back.json()["mapped_by"]) == (None, None)


@pytest.mark.parametrize("code", ["MR_KNEE", "NONE_SUCH"])
def test_a_name_takes_no_procedure_of_another_modality_nor_an_unknown_one(
    north: Hospital, olga: APIClient, code: str
) -> None:
    make_procedure("MR_KNEE", modality="MR")
    row = make_mapping(north)
    answer = olga.patch(f"/api/procedure-mappings/{row.pk}/", {"procedure": code}, format="json")
    assert answer.status_code == 400
    assert "procedure" in answer.json()["errors"]
    with see_all():
        row.refresh_from_db()
    assert row.procedure is None


def test_names_of_another_hospital_do_not_exist(north: Hospital, olga: APIClient) -> None:
    make_procedure()
    row = make_mapping(make_hospital("SOUTH"))
    assert olga.get("/api/procedure-mappings/").json()["count"] == 0
    assert olga.get(f"/api/procedure-mappings/{row.pk}/").status_code == 404
    answer = olga.patch(f"/api/procedure-mappings/{row.pk}/", {"procedure": "CT_HEAD"}, format="json")
    assert answer.status_code == 404
    with see_all():
        row.refresh_from_db()
    assert row.procedure is None


def test_an_unknown_state_is_a_problem(olga: APIClient) -> None:
    assert olga.get("/api/procedure-mappings/?state=lost").status_code == 400
