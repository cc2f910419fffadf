"""A report says whom it was signed for, whatever was merged or corrected since, and is marked then."""

import pytest
from django.test import Client

from hospitals.models import User
from pacs_core.archive.services.identity import change_demographics, merge_patients
from reporting.models import ReportVersion
from reporting.services.content import content_of_version
from reporting.services.delivery import deliver_version
from reporting.services.production import produce_version
from tests.reporting.arrange import Case, make_case
from tests.story import in_hospital, make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    return make_case()


def page(user: User, address: str) -> str:
    browser = Client()
    browser.force_login(user)
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_report_signed_before_a_correction_is_marked_and_stays_as_it_is(case: Case) -> None:
    version = case.signed()
    before = version.pdf_sha256
    with in_hospital(case.hospital):
        deliver_version(version)
        item = version.report.worklist_item
        patient = item.study.patient
    reading, portal = f"/reading/{item.pk}/", f"/portal/reports/{case.report.pk}/"
    for user, address in ((case.radiologist, reading), (case.referrer, portal)):
        assert "Signed for" not in page(user, address)
    with in_hospital(case.hospital):
        change_demographics(patient_id=patient.pk, name="CORRECTED^NAME")
    for user, address in ((case.radiologist, reading), (case.referrer, portal)):
        shown = page(user, address)
        assert "CORRECTED, NAME" in shown
        assert f"Signed for {patient.name.split('^')[0]}" in shown
    with in_hospital(case.hospital):
        version = ReportVersion.objects.get(pk=version.pk)
        assert (version.pdf_sha256, version.printed_patient["name"]) == (before, patient.name)


def test_merge_while_a_report_is_being_signed_prints_whom_it_was_signed_for(case: Case) -> None:
    with in_hospital(case.hospital):
        case.report.refresh_from_db()
    case.save(case.report.draft_version)
    version = case.sign()
    with in_hospital(case.hospital):
        patient = version.report.worklist_item.study.patient
        merge_patients(surviving_id=make_patient(case.hospital, patient_id="NEW").pk, merged_id=patient.pk)
        version = ReportVersion.objects.get(pk=version.pk)
        assert version.report.worklist_item.study.patient.patient_id == "NEW"
        assert content_of_version(version).patient.patient_id == patient.patient_id
        produced = produce_version(report_version_id=version.pk)
        assert produced.state == ReportVersion.State.SIGNED
        assert produced.is_of_other_details(produced.report.worklist_item.study.patient)
