"""Key images: marked by who writes the report, of its own study, written beside the images by the signature."""

from typing import Any

import pytest
from django.test import Client
from pydicom import dcmread

from hospitals.models import User
from hospitals.selectors.scopes import scope_of_user
from pacs_core.access.scopes import open_scope
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, ReceivedInstance, Study
from pacs_core.archive.services.index import index_study
from reporting.models import KeyImage
from reporting.services.key_images import store_key_images
from tests.pacs_core.network.dicomweb.archive import file_study
from tests.reporting.arrange import Case, make_case
from tests.story import in_hospital, make_hospital, make_patient, make_radiologist
from worklist.models import WorklistItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    return make_case()


@pytest.fixture
def study(case: Case) -> Study:
    """The case's study, with real files."""
    study = file_study(case.hospital, images=2, patient=make_patient(case.hospital, patient_id="P1"))
    with in_hospital(case.hospital):
        WorklistItem.objects.filter(pk=case.report.worklist_item_id).update(study=study)
    return study


def ask(user: User, case: Case, method: str = "post", path: str = "", **body: Any) -> Any:
    browser = Client()
    browser.force_login(user)
    address = f"/api/reports/{case.report.pk}/key-images/{path}"
    return getattr(browser, method)(address, body or None, content_type="application/json")


def image_of(study: Study, number: int) -> str:
    return f"{study.study_instance_uid}.1.{number}"


def test_an_image_is_marked_once_listed_and_taken_back(case: Case, study: Study) -> None:
    first = ask(case.radiologist, case, sop_instance_uid=image_of(study, 2))
    assert first.status_code == 201, first.content
    assert ask(case.radiologist, case, sop_instance_uid=image_of(study, 2)).json()["id"] == first.json()["id"]
    [listed] = ask(case.radiologist, case, "get").json()
    assert (listed["sop_instance_uid"], listed["series_number"], listed["instance_number"]) == (
        image_of(study, 2),
        1,
        2,
    )
    assert ask(case.radiologist, case, "delete", f"{listed['id']}/").status_code == 204
    assert ask(case.radiologist, case, "get").json() == []


def test_only_images_of_the_study_are_marked(case: Case, study: Study) -> None:
    other = file_study(case.hospital, patient=make_patient(case.hospital))
    elsewhere = file_study(make_hospital("SOUTH"))
    for uid in (image_of(other, 1), image_of(elsewhere, 1), "2.25.99"):
        refused = ask(case.radiologist, case, sop_instance_uid=uid)
        assert (refused.status_code, refused.json()["title"]) == (409, "key_image_refused")
        assert "sop_instance_uid" in refused.json()["detail"]
    too_far = ask(case.radiologist, case, sop_instance_uid=image_of(study, 1), frame_number=2)
    assert too_far.status_code == 409
    assert "frame_number" in too_far.json()["detail"]
    assert ask(case.radiologist, case, sop_instance_uid="no uid").status_code == 400
    assert ask(case.radiologist, case, "get").json() == []


def test_who_does_not_write_the_report_marks_nothing(case: Case, study: Study) -> None:
    colleague = make_radiologist(case.hospital)
    assert ask(colleague, case, sop_instance_uid=image_of(study, 1)).status_code == 403
    assert ask(colleague, case, "get").json() == []
    stranger = make_radiologist(make_hospital("SOUTH"))
    assert ask(stranger, case, sop_instance_uid=image_of(study, 1)).status_code == 404
    with in_hospital(case.hospital):
        assert not KeyImage.objects.exists()


def test_of_an_independent_reading_only_ones_own_are_told(case: Case, study: Study) -> None:
    assert ask(case.radiologist, case, sop_instance_uid=image_of(study, 1)).status_code == 201
    with in_hospital(case.hospital):
        WorklistItem.objects.filter(pk=case.report.worklist_item_id).update(reading_mode="double")
    [own] = ask(case.radiologist, case, "get").json()
    other = make_radiologist(case.hospital)
    assert ask(other, case, "get").json() == []
    with in_hospital(case.hospital):
        image = KeyImage.objects.get(pk=own["id"])
        image.pk, image.marked_by, image.sop_instance_uid = None, other, image_of(study, 2)
        image.save()
    mine = ask(case.radiologist, case, sop_instance_uid=image_of(study, 2))
    assert (mine.status_code, mine.json()["id"] != image.pk) == (201, True)
    assert ask(case.radiologist, case, "delete", f"{image.pk}/").status_code == 404
    with in_hospital(case.hospital):
        WorklistItem.objects.filter(pk=case.report.worklist_item_id).update(reading_mode="single")
        case.report.worklist_item.refresh_from_db()
    version = case.signed()
    with in_hospital(case.hospital):
        assert store_key_images(version) == 3
        [received] = ReceivedInstance.objects.filter(source="viewer")
        _observer, *images = dcmread(stored_path(received.file_path)).ContentSequence
    assert len(images) == 2


def test_the_signature_writes_them_beside_the_images_once(case: Case, study: Study) -> None:
    for number in (2, 1):
        assert ask(case.radiologist, case, sop_instance_uid=image_of(study, number)).status_code == 201
    version = case.signed()
    with in_hospital(case.hospital):
        assert store_key_images(version) == 2
        assert store_key_images(version) == 0
        [received] = ReceivedInstance.objects.filter(source="viewer")
        selection = dcmread(stored_path(received.file_path))
    index_study(study_instance_uid=study.study_instance_uid, hospital_id=case.hospital.pk)
    with in_hospital(case.hospital):
        assert Instance.objects.get(sop_instance_uid=selection.SOPInstanceUID).series.study_id == study.pk
    assert selection.ConceptNameCodeSequence[0].CodeValue == "113000"
    observer, *images = selection.ContentSequence
    assert observer.PersonName == version.printed_name
    named = [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in images]
    assert named == [image_of(study, 2), image_of(study, 1)]
    assert (selection.PatientID, selection.StudyInstanceUID) == ("P1", study.study_instance_uid)
    [kept, _] = ask(case.radiologist, case, "get").json()
    with open_scope(scope_of_user(case.radiologist)):
        assert KeyImage.objects.filter(stored_at__isnull=True).count() == 0
    assert ask(case.radiologist, case, "delete", f"{kept['id']}/").status_code == 409
