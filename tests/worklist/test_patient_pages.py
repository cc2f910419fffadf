"""Patients by page and API: both sides are shown, a reason is asked for, everything has its way back."""

from typing import Any

import pytest
from django.test import Client

from hospitals.models import Hospital, User
from pacs_core.archive.models import Patient, PatientChange, PatientLink, Study
from pacs_core.archive.services.identity import merge_patients
from pacs_core.archive.services.links import link_patients
from pacs_core.audit.models import AuditEntry
from tests.story import make_hospital, make_item, make_order, make_patient, make_study, make_user, see_all

pytestmark = pytest.mark.django_db


class Desk:
    """A coordinator of two hospitals, and one who sees only the first."""

    def __init__(self) -> None:
        self.north, self.south = make_hospital("NORTH"), make_hospital("SOUTH")
        self.one = make_patient(self.north, name="MÜLLER^ZOË", patient_id="NO-1")
        self.other = make_patient(self.north, name="MULLER^ZOE", patient_id="NO-2")
        self.far = make_patient(self.south, name="MULLER^ZOE", patient_id="SOUTH-1")
        self.study = make_study(self.north, self.other, accession_number="A1")
        self.both = self.browser(self.north, self.south)
        self.north_only = self.browser(self.north)

    def browser(self, *hospitals: Hospital, role: str = "coordinator") -> Client:
        client = Client()
        client.force_login(make_user(role, *hospitals))
        return client

    def get(self, address: str, client: Client | None = None) -> str:
        answer = (client or self.both).get(address)
        assert answer.status_code == 200, answer.status_code
        return answer.content.decode()

    def post(self, address: str, client: Client | None = None, **values: Any) -> str:
        """Send a form; return the page that it leads to."""
        answer = (client or self.both).post(address, values, follow=True)
        assert answer.status_code == 200, answer.status_code
        return answer.content.decode()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_search_minds_neither_case_nor_accents_and_stays_out_of_addresses(desk: Desk) -> None:
    found = desk.both.post("/patients/", {"search": "muller zoe"}, headers={"HX-Request": "true"})
    page = found.content.decode()
    assert all(number in page for number in ("NO-1", "NO-2", "SOUTH-1"))
    assert "muller" not in found["HX-Push-Url"]
    assert "SOUTH-1" not in desk.post("/patients/", desk.north_only, search="muller")


def test_patient_is_found_by_old_id_and_by_other_numbers(desk: Desk) -> None:
    with see_all():
        desk.one.identifiers.create(hospital=desk.north, value="4711", issuer="NHS")
    desk.post(f"/patients/{desk.one.pk}/merge/{desk.other.pk}/", reason="same")
    for words in ("NO-2", "4711"):
        page = desk.post("/patients/", search=words)
        assert f"/patients/{desk.one.pk}/" in page
        assert f"/patients/{desk.other.pk}/" not in page


def test_both_sides_are_shown_before_a_merge_and_it_is_undone_from_the_history(desk: Desk) -> None:
    page = desk.get(f"/patients/{desk.one.pk}/compare/{desk.other.pk}/")
    assert all(words in page for words in ("NO-1", "NO-2", "A1", "Keep this record", "same name"))
    page = desk.post(f"/patients/{desk.one.pk}/merge/{desk.other.pk}/", reason="same birth record")
    assert all(words in page for words in ("same birth record", "A1", "Images name"))
    with see_all():
        change = PatientChange.objects.get()
        assert Study.objects.get().patient_id == desk.one.pk
    page = desk.post(f"/patients/changes/{change.pk}/undo/", reason="no, twins", patient=desk.one.pk)
    assert "no, twins" in page
    with see_all():
        assert Study.objects.get().patient_id == desk.other.pk


def test_a_decision_without_a_reason_changes_nothing(desk: Desk) -> None:
    for address in (
        f"/patients/{desk.one.pk}/merge/{desk.other.pk}/",
        f"/patients/{desk.one.pk}/move/{desk.study.pk}/",
        f"/patients/{desk.one.pk}/link/{desk.far.pk}/",
    ):
        assert "Say why" in desk.post(address, reason="  ")
    with see_all():
        assert not PatientChange.objects.exists()
        assert not PatientLink.objects.exists()


def test_study_is_moved_with_its_order(desk: Desk) -> None:
    order = make_order(desk.north, desk.other)
    make_item(desk.north, desk.study, order)
    desk.post(f"/patients/{desk.one.pk}/move/{desk.study.pk}/", reason="wrong entry", with_order="on")
    with see_all():
        order.refresh_from_db()
        assert order.patient_id == Study.objects.get().patient_id == desk.one.pk
    assert "this patient&#x27;s already" in desk.post(f"/patients/{desk.one.pk}/move/{desk.study.pk}/", reason="again")


def test_details_are_corrected_and_a_bad_date_is_refused_beside_its_field(desk: Desk) -> None:
    address = f"/patients/{desk.one.pk}/correct/"
    values = {"name": "MEIER^ZOE", "birth_date": "1970-02-31", "sex": "F", "reason": "typed wrong"}
    refused = desk.both.post(address, values)
    assert refused.status_code == 422
    assert "Enter a valid date" in refused.content.decode()
    assert "MEIER, ZOE" in desk.post(address, **(values | {"birth_date": ""}))
    with see_all():
        patient = Patient.objects.get(pk=desk.one.pk)
        assert (patient.name, patient.birth_date, patient.sex) == ("MEIER^ZOE", None, "F")


