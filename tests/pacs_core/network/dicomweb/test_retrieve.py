"""WADO-RS: whole instances, metadata, bulk data."""

import gzip
from io import BytesIO
from typing import Any

import pydicom
import pytest
from pydicom.uid import ExplicitVRBigEndian, RLELossless

from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, Study
from pacs_core.audit.models import AuditEntry
from pacs_core.network.dicomweb.multipart_reader import MultipartReader
from tests.pacs_core.network.dicomweb.archive import file_study, make_grant, pixels_of
from tests.pacs_core.network.dicomweb.conftest import Story, fetch
from tests.story import in_hospital


def parts_of(response: Any, body: bytes) -> list[tuple[dict[str, str], bytes]]:
    assert response.status_code == 200, body
    boundary = response["Content-Type"].rpartition("boundary=")[2]
    reader = MultipartReader(BytesIO(body), boundary=boundary, maximum_bytes=10**9)
    return [(part.headers, b"".join(part.chunks)) for part in reader]


def address(study: Study, position: int = 1) -> str:
    uid = study.study_instance_uid
    return f"studies/{uid}/series/{uid}.1/instances/{uid}.1.{position}"


def test_study_comes_as_the_stored_bytes(story: Story) -> None:
    study = file_study(story.north, images=3)
    response, body = fetch(story.radiologist, f"studies/{study.study_instance_uid}")
    parts = parts_of(response, body)
    with in_hospital(story.north):
        instances = list(Instance.objects.order_by("instance_number"))
    assert [content for _, content in parts] == [stored_path(row.file_path).read_bytes() for row in instances]
    assert parts[0][0]["content-type"] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
    assert pydicom.dcmread(BytesIO(parts[1][1])).InstanceNumber == 2


def test_one_instance_may_come_without_multipart(story: Story) -> None:
    study = file_study(story.north)
    response, body = fetch(story.radiologist, address(study), Accept="application/dicom")
    assert response["Content-Type"].startswith("application/dicom;")
    assert int(response["Content-Length"]) == len(body)
    assert body[128:132] == b"DICM"
    several, _ = fetch(story.radiologist, f"studies/{study.study_instance_uid}", Accept="application/dicom")
    assert several.status_code == 406


@pytest.mark.parametrize(
    "accept",
    [
        'multipart/related; type="application/dicom"',
        "multipart/related; type=application/dicom; transfer-syntax=*",
        "multipart/related; type=image/jpeg, multipart/related; type=application/dicom; q=0.5",
    ],
)
def test_accept_headers_of_real_clients(story: Story, accept: str) -> None:
    study = file_study(story.north)
    assert len(parts_of(*fetch(story.radiologist, address(study), Accept=accept))) == 1


def test_missing_file_is_an_error_before_anything_is_sent(story: Story) -> None:
    study = file_study(story.north, images=2)
    with in_hospital(story.north):
        stored_path(Instance.objects.get(instance_number=2).file_path).unlink()
    response, body = fetch(story.radiologist, f"studies/{study.study_instance_uid}")
    assert response.status_code == 500
    assert b"1 of 2 stored files are missing" in body


def test_metadata_of_study_series_and_instance(story: Story) -> None:
    study = file_study(story.north, images=3)
    uid = study.study_instance_uid
    for path, expected in ((f"studies/{uid}", 3), (f"studies/{uid}/series/{uid}.1", 3), (address(study, 2), 1)):
        response, _ = fetch(story.radiologist, f"{path}/metadata")
        assert response["Content-Type"] == "application/dicom+json"
        found = response.json()
        assert len(found) == expected
        assert found[0]["00100010"]["Value"] == [{"Alphabetic": "Müller^Jürgen"}]
    assert found[0]["00200013"]["Value"] == [2]


def test_metadata_is_compressed_when_asked(story: Story) -> None:
    study = file_study(story.north, images=10)
    path = f"studies/{study.study_instance_uid}/metadata"
    response, body = fetch(story.radiologist, path, **{"Accept-Encoding": "gzip, br"})
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == fetch(story.radiologist, path)[1]


def test_bulk_data_addresses_work_under_the_root_they_came_from(story: Story) -> None:
    table = bytes(range(256)) * 16
    study = file_study(story.north, ICCProfile=table)
    grant = make_grant(story.radiologist, study)
    for root in ("", f"reading/{grant.key}/"):
        (document,) = fetch(story.radiologist, f"{root}{address(study)}/metadata")[0].json()
        uri = document["00282000"]["BulkDataURI"]
        assert uri == f"/dicom-web/{root}{address(study)}/bulkdata/00282000"
        response, body = fetch(story.radiologist, uri.removeprefix("/dicom-web/"), Accept="application/octet-stream")
        assert (response.status_code, body) == (200, table)
        assert parts_of(*fetch(story.radiologist, uri.removeprefix("/dicom-web/")))[0][1] == table


def test_pixel_data_as_bulk_data(story: Story) -> None:
    native = file_study(story.north, frames=2, syntax=ExplicitVRBigEndian)
    ((_, content),) = parts_of(*fetch(story.radiologist, f"{address(native)}/bulkdata/7FE00010"))
    assert content == pixels_of(1, 2).tobytes()
    packed = file_study(story.north, frames=2, syntax=RLELossless, compress=True)
    parts = parts_of(*fetch(story.radiologist, f"{address(packed)}/bulkdata/7FE00010"))
    assert [part[0]["content-type"].endswith(RLELossless) for part in parts] == [True, True]


@pytest.mark.parametrize("element", ["00081140", "00100010", "54000100/0/54001010", "FFFFFFFF"])
def test_absent_bulk_data_is_not_found(story: Story, element: str) -> None:
    study = file_study(story.north)
    assert fetch(story.radiologist, f"{address(study)}/bulkdata/{element}")[0].status_code == 404


def test_unknown_series_and_instance_are_not_found(story: Story) -> None:
    uid = file_study(story.north).study_instance_uid
    for path in (f"studies/{uid}/series/1.2", f"studies/{uid}/series/{uid}.1/instances/1.2", "studies/1.2"):
        assert fetch(story.radiologist, path)[0].status_code == 404
        assert fetch(story.radiologist, f"{path}/metadata")[0].status_code == 404


def test_every_look_is_audited(story: Story) -> None:
    study = file_study(story.north, images=2)
    fetch(story.radiologist, f"studies/{study.study_instance_uid}/metadata")
    fetch(story.radiologist, f"studies/{study.study_instance_uid}")
    with in_hospital(story.north):
        entries = AuditEntry.objects.filter(actor_id=story.radiologist.pk, object_id=str(study.pk)).order_by("pk")
        assert [(entry.action, entry.detail) for entry in entries] == [
            ("images.opened", {"instances": 2}),
            ("images.retrieved", {"instances": 2}),
        ]
