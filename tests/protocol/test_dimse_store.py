"""C-STORE and C-ECHO with real clients against the real server processes."""

import shutil
import subprocess
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, ReceivedInstance, Study
from pacs_core.archive.services.index import index_study
from tests.protocol.dimse_server import running_dimse_server
from tests.story import make_hospital, make_node, see_all
from tests.tools import require_tool

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def north():
    hospital = make_hospital()
    make_node(hospital)
    return hospital


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    return Path(shutil.copy(get_testdata_file("CT_small.dcm"), tmp_path / "ct.dcm"))


def send(port: int, *files: Path, aet: str = "NORTH_CT", aec: str = "MERIDIAN") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [require_tool("dcmsend"), "-v", "-aet", aet, "-aec", aec, "127.0.0.1", str(port), *map(str, files)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_image_sent_with_dcmsend_becomes_rows(north, ct):
    with running_dimse_server() as server:
        result = send(server.port, ct)
        assert result.returncode == 0, result.stdout + result.stderr + server.text()
        assert server.stop() == 0
    with see_all():
        received = ReceivedInstance.objects.get()
        assert (received.hospital_id, received.calling_ae_title, received.source) == (north.pk, "NORTH_CT", "dimse")
        stored = dcmread(stored_path(received.file_path))
    assert stored.file_meta.SourceApplicationEntityTitle == "NORTH_CT"
    assert stored.PixelData == dcmread(ct).PixelData
    assert index_study(study_instance_uid=received.study_instance_uid, hospital_id=north.pk) is False
    with see_all():
        study = Study.objects.get()
        assert (study.number_of_instances, study.number_of_series, study.modalities) == (1, 1, ["CT"])
        assert Instance.objects.get().file_path == received.file_path
