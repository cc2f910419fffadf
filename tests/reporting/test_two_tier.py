"""Two-tier reading: a resident reads, an attending edits and signs, and the resident sees what was changed."""

import subprocess

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from reporting import document_store
from reporting.errors import ChecksRefuse, NotClaimHolder, NothingToFinish, ResidentCannotSign
from reporting.models import PreliminaryVersion, ReportVersion
from reporting.selectors.comparison import comparison_for
from reporting.selectors.reports import current_draft
from reporting.services.addenda import start_addendum
from reporting.services.delivery import deliver_version
from tests.reporting.readings import FINAL_IMPRESSION, PRELIMINARY_IMPRESSION, ReadTwice, make_two_tier
from tests.story import as_user, in_hospital

pytestmark = pytest.mark.django_db


@pytest.fixture
def twice() -> ReadTwice:
    return make_two_tier()


def signed_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


def sign_after(twice):
    """The whole way: the resident finishes, the attending changes the impression and signs."""
    twice.read_first()
    twice.open(twice.second)
    twice.save(twice.second, impression=FINAL_IMPRESSION)
    return twice.sign(twice.second)


def test_a_residents_reading_is_kept_and_the_item_waits_for_an_attending(twice):
    version = twice.read_first()
    assert (version.kind, version.number, version.printed_name) == ("preliminary", 1, twice.first.name)
    assert version.sections["impression"] == PRELIMINARY_IMPRESSION
    item = twice.item()
    assert (item.status, item.reading_stage, item.first_reader) == ("unassigned", 2, twice.first)


def test_finished_twice_it_is_one(twice):
    twice.save(twice.first)
    with as_user(twice.first):
        twice.case.report.refresh_from_db()
    draft = twice.case.report.draft_version
    assert twice.finish(twice.first).pk == twice.finish(twice.first, base_version=draft).pk
    assert len(twice.case.events("WorklistItemReleased")) == 1


def test_a_preliminary_version_never_changes(twice):
    version = twice.read_first()
    with in_hospital(twice.case.hospital), pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        PreliminaryVersion.objects.filter(pk=version.pk).update(printed_name="Someone else")
    with in_hospital(twice.case.hospital), pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        PreliminaryVersion.objects.filter(pk=version.pk).delete()


def test_what_the_checks_ask_is_asked_of_a_resident_too(twice):
    twice.save(twice.first, impression="")
    with pytest.raises(ChecksRefuse):
        twice.finish(twice.first)
    assert twice.item().status == "reading"


@pytest.mark.parametrize("mode", ["two_tier", "single"])
def test_a_resident_never_signs(twice, mode):
    with in_hospital(twice.case.hospital):
        type(twice.item()).objects.update(reading_mode=mode)
    twice.save(twice.first)
    with pytest.raises(ResidentCannotSign, match="residents do not sign"):
        twice.case.sign(user=twice.first)
    assert twice.item().status == "reading"
    answer = signed_in(twice.first).post(
        f"/api/reports/{twice.case.report.pk}/sign/",
        {"password": "correct horse battery", "base_version": 2},
        content_type="application/json",
    )
    assert (answer.status_code, "residents do not sign" in answer.json()["detail"]) == (403, True)


def test_the_attending_begins_from_the_residents_text(twice):
    twice.read_first()
    report = twice.open(twice.second)
    with as_user(twice.second):
        assert current_draft(report).sections["impression"] == PRELIMINARY_IMPRESSION
    page = signed_in(twice.second).get(f"/reading/{twice.item().pk}/").content.decode()
    assert f"Preliminary by {twice.first.name}" in page
    assert "Changes" in page


def test_an_attending_has_no_first_reading_to_finish(twice):
    twice.read_first()
    twice.open(twice.second)
    twice.save(twice.second)
    with pytest.raises(NothingToFinish):
        twice.finish(twice.second)


def test_an_attending_may_read_alone_at_the_first_stage(twice):
    with in_hospital(twice.case.hospital):
        type(twice.item()).objects.update(claimed_by=twice.second, assigned_to=twice.second)
    twice.save(twice.second)
    version = twice.sign(twice.second)
    assert (version.state, version.meaning) == ("signed", "I am the author of this report and approve it as final")


def test_both_names_stand_in_the_signed_pdf_and_the_preliminary_text_does_not(twice, tmp_path):
    version = sign_after(twice)
    assert version.state == "signed"
    path = tmp_path / "report.pdf"
    path.write_bytes(document_store.read_verified(version.pdf_path, sha256=version.pdf_sha256))
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    assert "Preliminary report by" in text
    assert f"{twice.first.name}, resident" in text
    assert "Approved and electronically signed by" in text
    assert twice.second.name in text
    assert "reviewed the images and the preliminary report" in " ".join(text.split())
    assert PRELIMINARY_IMPRESSION not in text


