"""The reading page: claims on opening, reads only otherwise, opens exactly the images that belong to it."""

import re

import pytest
from django.test import Client

from pacs_core.archive.models import ViewingGrant
from pacs_core.audit.models import AuditEntry
from reporting.models import DraftVersion, Report
from tests.reporting.arrange import make_case
from tests.story import in_hospital, make_hospital, make_item, make_order, make_radiologist, make_study, make_user
from worklist.models import WorklistItem

pytestmark = pytest.mark.django_db


def signed_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


def open_page(user, item):
    return signed_in(user).get(f"/reading/{item.pk}/")


def item_now(hospital):
    with in_hospital(hospital):
        return WorklistItem.objects.get()


@pytest.fixture
def hospital():
    return make_hospital()


@pytest.fixture
def item(hospital):
    return make_item(hospital, order=make_order(hospital))


def test_opening_claims_the_examination_and_begins_its_report(hospital, item):
    reader = make_radiologist(hospital)
    response = open_page(reader, item)
    assert response.status_code == 200
    assert item_now(hospital).claimed_by_id == reader.pk
    data = response.context["report_data"]
    assert (data["read_only"], data["draft_version"]) == (False, 1)
    assert data["sections"]["clinical_information"] == "Sudden left-sided weakness"
    assert data["sections"]["comparison"] == "None available."
    assert "[region]" in data["sections"]["technique"]
    assert {check["code"] for check in data["checks"]} == {"unfilled_field"}


def test_opening_again_changes_nothing(hospital, item):
    reader = make_radiologist(hospital)
    open_page(reader, item)
    open_page(reader, item)
    with in_hospital(hospital):
        assert Report.objects.count() == DraftVersion.objects.count() == ViewingGrant.objects.count() == 1


def test_a_colleague_reads_along_but_cannot_write(hospital, item):
    reader, colleague = make_radiologist(hospital), make_radiologist(hospital)
    open_page(reader, item)
    response = open_page(colleague, item)
    assert response.context["report_data"]["read_only"]
    assert reader.name in response.context["read_only_reason"]
    assert item_now(hospital).claimed_by_id == reader.pk


def test_the_style_nonce_of_the_policy_is_on_the_page(hospital, item):
    response = open_page(make_radiologist(hospital), item)
    (nonce,) = re.findall(r"'nonce-([^']+)'", response["Content-Security-Policy"])
    assert f'content="{nonce}"' in response.content.decode()


def test_the_viewing_grant_covers_study_and_priors_of_this_patient_only(hospital):
    study = make_study(hospital)
    prior = make_study(hospital, study.patient, study_at=study.study_at.replace(year=2020))
    make_study(hospital)
    item = make_item(hospital, study)
    reader = make_radiologist(hospital)
    response = open_page(reader, item)
    viewer = response.context["viewer_data"]
    with in_hospital(hospital):
        grant = ViewingGrant.objects.get()
    assert (grant.user_id, grant.study_ids, grant.purpose) == (reader.pk, [study.pk, prior.pk], "reading")
    assert viewer["viewerUrl"].startswith(f"/viewer/viewer?StudyInstanceUIDs={study.study_instance_uid}&reading=")
    assert viewer["readingKey"] == grant.key
    on = prior.study_at.astimezone(hospital.zone).date()
    assert response.context["report_data"]["sections"]["comparison"] == f"CT head of {on}."


def test_the_most_relevant_prior_opens_beside_the_study_which_comes_first(hospital):
    study = make_study(hospital, body_part="HEAD", number_of_instances=2)
    earlier = {"study_at": study.study_at.replace(year=2020), "number_of_instances": 2}
    knee = make_study(hospital, study.patient, body_part="KNEE", modalities=["MR"], **earlier)
    head = make_study(
        hospital, study.patient, body_part="HEAD", **(earlier | {"study_at": knee.study_at.replace(year=2015)})
    )
    response = open_page(make_radiologist(hospital), make_item(hospital, study))
    viewer = response.context["viewer_data"]
    assert viewer["priorBeside"] == head.study_instance_uid
    together = f"StudyInstanceUIDs={study.study_instance_uid},{head.study_instance_uid}&"
    assert together in viewer["sideBySideUrl"]
    assert viewer["sideBySideUrl"].endswith("&hangingProtocolId=@meridian/side-by-side")
    assert 'id="side-by-side"' in response.content.decode()


def test_without_a_prior_nothing_is_beside_the_study(hospital, item):
    response = open_page(make_radiologist(hospital), item)
    viewer = response.context["viewer_data"]
    assert (viewer["priorBeside"], viewer["sideBySideUrl"]) == ("", "")
    assert 'id="side-by-side"' not in response.content.decode()


def test_a_signed_prior_offers_its_report():
    case = make_case()
    case.signed()
    with in_hospital(case.hospital):
        patient = case.report.worklist_item.study.patient
    later = make_study(case.hospital, patient)
    response = open_page(case.radiologist, make_item(case.hospital, later))
    (prior,) = response.context["priors"]
    assert prior.report_url == f"/reports/{case.report.pk}/versions/1/pdf/"
    assert signed_in(case.radiologist).get(prior.report_url).content.startswith(b"%PDF-1.7")


def test_looking_is_in_the_audit_trail(hospital, item):
    reader = make_radiologist(hospital)
    open_page(reader, item)
    with in_hospital(hospital):
        actions = set(AuditEntry.objects.filter(actor=reader).values_list("action", flat=True))
    assert {"examination.opened", "study.viewing_granted", "worklist_item.claim"} <= actions


def test_nobody_is_sent_to_sign_in(hospital, item):
    response = Client().get(f"/reading/{item.pk}/")
    assert (response.status_code, response["Location"][:9]) == (302, "/sign-in/")
    assert item_now(hospital).claimed_by_id is None


def test_another_hospitals_item_does_not_exist(hospital, item):
    assert open_page(make_radiologist(make_hospital("SOUTH")), item).status_code == 404
    assert item_now(hospital).claimed_by_id is None


@pytest.mark.parametrize("role", ["coordinator", "referring_physician", "hospital_administrator"])
def test_other_roles_do_not_read(hospital, item, role):
    assert open_page(make_user(role, hospital), item).status_code == 403
    assert item_now(hospital).claimed_by_id is None


def test_a_radiologist_without_privilege_is_refused(hospital, item):
    reader = make_radiologist(hospital)
    reader.reading_privileges.all().delete()
    assert open_page(reader, item).status_code == 403
    assert item_now(hospital).claimed_by_id is None


def test_an_addendum_begins_on_the_reading_page():
    case = make_case()
    case.signed()
    browser = signed_in(case.radiologist)
    with in_hospital(case.hospital):
        address = f"/reading/{case.report.worklist_item_id}/"
    assert browser.get(address).context["may"] == {
        "write": False,
        "release": False,
        "addend": True,
        "discard": False,
    }
    assert browser.post(f"/reports/{case.report.pk}/addendum/").headers["Location"] == address
    data = browser.get(address).context["report_data"]
    assert (data["read_only"], data["sections"]["findings"]) == (False, "")
