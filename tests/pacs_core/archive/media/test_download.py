"""A study leaves the browser as a ZIP with DICOMDIR, written while it is sent."""

import zipfile
from io import BytesIO

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from hospitals.models import User
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, Study
from pacs_core.audit.models import AuditEntry
from tests.pacs_core.network.dicomweb.archive import file_study
from tests.story import in_hospital, make_hospital, make_radiologist, make_user, see_all

pytestmark = pytest.mark.django_db


def download(user: User, study: Study) -> tuple[int, bytes]:
    client = AsyncClient()
    client.force_login(user)

    async def ask() -> tuple[int, bytes]:
        response = await client.get(f"/api/studies/{study.study_instance_uid}/download/")
        if not response.streaming:
            return response.status_code, response.content
        return response.status_code, b"".join([piece async for piece in response.streaming_content])

    return async_to_sync(ask)()


def test_a_radiologist_gets_every_file_and_the_directory() -> None:
    north = make_hospital()
    study = file_study(north, images=3)
    status, content = download(make_radiologist(north), study)
    assert status == 200
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names[-1] == "DICOMDIR"
        files = {archive.read(name) for name in names[:-1]}
    with in_hospital(north):
        assert files == {stored_path(row.file_path).read_bytes() for row in Instance.objects.all()}
    with see_all():
        assert AuditEntry.objects.get(action="images.exported").detail == {"instances": 3}


def test_another_hospital_and_another_role_get_nothing() -> None:
    study = file_study(make_hospital())
    south = make_hospital("SOUTH")
    assert download(make_radiologist(south), study)[0] == 404
    assert download(make_user("coordinator", study.hospital), study)[0] == 403
    with see_all():
        assert not AuditEntry.objects.filter(action="images.exported").exists()


def test_a_missing_file_is_told_before_anything_is_sent() -> None:
    study = file_study(make_hospital(), images=2)
    with in_hospital(study.hospital):
        stored_path(Instance.objects.all()[0].file_path).unlink()
    status, content = download(make_radiologist(study.hospital), study)
    assert status == 409
    assert b"1 of 2 stored files are missing" in content
