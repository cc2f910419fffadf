"""The page behind a printed report's QR code: what it tells whom, and how often."""

import pytest
import redis
from django.conf import settings
from django.test import Client

from hospitals.selectors.scopes import scope_of_user
from pacs_core.access.scopes import open_scope
from pacs_core.audit.models import AuditEntry
from reporting import request_rate
from reporting.selectors.verification import UNKNOWN_ALLOWED
from reporting.services.addenda import start_addendum
from reporting.services.delivery import deliver_version
from reporting.verification_codes import code_of_nonce
from reporting.views.verification import REQUESTS_A_MINUTE
from tests.reporting.arrange import make_case
from tests.story import in_hospital, make_radiologist, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_counts():
    """Requests are counted in Valkey, which no transaction rolls back."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter("meridian-rate:*"):
        client.delete(key)
    client.close()


@pytest.fixture
def case():
    case = make_case()
    case.version = case.signed()
    with in_hospital(case.hospital):
        deliver_version(case.version)
        case.patient = case.report.worklist_item.study.patient
    return case


def verify(code, user=None, **headers):
    browser = Client(**headers)
    if user is not None:
        browser.force_login(user)
    return browser.get(f"/verify/{code}/")


def code_of(case):
    return code_of_nonce(case.version.verification_nonce)


def names_patient(page):
    """Say whether DOE^JANE is named in any way that a random code on the page cannot be."""
    text = page.content.decode().upper()
    return any(name in text for name in ("DOE,", "DOE^", "DOE ", "JANE"))


def test_the_page_knows_the_version_and_no_patient(case):
    page = verify(code_of(case))
    text = page.content.decode()
    assert page.status_code == 200
    assert case.version.pdf_sha256 in text
    assert case.radiologist.name in text
    assert "no timestamp authority configured" in text
    assert f"{case.version.signed_at.astimezone(case.hospital.zone):%H:%M %Z}" in text
    assert case.patient.patient_id not in text
    assert not names_patient(page)


def test_the_patient_is_named_to_those_who_read_the_report(case):
    for user in (case.radiologist, case.referrer):
        assert names_patient(verify(code_of(case), user))
        with in_hospital(case.hospital):
            assert AuditEntry.objects.filter(actor=user, action="report.verified_with_name").count() == 1


def test_the_patient_is_not_named_to_anyone_else(case):
    elsewhere = make_case("SOUTH", patient_name="OTHER^ONE")
    strangers = [
        make_user("referring_physician", case.hospital),
        make_user("hospital_administrator", case.hospital),
        make_radiologist(elsewhere.hospital),
        elsewhere.referrer,
    ]
    for stranger in strangers:
        page = verify(code_of(case), stranger)
        assert page.status_code == 200
        assert not names_patient(page)


def test_a_superseded_version_says_by_which(case):
    with open_scope(scope_of_user(case.radiologist)):
        report = start_addendum(report_id=case.report.pk, user=case.radiologist)
    case.save(report.draft_version, impression="Changed.")
    case.produce(case.sign())
    page = verify(code_of(case))
    assert page.context["verified"].superseded_by == 2
    assert "by version 2" in page.content.decode()


def test_every_unknown_code_gets_the_same_answer(case):
    case_of_requested = make_case("SOUTH")
    case_of_requested.save(1)
    requested = code_of_nonce(case_of_requested.sign().verification_nonce)
    answers = [verify(code) for code in ("AAAAAAAAAAAAAAAAAAAA", "1", "%F0%9F%98%80", requested)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_guessing_codes_is_slowed_down(case):
    for number in range(UNKNOWN_ALLOWED):
        assert verify(f"{number:020}").status_code == 404
    assert verify("A" * 20).status_code == 429
    assert verify(code_of(case)).status_code == 429


def test_one_address_asks_thirty_times_a_minute(case, monkeypatch):
    monkeypatch.setattr(request_rate, "time", lambda: 1_800_000_000)
    assert {verify(code_of(case)).status_code for _ in range(REQUESTS_A_MINUTE)} == {200}
    assert verify(code_of(case)).status_code == 429
    assert verify(code_of(case), REMOTE_ADDR="192.0.2.7").status_code == 200
    monkeypatch.setattr(request_rate, "time", lambda: 1_800_000_061)
    assert verify(code_of(case)).status_code == 200


def test_without_valkey_the_page_still_answers(case, settings):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    request_rate._valkey.cache_clear()
    try:
        assert verify(code_of(case)).status_code == 200
    finally:
        request_rate._valkey.cache_clear()
