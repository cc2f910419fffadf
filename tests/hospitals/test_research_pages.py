"""Research copies by page: a project, its copies, what is left out, the ZIP, and who may."""

import zipfile
from io import BytesIO

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from hospitals.models import Hospital
from pacs_core.audit.models import AuditEntry
from pacs_core.network.research.making import make_export
from pacs_core.network.research.models import DeidentifiedExport, ResearchProject
from tests.hospitals.pages import browser
from tests.pacs_core.network.dicomweb.archive import file_study
from tests.pacs_core.network.dicomweb.conftest import body_of
from tests.story import in_hospital, make_hospital, make_user, see_all

pytestmark = pytest.mark.django_db
RESEARCH = "/administration/research/"


@pytest.fixture
def north() -> Hospital:
    return make_hospital()


@pytest.fixture
def administrator(north: Hospital) -> Client:
    return browser(make_user("hospital_administrator", north))


def add_project(client: Client, hospital: Hospital) -> ResearchProject:
    values = {"hospital": hospital.pk, "code": "LUNG", "name": "Lung nodules", "retain_modified_dates": "on"}
    assert client.post(f"{RESEARCH}projects/add/", values).status_code == 302
    with in_hospital(hospital):
        return ResearchProject.objects.get()


def test_a_project_asks_for_copies_and_fetches_them(north: Hospital, administrator: Client) -> None:
    project = add_project(administrator, north)
    assert (project.retain_modified_dates, project.clean_descriptors) == (True, False)
    study, ultrasound = file_study(north, images=2), file_study(north, Modality="US")
    names = f"{study.accession_number}\n{ultrasound.study_instance_uid}\n{study.accession_number}"
    asked = administrator.post(f"{RESEARCH}ask/", {"project": project.pk, "studies": names})
    assert asked["Location"] == RESEARCH
    with in_hospital(north):
        export = DeidentifiedExport.objects.get()
    make_export(export_id=export.pk, hospital_id=north.pk)
    page = administrator.get(RESEARCH).content.decode()
    assert "2 of 3" in page
    assert "1: US images often carry text in their pixels" in page
    answer = administrator.get(f"{RESEARCH}{export.pk}/download/")
    with zipfile.ZipFile(BytesIO(async_to_sync(body_of)(answer))) as archive:
        assert len(archive.namelist()) == 3
    with see_all():
        assert AuditEntry.objects.filter(action="deidentified_export.downloaded", object_id=export.pk).count() == 1


def test_a_name_that_is_no_study_is_told_beside_its_field(north: Hospital, administrator: Client) -> None:
    project = add_project(administrator, north)
    foreign = file_study(make_hospital("SOUTH"))
    values = {"project": project.pk, "studies": foreign.study_instance_uid}
    refused = administrator.post(f"{RESEARCH}ask/", values)
    assert refused.status_code == 422
    assert f"No study of this hospital: {foreign.study_instance_uid}" in refused.content.decode()
    with see_all():
        assert not DeidentifiedExport.objects.exists()


def test_another_hospitals_project_cannot_be_chosen(north: Hospital, administrator: Client) -> None:
    project = add_project(administrator, north)
    stranger = browser(make_user("hospital_administrator", make_hospital("SOUTH")))
    values = {"project": project.pk, "studies": file_study(north).study_instance_uid}
    assert stranger.post(f"{RESEARCH}ask/", values).status_code == 422
    with see_all():
        assert not DeidentifiedExport.objects.exists()


def test_a_code_that_is_taken_is_told_beside_its_field(north: Hospital, administrator: Client) -> None:
    add_project(administrator, north)
    values = {"hospital": north.pk, "code": "LUNG", "name": "Again"}
    refused = administrator.post(f"{RESEARCH}projects/add/", values)
    assert (refused.status_code, "There is a project LUNG already." in refused.content.decode()) == (422, True)
