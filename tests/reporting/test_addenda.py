"""An addendum that is given up: over the page and the API, by its author only, leaving what was signed."""

import pytest
from django.test import Client

from pacs_core.audit.models import AuditEntry
from reporting.models import DraftVersion, Report, ReportVersion
from tests.reporting.arrange import TEXT, make_case
from tests.story import in_hospital, make_radiologist, make_user

pytestmark = pytest.mark.django_db


def signed_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def case():
    """A signed report whose author has begun an addendum and saved text in it."""
    case = make_case()
    case.signed()
    signed_in(case.radiologist).post(f"/reports/{case.report.pk}/addendum/")
    case.save(report_now(case).draft_version, impression="Never to be signed.")
    return case


def report_now(case):
    with in_hospital(case.hospital):
        return Report.objects.get(pk=case.report.pk)


def reading(case, user=None):
    return signed_in(user or case.radiologist).get(f"/reading/{case.report.worklist_item_id}/")


def address(case):
    return f"/api/reports/{case.report.pk}/addendum/"


def test_the_page_gives_up_the_addendum_and_shows_what_was_signed(case):
    page = reading(case)
    assert page.context["may"]["discard"]
    assert f"/reports/{case.report.pk}/addendum/discard/" in page.content.decode()
    answer = signed_in(case.radiologist).post(f"/reports/{case.report.pk}/addendum/discard/")
    assert answer["Location"] == f"/reading/{case.report.worklist_item_id}/"
    page = reading(case)
    assert page.context["report_data"]["sections"]["impression"] == TEXT["impression"]
    assert page.context["may"] == {"write": False, "release": False, "addend": True, "discard": False}
    assert (report_now(case).status, report_now(case).draft_kind) == ("signed", "FINAL")
    with in_hospital(case.hospital):
        assert DraftVersion.objects.filter(sections__impression="Never to be signed.").exists()
        assert ReportVersion.objects.count() == 1
        assert AuditEntry.objects.filter(actor=case.radiologist, action="report.addendum_discarded").count() == 1


def test_the_api_gives_up_the_addendum(case):
    browser = signed_in(case.radiologist)
    answer = browser.delete(address(case))
    assert (answer.status_code, answer.json()["status"]) == (200, "signed")
    assert browser.get(f"/api/reports/{case.report.pk}/").json()["sections"]["impression"] == TEXT["impression"]
    assert browser.delete(address(case)).status_code == 409


def test_after_giving_up_an_addendum_begins_anew(case):
    browser = signed_in(case.radiologist)
    browser.delete(address(case))
    assert browser.post(address(case), {"kind": "CORRECTED"}, "application/json").status_code == 201
    assert reading(case).context["report_data"]["sections"] == TEXT
    assert case.save(report_now(case).draft_version, impression="Right.").version


def test_only_its_author_gives_it_up(case):
    colleague = make_radiologist(case.hospital)
    stranger = make_radiologist(make_case("SOUTH").hospital)
    refused = [
        signed_in(user).delete(address(case)).status_code
        for user in (colleague, stranger, make_user("coordinator", case.hospital), case.referrer)
    ]
    assert refused == [409, 404, 403, 403]
    assert not reading(case, colleague).context["may"]["discard"]
    assert (report_now(case).status, report_now(case).draft_kind) == ("draft", "ADDENDUM")


def test_a_first_report_is_no_addendum():
    case = make_case("EAST")
    assert signed_in(case.radiologist).delete(address(case)).status_code == 409
    assert not reading(case).context["may"]["discard"]
    assert report_now(case).status == "draft"


def test_an_addendum_being_signed_is_not_given_up(case):
    case.sign()
    assert signed_in(case.radiologist).delete(address(case)).status_code == 409
    assert report_now(case).status == "signing"


def test_why_an_earlier_addendum_failed_is_not_told_of_the_next(case):
    version = case.sign()
    with in_hospital(case.hospital):
        ReportVersion.objects.filter(pk=version.pk).update(state="failed", failure="Character not printable.")
        Report.objects.update(status="draft")
    assert reading(case).context["signing_failure"] == "Character not printable."
    browser = signed_in(case.radiologist)
    browser.delete(address(case))
    assert reading(case).context["signing_failure"] == ""
    browser.post(address(case), {}, "application/json")
    assert reading(case).context["signing_failure"] == ""
