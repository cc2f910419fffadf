"""The API of hospitals, people, privileges, shifts and tokens: who may, what repeats, which field is wrong."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hospitals.models import Hospital, Membership, ReadingPrivilege, Shift, User
from tests.hospitals.pages import browser
from tests.story import make_hospital, make_radiologist, make_user

pytestmark = pytest.mark.django_db
LISTS = ("hospitals", "people", "reading-privileges", "shifts")


def post(client: Client, path: str, body: dict[str, Any], **more: Any):
    return client.post(f"/api/{path}/", body, content_type="application/json", **more)


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def nora(north: Hospital) -> Client:
    return browser(make_user("hospital_administrator", north))


@pytest.fixture
def sam() -> Client:
    return browser(make_user("system_administrator"))


@pytest.mark.parametrize("path", LISTS)
def test_nobody_is_answered_401_and_other_roles_403(north: Hospital, path: str) -> None:
    for method in (Client().get, lambda address: post(Client(), path, {})):
        answer = method(f"/api/{path}/")
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
    for role in ("radiologist", "referring_physician"):
        client = browser(make_user(role, north))
        assert client.get(f"/api/{path}/").status_code == 403
        assert post(client, path, {}).status_code == 403


def test_lists_hold_own_hospitals_things_only(north: Hospital, nora: Client) -> None:
    south = make_hospital("SOUTH")
    own, foreign = make_radiologist(north), make_radiologist(south)
    assert [row["code"] for row in nora.get("/api/hospitals/").json()["results"]] == ["NORTH"]
    assert foreign.email not in nora.get("/api/people/").content.decode()
    assert [row["radiologist"] for row in nora.get("/api/reading-privileges/").json()["results"]] == [own.email]
    assert [row["radiologist"] for row in nora.get("/api/shifts/").json()["results"]] == [own.email]
    privilege, shift = ReadingPrivilege.objects.get(radiologist=foreign), Shift.objects.get(radiologist=foreign)
    for address in (
        "hospitals/SOUTH",
        f"people/{foreign.pk}",
        f"reading-privileges/{privilege.pk}",
        f"shifts/{shift.pk}",
    ):
        assert nora.get(f"/api/{address}/").status_code == 404
    assert nora.delete(f"/api/reading-privileges/{privilege.pk}/").status_code == 404
    body = {"radiologist": own.email, "hospital": "SOUTH", "modality": "CT"}
    assert post(nora, "reading-privileges", body).status_code == 404
    assert ReadingPrivilege.objects.filter(hospital=south).count() == 1
    assert post(nora, "hospitals", {"code": "SOUTH", "name": "Mine", "time_zone": "UTC"}).status_code == 404
    assert Hospital.objects.get(code="SOUTH").name == south.name


def test_hospital_is_added_once_then_changed(sam: Client) -> None:
    body = {"code": "EAST", "name": "East", "time_zone": "Europe/Berlin"}
    assert post(sam, "hospitals", body).status_code == 201
    assert post(sam, "hospitals", body).status_code == 200
    assert post(sam, "hospitals", body | {"city": "Kiel"}).json()["city"] == "Kiel"
    assert Hospital.objects.get().issuer_of_patient_id == "EAST"


def test_wrong_value_names_the_field(sam: Client) -> None:
    answer = post(sam, "hospitals", {"code": "EAST", "name": "East", "time_zone": "Mars/Olympus"})
    assert answer.status_code == 400
    assert "Maybe Europe/Berlin" in answer.json()["errors"]["time_zone"][0]
    assert not Hospital.objects.exists()


def test_hospital_administrator_changes_own_hospital_but_not_its_issuers(nora: Client, north: Hospital) -> None:
    body = {"code": "NORTH", "name": north.name, "time_zone": north.time_zone, "city": "Kiel"}
    assert post(nora, "hospitals", body).status_code == 200
    assert post(nora, "hospitals", body | {"issuer_of_patient_id": "OTHER"}).status_code == 403
    assert post(nora, "hospitals", body | {"code": "EAST"}).status_code == 404
    north.refresh_from_db()
    assert (north.city, north.issuer_of_patient_id) == ("Kiel", "NORTH")


def test_person_is_added_once_then_changed(sam: Client, north: Hospital) -> None:
    body = {"email": "ada@example.org", "name": "Ada", "role": "radiologist", "hospitals": ["NORTH"]}
    answer = post(sam, "people", body | {"subspecialties": ["neuro"], "password": "a long enough secret"})
    assert (answer.status_code, answer.json()["subspecialties"]) == (201, ["neuro"])
    assert "password" not in answer.json()
    assert post(sam, "people", body).status_code == 200
    assert User.objects.get(email="ada@example.org").check_password("a long enough secret")
    wrong = post(sam, "people", body | {"password": "short"})
    assert "at least 10" in wrong.json()["errors"]["password"][0]
    assert post(sam, "people", body | {"hospitals": ["NOWHERE"]}).status_code == 400


def test_hospital_administrator_adds_referrers_of_the_own_hospital_only(nora: Client, north: Hospital) -> None:
    south = make_hospital("SOUTH")
    body = {"email": "anna@example.org", "name": "Anna", "role": "referring_physician", "hospitals": ["NORTH"]}
    assert post(nora, "people", body).status_code == 201
    for change, status in (
        ({"hospitals": ["SOUTH"]}, 404),
        ({"hospitals": []}, 403),
        ({"role": "system_administrator"}, 403),
        ({"role": "radiologist"}, 403),
        ({"email": make_user("referring_physician", north, south).email, "password": "taken over 123"}, 403),
        ({"email": make_user("system_administrator").email, "password": "taken over 123"}, 403),
    ):
        assert post(nora, "people", body | change).status_code == status, change
    assert Membership.objects.filter(hospital=south).count() == 1


def test_privilege_and_shift_are_granted_and_taken_away(sam: Client, north: Hospital) -> None:
    ada = make_radiologist(north, on_shift=False)
    granted = post(sam, "reading-privileges", {"radiologist": ada.email, "hospital": "NORTH", "modality": "CT"})
    assert granted.status_code == 201
    assert sam.delete(f"/api/reading-privileges/{granted.json()['id']}/").status_code == 204
    assert ReadingPrivilege.objects.get(modality="CT").valid_until <= timezone.now()
    now = timezone.now()
    body = {"radiologist": ada.email, "starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=8)).isoformat()}
    shift = post(sam, "shifts", body)
    assert (shift.status_code, Shift.objects.count()) == (201, 1)
    assert post(sam, "shifts", body).json()["id"] == shift.json()["id"]
    assert "ends_at" in post(sam, "shifts", body | {"ends_at": body["starts_at"]}).json()["errors"]
    assert sam.delete(f"/api/shifts/{shift.json()['id']}/").status_code == 204
    assert not Shift.objects.exists()


def test_token_signs_a_machine_in_until_the_account_is_locked_out(sam: Client, north: Hospital) -> None:
    machine = make_user("hospital_administrator", north)
    answer = sam.post(f"/api/people/{machine.pk}/token/")
    assert answer.status_code == 201
    header = {"Authorization": f"Token {answer.json()['token']}"}
    own = Client().get("/api/hospitals/", headers=header)
    assert [row["code"] for row in own.json()["results"]] == ["NORTH"]
    # No cookie is used, so a machine needs no CSRF token.
    strict = Client(enforce_csrf_checks=True)
    body = {"code": "NORTH", "name": "North", "time_zone": "UTC"}
    assert post(strict, "hospitals", body, headers=header).status_code == 200
    User.objects.filter(pk=machine.pk).update(is_active=False)
    assert Client().get("/api/hospitals/", headers=header).status_code == 401


@pytest.mark.parametrize("token", ["", "wrong", "0" * 64, "a b"])
def test_wrong_token_is_answered_401(north: Hospital, token: str) -> None:
    answer = Client().get("/api/hospitals/", headers={"Authorization": f"Token {token}"})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Token"


def test_only_the_system_administrator_or_the_person_makes_a_token(nora: Client, north: Hospital) -> None:
    other = make_user("hospital_administrator", north)
    assert nora.post(f"/api/people/{other.pk}/token/").status_code == 403
    assert browser(other).post(f"/api/people/{other.pk}/token/").status_code == 201
    foreign = make_user("hospital_administrator", make_hospital("SOUTH"))
    assert nora.post(f"/api/people/{foreign.pk}/token/").status_code == 404
