"""DICOMweb through uvicorn over a socket: streaming, memory, size limits, a real client."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from dicomweb_client.api import DICOMwebClient
from knox.models import AuthToken
from pydicom import dcmread

from hospitals.models import Hospital
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, ReceivedInstance
from pacs_core.network.dicomweb.body_limit import BodyLimit
from pacs_core.network.dicomweb.multipart_stream import multipart_bytes
from pacs_core.web.asgi_handler import OneThreadHandler
from tests.installation import wait_for
from tests.pacs_core.network.dicomweb.archive import file_study, make_dataset, part10, pixels_of
from tests.pacs_core.network.dicomweb.running import running_server
from tests.story import in_hospital, make_hospital, make_user, see_all

MAXIMUM_BYTES = 3_000_000


@dataclass
class Server:
    url: str
    token: str
    north: Hospital

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.token}"}


@pytest.fixture
def server(committed_db: None, tmp_path: Path, settings: Any) -> Iterator[Server]:
    settings.ROOT_URLCONF = "tests.pacs_core.network.dicomweb.urlconf"
    settings.STATIC_ROOT = tmp_path
    north = make_hospital("NORTH")
    _, token = AuthToken.objects.create(make_user("hospital_administrator", north))
    application = BodyLimit(OneThreadHandler(), maximum_bytes=MAXIMUM_BYTES)
    with running_server(application) as address:
        yield Server(f"{address}/dicom-web", token, north)


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def is_open(path: Path) -> bool:
    """Say whether this process holds the file open."""
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            if os.readlink(entry) == str(path):
                return True
    return False


def test_large_study_leaves_without_being_held_in_memory(server: Server) -> None:
    study = file_study(server.north, images=4)
    with in_hospital(server.north):
        for instance in Instance.objects.all():
            with open(stored_path(instance.file_path), "r+b") as file:
                file.truncate(128 * 1024**2)  # sparse: takes no room on the disk
    before, highest, arrived = resident_bytes(), 0, 0
    url = f"{server.url}/studies/{study.study_instance_uid}"
    with httpx.stream("GET", url, headers=server.headers, timeout=60) as response:
        assert response.status_code == 200
        for chunk in response.iter_raw(1024 * 1024):
            arrived += len(chunk)
            highest = max(highest, resident_bytes())
    assert arrived == int(response.headers["Content-Length"]) > 512 * 1024**2
    assert highest - before < 64 * 1024**2


def test_real_client_stores_searches_and_retrieves(server: Server) -> None:
    study = file_study(server.north, images=2, frames=2)
    client = DICOMwebClient(server.url, headers=server.headers)
    uid = study.study_instance_uid
    (found,) = client.search_for_studies(search_filters={"PatientID": study.patient.patient_id})
    assert found["0020000D"]["Value"] == [uid]
    assert len(client.retrieve_study_metadata(uid)) == 2
    datasets = client.retrieve_study(uid)
    assert [dataset.InstanceNumber for dataset in datasets] == [1, 2]
    frames = client.retrieve_instance_frames(uid, f"{uid}.1", f"{uid}.1.1", frame_numbers=[2, 1])
    assert frames == [frame.tobytes() for frame in pixels_of(1, 2)[::-1]]
    picture = client.retrieve_instance_rendered(uid, f"{uid}.1", f"{uid}.1.1", media_types=("image/png",))
    assert picture[:4] == b"\x89PNG"
    stored = client.store_instances([dcmread(BytesIO(part10(make_dataset(study_instance_uid="2.25.5"))))])
    assert stored.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "2.25.5.1.1"
    with see_all():
        assert ReceivedInstance.objects.get().study_instance_uid == "2.25.5"


def test_oversized_body_is_refused_before_it_is_spooled(server: Server) -> None:
    headers = server.headers | {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
    announced = httpx.post(f"{server.url}/studies", content=b"x" * (MAXIMUM_BYTES + 1), headers=headers)
    assert announced.status_code == 413
    assert announced.headers["Content-Type"] == "application/problem+json"

    def chunks() -> Iterator[bytes]:
        for _ in range(MAXIMUM_BYTES // 100_000 + 2):
            yield b"x" * 100_000

    assert httpx.post(f"{server.url}/studies", content=chunks(), headers=headers).status_code == 413
    content = multipart_bytes([("application/dicom", part10(make_dataset(study_instance_uid="2.25.6")))], boundary="b")
    assert httpx.post(f"{server.url}/studies", content=content, headers=headers).status_code == 200


def test_server_goes_on_after_a_client_that_left(server: Server) -> None:
    study = file_study(server.north)
    with in_hospital(server.north):
        path = stored_path(Instance.objects.get().file_path).resolve()
    with open(path, "r+b") as file:
        file.truncate(256 * 1024**2)
    url = f"{server.url}/studies/{study.study_instance_uid}"
    with httpx.stream("GET", url, headers=server.headers) as response:
        next(response.iter_raw(1024))
        assert is_open(path)
    wait_for(lambda: not is_open(path), what="the file that nobody reads any more is closed")
    assert httpx.get(f"{server.url}/studies", headers=server.headers).status_code == 200
