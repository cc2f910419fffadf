"""The referring physician's portal and the verification page."""

import hashlib

import pytest
from django.test import Client

from hospitals.selectors.scopes import scope_of_user
from pacs_core.access.scopes import open_scope
from pacs_core.archive.models import ViewingGrant
from pacs_core.audit.models import AuditEntry
from reporting import document_store
from reporting.models import Delivery, ReportVersion
from reporting.services.addenda import start_addendum
from reporting.services.delivery import deliver_version
from tests.reporting.arrange import TEXT, make_case
from tests.story import in_hospital, make_radiologist, make_user
from worklist.models import Order

pytestmark = pytest.mark.django_db


def signed_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


def deliver(case, version):
    with in_hospital(case.hospital):
        return deliver_version(version)


@pytest.fixture
def case():
    case = make_case()
    case.version = case.signed()
    deliver(case, case.version)
    return case


def addresses(case):
    return [
        f"/portal/reports/{case.report.pk}/",
        f"/portal/reports/{case.version.pk}/pdf/",
        f"/portal/reports/{case.report.pk}/images/",
    ]


def actions_of(user, case):
    with in_hospital(case.hospital):
        return list(AuditEntry.objects.filter(actor=user).order_by("pk").values_list("action", flat=True))


def test_new_reports_come_first_and_are_seen_afterwards(case):
    browser = signed_in(case.referrer)
    page = browser.get("/portal/")
    assert [delivery.report_version_id for delivery in page.context["new_deliveries"]] == [case.version.pk]
    browser.get(f"/portal/reports/{case.report.pk}/")
    page = browser.get("/portal/")
    assert page.context["new_deliveries"] == []
    assert len(page.context["seen_deliveries"]) == 1


def test_the_impression_comes_first(case):
    page = signed_in(case.referrer).get(f"/portal/reports/{case.report.pk}/")
    assert page.context["sections"][0]["name"] == "impression"
    text = page.content.decode()
    assert text.index(TEXT["impression"]) < text.index(TEXT["findings"])


def test_the_download_is_the_stored_bytes_and_names_no_patient(case):
    response = signed_in(case.referrer).get(f"/portal/reports/{case.version.pk}/pdf/")
    stored = (document_store.reports_root() / case.version.pdf_path).read_bytes()
    assert response.content == stored
    assert hashlib.sha256(response.content).hexdigest() == case.version.pdf_sha256
    assert response["Content-Disposition"] == f'attachment; filename="report-{case.report.pk}-v1.pdf"'
    with in_hospital(case.hospital):
        assert Delivery.objects.get().downloads == 1


def test_each_look_and_download_is_in_the_audit_trail(case):
    browser = signed_in(case.referrer)
    for address in addresses(case):
        browser.get(address)
        browser.get(address)
    actions = [action for action in actions_of(case.referrer, case) if action.startswith(("report.", "study."))]
    assert actions == [
        "report.viewed",
        "report.viewed",
        "report.downloaded",
        "report.downloaded",
        "study.viewing_granted",
        "study.viewing_granted",
    ]


def test_images_open_by_a_grant_for_this_study_alone(case):
    response = signed_in(case.referrer).get(f"/portal/reports/{case.report.pk}/images/")
    with in_hospital(case.hospital):
        grant = ViewingGrant.objects.get(purpose="portal")
        assert grant.study_ids == [case.report.worklist_item.study_id]
    assert (grant.user_id, response.status_code) == (case.referrer.pk, 302)
    assert response["Location"].endswith(f"&reading={grant.key}")


def test_another_physician_of_the_same_hospital_finds_nothing(case):
    browser = signed_in(make_user("referring_physician", case.hospital))
    assert browser.get("/portal/").context["deliveries"] == []
    assert [browser.get(address).status_code for address in addresses(case)] == [404, 404, 404]
    with in_hospital(case.hospital):
        assert Delivery.objects.get().first_viewed_at is None
        assert not ViewingGrant.objects.filter(purpose="portal").exists()


def test_a_physician_of_another_hospital_finds_nothing(case):
    browser = signed_in(make_case("SOUTH").referrer)
    assert [browser.get(address).status_code for address in addresses(case)] == [404, 404, 404]


def test_an_order_corrected_to_another_physician_closes_the_door(case):
    with in_hospital(case.hospital):
        Order.objects.update(referring_physician=make_user("referring_physician", case.hospital))
    browser = signed_in(case.referrer)
    assert [browser.get(address).status_code for address in addresses(case)] == [404, 404, 404]


@pytest.mark.parametrize("role", ["coordinator", "radiologist", "system_administrator"])
def test_other_roles_have_no_portal(case, role):
    browser = signed_in(make_user(role, case.hospital))
    assert [browser.get(address).status_code for address in ["/portal/", *addresses(case)]] == [403] * 4


def test_nobody_is_sent_to_sign_in(case):
    for address in ["/portal/", *addresses(case)]:
        response = Client().get(address)
        assert (response.status_code, response["Location"][:9]) == (302, "/sign-in/")


def test_a_referring_physician_does_not_reach_the_readers_pdf(case):
    assert signed_in(case.referrer).get(f"/reports/{case.report.pk}/versions/1/pdf/").status_code == 403


def test_a_reader_of_another_hospital_does_not_find_the_pdf(case):
    stranger = make_radiologist(make_case("SOUTH").hospital)
    assert signed_in(stranger).get(f"/reports/{case.report.pk}/versions/1/pdf/").status_code == 404


def test_changed_bytes_are_not_handed_out(case):
    path = document_store.reports_root() / case.version.pdf_path
    path.write_bytes(path.read_bytes()[:-1])
    browser = signed_in(case.referrer)
    browser.raise_request_exception = False
    assert browser.get(f"/portal/reports/{case.version.pk}/pdf/").status_code == 500


def sign_addendum(case):
    with open_scope(scope_of_user(case.radiologist)):
        report = start_addendum(report_id=case.report.pk, user=case.radiologist)
    case.save(report.draft_version, impression="Changed.")
    version = case.produce(case.sign())
    deliver(case, version)
    return version


def test_an_addendum_is_new_again_and_earlier_versions_stay_readable(case):
    browser = signed_in(case.referrer)
    browser.get(f"/portal/reports/{case.report.pk}/")
    second = sign_addendum(case)
    assert [d.report_version_id for d in browser.get("/portal/").context["new_deliveries"]] == [second.pk]
    page = browser.get(f"/portal/reports/{case.report.pk}/")
    assert [delivery.report_version.number for delivery in page.context["versions"]] == [2, 1]
    assert browser.get(f"/portal/reports/{case.version.pk}/pdf/").status_code == 200


@pytest.mark.parametrize(
    ("level", "words"),
    [("B-B", "no timestamp authority configured"), ("B-T", "time confirmed by a timestamp authority")],
)
def test_the_portal_says_how_the_version_is_signed(case, level, words):
    assert ReportVersion(level=level).level_in_words == f"PAdES {level}, {words}"
    page = signed_in(case.referrer).get(f"/portal/reports/{case.report.pk}/").content.decode()
    assert case.version.level_in_words in page
    assert case.version.level == "B-B"
