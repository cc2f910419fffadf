"""The report API: same answers as the editor's socket, problems by name, and who is let in."""

import uuid

import pytest
from django.test import Client

from pacs_core.audit.models import AuditEntry
from reporting.models import DraftVersion, Report, ReportVersion
from reporting.services.passwords import FAILURES_ALLOWED
from tests.reporting.arrange import TEXT, UNPRINTABLE_NAME, make_case
from tests.story import PASSWORD, in_hospital, make_hospital, make_radiologist, make_user

pytestmark = pytest.mark.django_db


def signed_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def case():
    return make_case()


def post(user, address, body):
    return signed_in(user).post(address, body, content_type="application/json")


def save(case, base_version, *, user=None, request_id=None, **sections):
    body = {
        "request_id": request_id or str(uuid.uuid4()),
        "base_version": base_version,
        "sections": TEXT | sections,
    }
    return post(user or case.radiologist, f"/api/reports/{case.report.pk}/draft/", body)


def sign(case, *, user=None, **fields):
    body = {"password": PASSWORD, "base_version": 2} | fields
    return post(user or case.radiologist, f"/api/reports/{case.report.pk}/sign/", body)


def count(case, model):
    with in_hospital(case.hospital):
        return model.objects.count()


def test_reports_are_listed_and_narrowed(case):
    browser = signed_in(case.radiologist)
    (found,) = browser.get("/api/reports/").json()["results"]
    assert (found["id"], found["status"]) == (case.report.pk, "draft")
    assert browser.get("/api/reports/?status=signed").json()["results"] == []
    assert browser.get(f"/api/reports/?worklist_item={found['worklist_item']}").json()["count"] == 1


def test_a_report_comes_with_its_draft_and_checks(case):
    report = signed_in(case.radiologist).get(f"/api/reports/{case.report.pk}/").json()
    assert report["draft_version"] == 1
    assert report["sections"]["findings"] == ""
    assert [check["section"] for check in report["checks"]] == ["findings", "impression"]
    assert set(report["checks"][0]) == {
        *("code", "key", "section", "severity", "message", "from", "to", "fix", "blocking"),
    }


def test_a_save_answers_as_the_socket_does(case):
    request_id = str(uuid.uuid4())
    response = save(case, 1, request_id=request_id)
    body = response.json()
    assert response.status_code == 200
    assert (body["type"], body["version"], body["request_id"], body["checks"]) == ("saved", 2, request_id, [])
    assert save(case, 1, request_id=request_id).json() == body
    assert count(case, DraftVersion) == 2


def test_a_conflict_is_409_with_the_other_text(case):
    save(case, 1, findings="First.")
    response = save(case, 1, findings="Second.")
    body = response.json()
    assert response.status_code == 409
    assert (body["type"], body["version"], body["sections"]["findings"]) == ("conflict", 2, "First.")
    assert body["saved_by"] == case.radiologist.name


def test_text_keeps_its_spaces_and_line_ends(case):
    save(case, 1, findings="  Indented\n\n")
    report = signed_in(case.radiologist).get(f"/api/reports/{case.report.pk}/").json()
    assert report["sections"]["findings"] == "  Indented\n\n"


def test_signing_is_accepted_and_done_by_a_worker(case):
    save(case, 1)
    response = sign(case)
    assert (response.status_code, response.json()["state"]) == (202, "requested")
    with in_hospital(case.hospital):
        version = case.produce(ReportVersion.objects.get())
    browser = signed_in(case.radiologist)
    report = browser.get(f"/api/reports/{case.report.pk}/").json()
    assert report["status"] == "signed"
    assert report["pdf_url"] == f"/reports/{case.report.pk}/versions/1/pdf/"
    (listed,) = browser.get(f"/api/reports/{case.report.pk}/versions/").json()
    assert (listed["number"], listed["pdf_sha256"]) == (1, version.pdf_sha256)
    pdf = browser.get(f"/api/reports/{case.report.pk}/versions/1/pdf/", headers={"accept": "application/pdf"})
    assert pdf.content.startswith(b"%PDF-1.7")
    assert browser.get(f"/api/reports/{case.report.pk}/versions/2/pdf/").status_code == 404


def test_why_signing_failed_is_told():
    case = make_case(patient_name=UNPRINTABLE_NAME)
    save(case, 1)
    sign(case)
    with in_hospital(case.hospital):
        case.produce(ReportVersion.objects.get())
    report = signed_in(case.radiologist).get(f"/api/reports/{case.report.pk}/").json()
    assert report["status"] == "draft"
    assert "U+1F600" in report["failure"]