def test_records_of_two_hospitals_are_linked_and_unlinked(desk: Desk) -> None:
    assert "merged" not in desk.get(f"/patients/{desk.one.pk}/compare/{desk.far.pk}/")
    make_study(desk.south, desk.far, accession_number="FAR7")
    assert "FAR7" in desk.post(f"/patients/{desk.one.pk}/link/{desk.far.pk}/", reason="passport")
    assert "FAR7" not in desk.get(f"/patients/{desk.one.pk}/", desk.north_only)
    with see_all():
        link = PatientLink.objects.get()
    assert "NO-1" in desk.get("/patients/links/?status=linked")
    assert "NO-1" not in desk.get("/patients/links/?status=linked", desk.north_only)
    desk.post(f"/patients/links/{link.pk}/decide/", status="declined", reason="cousins")
    assert "FAR7" not in desk.get(f"/patients/{desk.one.pk}/")
    assert "Say whether" in desk.post(f"/patients/links/{link.pk}/decide/", status="?", reason="x")


@pytest.mark.parametrize(
    "address",
    [
        "/patients/{far}/",
        "/patients/{one}/compare/{far}/",
        "/patients/?beside={far}",
        "/api/patients/{far}/",
    ],
)
def test_another_hospitals_patient_does_not_exist(desk: Desk, address: str) -> None:
    where = address.format(one=desk.one.pk, far=desk.far.pk)
    assert desk.north_only.get(where).status_code == 404
    assert desk.both.get(where).status_code == 200


def test_another_hospitals_patient_is_neither_merged_nor_linked_nor_corrected(desk: Desk) -> None:
    for what in (f"{desk.one.pk}/merge/{desk.far.pk}", f"{desk.one.pk}/link/{desk.far.pk}", f"{desk.far.pk}/correct"):
        assert desk.north_only.post(f"/patients/{what}/", {"reason": "x", "name": "A"}).status_code == 404
    with see_all():
        assert not PatientChange.objects.exists()
        assert not PatientLink.objects.exists()


def test_looking_at_a_patient_is_in_the_audit_trail(desk: Desk) -> None:
    desk.get(f"/patients/{desk.one.pk}/")
    desk.get(f"/api/patients/{desk.one.pk}/")
    entries = AuditEntry.objects.filter(action="patient.viewed", object_id=str(desk.one.pk))
    assert entries.count() == 2
    assert User.objects.filter(pk=entries[0].actor_id).exists()


def test_api_merges_and_says_why_it_does_not(desk: Desk) -> None:
    address = f"/api/patients/{desk.one.pk}/merge/"
    answer = desk.both.post(
        address, {"merged_patient": desk.other.pk, "reason": "same"}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["old_ids"]) == (200, ["NO-2"])
    for body, status, words in (
        ({"merged_patient": desk.one.pk, "reason": "x"}, 409, "into itself"),
        ({"merged_patient": desk.far.pk, "reason": "x"}, 409, "linked, not merged"),
        ({"merged_patient": desk.other.pk}, 400, "reason"),
    ):
        answer = desk.both.post(address, body, content_type="application/json")
        assert answer.status_code == status
        assert words in answer.content.decode()
    change = desk.both.get(f"/api/patient-changes/?patient={desk.one.pk}").json()["results"][0]
    undone = desk.both.post(
        f"/api/patient-changes/{change['id']}/undo/", {"reason": "twins"}, content_type="application/json"
    )
    assert undone.json()["undone_at"] is not None


def test_api_search_is_a_body(desk: Desk) -> None:
    assert desk.both.get("/api/patients/?search=muller").status_code == 400
    answer = desk.both.post("/api/patients/search/", {"search": "muller"}, content_type="application/json")
    assert {row["patient_id"] for row in answer.json()["results"]} == {"NO-1", "NO-2", "SOUTH-1"}


def test_api_links_only_what_both_sides_show(desk: Desk) -> None:
    body = {"patient": desk.far.pk, "other_patient": desk.one.pk, "reason": "passport"}
    assert desk.north_only.post("/api/patient-links/", body, content_type="application/json").status_code == 404
    answer = desk.both.post("/api/patient-links/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (201, "linked")
    assert desk.north_only.get("/api/patient-links/").json()["results"] == []


def test_that_a_record_is_linked_shows_only_to_who_sees_the_other_one(desk: Desk) -> None:
    with see_all():
        link_patients(patient_id=desk.far.pk, other_patient_id=desk.one.pk)
        merge_patients(surviving_id=desk.one.pk, merged_id=desk.other.pk)
    for client, person in ((desk.both, min(desk.one.pk, desk.far.pk)), (desk.north_only, None)):
        assert (">linked<" in desk.get("/patients/", client)) is (person is not None)
        rows = client.get("/api/patients/").json()["results"]
        assert {row["person"] for row in rows} == {person}
        for record in (desk.one, desk.other):
            assert client.get(f"/api/patients/{record.pk}/").json()["person"] == person


def test_national_rule_is_added_once_and_removed_by_page(desk: Desk) -> None:
    values = {"hospital": desk.north.pk, "scheme": "NHS", "type_code": "NI"}
    assert "NHS" in desk.post("/patients/national-identifiers/", **values)
    refused = desk.both.post("/patients/national-identifiers/", values | {"scheme": "KVNR"})
    assert (refused.status_code, "of NHS already" in refused.content.decode()) == (422, True)
    foreign = desk.north_only.post("/patients/national-identifiers/", values | {"hospital": desk.south.pk})
    assert foreign.status_code == 422
    (rule,) = desk.both.get("/api/national-identifier-rules/").json()["results"]
    desk.post(f"/patients/national-identifiers/{rule['id']}/remove/")
    assert desk.both.get("/api/national-identifier-rules/").json()["results"] == []