def test_the_resident_sees_what_the_attending_changed(twice):
    sign_after(twice)
    page = signed_in(twice.first).get(f"/reports/{twice.case.report.pk}/comparison/").content.decode()
    assert "<del>Sinusitis zwolle</del>" in page
    assert "<ins>No acute finding</ins>" in page
    listed = signed_in(twice.first).get("/first-readings/").content.decode()
    assert f"Signed by {twice.second.name}" in listed
    assert "Impression" in listed
    assert "Findings" not in listed


def test_before_the_signature_the_attendings_present_text_is_compared(twice):
    twice.read_first()
    report = twice.open(twice.second)
    twice.save(twice.second, impression=FINAL_IMPRESSION)
    with as_user(twice.second):
        report.refresh_from_db()
        compared = comparison_for(report, twice.second)
    assert compared.number_of_differing_sections == 1
    assert compared.after.sections["impression"] == FINAL_IMPRESSION


def test_sent_back_the_resident_sees_the_remark_and_may_send_the_same_text_again(twice):
    twice.read_first()
    twice.open(twice.second)
    twice.send_back(twice.second)
    page = signed_in(twice.first).get(f"/reading/{twice.item().pk}/").content.decode()
    assert "Look at the sinuses again." in page
    again = twice.finish(twice.first)
    assert (again.number, twice.item().reading_stage) == (2, 2)
    with as_user(twice.first):
        assert PreliminaryVersion.objects.count() == 2


def test_nobody_but_the_holder_finishes(twice):
    twice.save(twice.first)
    with pytest.raises(NotClaimHolder):
        twice.finish(twice.third)
    assert twice.item().reading_stage == 1


def test_a_resident_begins_no_addendum(twice):
    version = sign_after(twice)
    with as_user(twice.first), pytest.raises(ResidentCannotSign):
        start_addendum(report_id=version.report_id, user=twice.first)
    page = signed_in(twice.first).get(f"/reading/{twice.item().pk}/").content.decode()
    assert "Write addendum" not in page


def test_a_referring_physician_never_sees_a_preliminary_text(twice):
    twice.read_first()
    referrer, report = signed_in(twice.case.referrer), twice.case.report.pk
    assert PRELIMINARY_IMPRESSION not in referrer.get("/portal/").content.decode()
    for address in (f"/portal/reports/{report}/", f"/api/reports/{report}/preliminary-versions/"):
        assert referrer.get(address).status_code in (403, 404)
    assert referrer.get(f"/reports/{report}/comparison/").status_code == 403
    assert referrer.get("/first-readings/").status_code == 403
    twice.open(twice.second)
    twice.save(twice.second, impression=FINAL_IMPRESSION)
    version = twice.sign(twice.second)
    with in_hospital(twice.case.hospital):
        deliver_version(ReportVersion.objects.get(pk=version.pk))
    page = referrer.get(f"/portal/reports/{report}/").content.decode()
    assert f"Read first by {twice.first.name}, resident" in page
    assert FINAL_IMPRESSION in page
    assert PRELIMINARY_IMPRESSION not in page
    assert referrer.get(f"/reports/{report}/comparison/").status_code == 403


def test_the_api_speaks_the_standards_words(twice):
    browser, address = signed_in(twice.second), f"/api/reports/{twice.case.report.pk}/"
    assert browser.get(address).json()["diagnostic_status"] == "registered"
    twice.read_first()
    found = browser.get(address).json()
    assert (found["diagnostic_status"], found["reading_mode"], found["reading_stage"]) == ("preliminary", "two_tier", 2)
    (kept,) = browser.get(f"{address}preliminary-versions/").json()
    assert (kept["author"], kept["kind"]) == (twice.first.name, "preliminary")
    twice.open(twice.second)
    twice.save(twice.second, impression=FINAL_IMPRESSION)
    twice.sign(twice.second)
    assert browser.get(address).json()["diagnostic_status"] == "final"
    listed = signed_in(twice.first).get("/api/first-readings/").json()
    assert [row["diagnostic_status"] for row in listed["results"]] == ["final"]


def test_finishing_and_sending_back_by_the_api(twice):
    twice.save(twice.first)
    report, item = twice.case.report.pk, twice.item().pk
    browser = signed_in(twice.first)
    stale = browser.post(f"/api/reports/{report}/finish-reading/", {"base_version": 1}, content_type="application/json")
    assert (stale.status_code, stale.json()["title"]) == (409, "draft_moved_on")
    done = browser.post(f"/api/reports/{report}/finish-reading/", {"base_version": 2}, content_type="application/json")
    assert (done.status_code, done.json()["number"]) == (200, 1)
    attending = signed_in(twice.second)
    assert attending.post(f"/api/worklist-items/{item}/claim/").status_code == 200
    address = f"/api/worklist-items/{item}/send-back/"
    assert attending.post(address, {"remark": ""}, content_type="application/json").status_code == 400
    answer = attending.post(address, {"remark": "Again."}, content_type="application/json")
    assert (answer.status_code, answer.json()["assigned_to"]["id"]) == (200, twice.first.pk)