def test_checks_that_refuse_are_in_the_problem(case):
    save(case, 1, impression="")
    response = sign(case)
    problem = response.json()
    assert (response.status_code, response["Content-Type"]) == (409, "application/problem+json")
    assert (problem["title"], problem["checks"][0]["section"]) == ("checks_refuse", "impression")
    assert count(case, ReportVersion) == 0


def test_a_wrong_password_is_403_and_audited(case):
    save(case, 1)
    response = sign(case, password="guess")
    assert (response.status_code, response.json()["title"]) == (403, "wrong_password")
    assert "guess" not in response.content.decode()
    assert count(case, ReportVersion) == 0
    with in_hospital(case.hospital):
        entry = AuditEntry.objects.get(action="report.signing_password_wrong")
    assert (entry.actor_id, entry.object_id) == (case.radiologist.pk, str(case.report.pk))


def test_wrong_passwords_soon_stop_the_right_one_too(case):
    save(case, 1)
    for _ in range(FAILURES_ALLOWED):
        assert sign(case, password="guess").status_code == 403
    response = sign(case)
    assert (response.status_code, response.json()["title"]) == (429, "too_many_attempts")
    assert count(case, ReportVersion) == 0


def test_an_addendum_needs_a_signed_report(case):
    response = post(case.radiologist, f"/api/reports/{case.report.pk}/addendum/", {})
    assert (response.status_code, response.json()["title"]) == (409, "not_editable")


def test_a_correction_begins_from_the_signed_text(case):
    case.signed()
    response = post(case.radiologist, f"/api/reports/{case.report.pk}/addendum/", {"kind": "CORRECTED"})
    assert (response.status_code, response.json()["draft_kind"]) == (201, "CORRECTED")
    report = signed_in(case.radiologist).get(f"/api/reports/{case.report.pk}/").json()
    assert report["sections"] == TEXT


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"request_id": "x", "base_version": 1, "sections": TEXT},
        {"request_id": str(uuid.uuid4()), "base_version": -1, "sections": TEXT},
        {"request_id": str(uuid.uuid4()), "base_version": 1, "sections": {"findings": "x"}},
        {"request_id": str(uuid.uuid4()), "base_version": 1, "sections": TEXT | {"findings": "x" * 60_000}},
        {"request_id": str(uuid.uuid4()), "base_version": 1, "sections": "text"},
    ],
)
def test_malformed_saves_are_400(case, body):
    assert post(case.radiologist, f"/api/reports/{case.report.pk}/draft/", body).status_code == 400
    assert count(case, DraftVersion) == 1


def every_call(case, user):
    browser, address = signed_in(user) if user else Client(), f"/api/reports/{case.report.pk}/"
    save_body = {"request_id": str(uuid.uuid4()), "base_version": 1, "sections": TEXT}
    sign_body = {"password": PASSWORD, "base_version": 1}
    posts = {"draft/": save_body, "sign/": sign_body, "addendum/": {}}
    yield browser.get(address)
    yield browser.get(f"{address}versions/")
    yield browser.get(f"{address}versions/1/pdf/")
    for path, body in posts.items():
        yield browser.post(address + path, body, content_type="application/json")


@pytest.mark.parametrize(
    ("who", "status"),
    [("nobody", 401), ("other_hospital", 404), ("coordinator", 403), ("referring_physician", 403)],
)
def test_who_is_refused_and_that_nothing_happens(case, who, status):
    makers = {
        "nobody": lambda: None,
        "other_hospital": lambda: make_radiologist(make_hospital("SOUTH")),
        "coordinator": lambda: make_user("coordinator", case.hospital),
        "referring_physician": lambda: case.referrer,
    }
    assert [response.status_code for response in every_call(case, makers[who]())] == [status] * 6
    assert (count(case, DraftVersion), count(case, ReportVersion)) == (1, 0)
    with in_hospital(case.hospital):
        assert Report.objects.get().status == Report.Status.DRAFT


def test_a_colleague_reads_but_does_not_write(case):
    colleague = make_radiologist(case.hospital)
    assert signed_in(colleague).get(f"/api/reports/{case.report.pk}/").status_code == 200
    assert save(case, 1, user=colleague).status_code == 403
    save(case, 1)
    assert sign(case, user=colleague).status_code == 403
    assert count(case, ReportVersion) == 0


def test_a_strangers_list_is_empty(case):
    stranger = make_radiologist(make_hospital("SOUTH"))
    assert signed_in(stranger).get("/api/reports/").json()["results"] == []


def test_a_session_without_csrf_token_writes_nothing(case):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(case.radiologist)
    body = {"request_id": str(uuid.uuid4()), "base_version": 1, "sections": TEXT}
    response = browser.post(f"/api/reports/{case.report.pk}/draft/", body, content_type="application/json")
    assert response.status_code == 403
    assert count(case, DraftVersion) == 1
