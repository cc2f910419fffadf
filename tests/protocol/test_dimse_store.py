"""C-STORE and C-ECHO with real clients against the real server processes."""

import shutil
import subprocess
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, _config

from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, QuarantinedInstance, ReceivedInstance, Study
from pacs_core.network.models import Node
from tests.pacs_core.archive.instances import index_all, make_dataset
from tests.protocol.dimse_server import RunningServer, dimse_server, running_dimse_server  # noqa: F401
from tests.story import make_hospital, make_node, see_all
from tests.tools import require_tool

# ruff: noqa: F811  (the module-wide server is a fixture that is imported by name)
pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def north():
    hospital = make_hospital()
    make_node(hospital)
    return hospital


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    return Path(shutil.copy(get_testdata_file("CT_small.dcm"), tmp_path / "ct.dcm"))


def dcmsend(port: int, *files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            require_tool("dcmsend"),
            "-v",
            "-aet",
            "NORTH_CT",
            "-aec",
            "MERIDIAN",
            "127.0.0.1",
            str(port),
            *map(str, files),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )


def store(server: RunningServer, *contents: Dataset | Path, sop_class: str = "1.2.840.10008.5.1.4.1.1.2") -> list[int]:
    """Send over one association with pynetdicom; return the statuses (0 is success, -1 no answer)."""
    ae = AE(ae_title="NORTH_CT")
    ae.add_requested_context(sop_class, ExplicitVRLittleEndian)
    association = ae.associate("127.0.0.1", server.port, ae_title="MERIDIAN")
    assert association.is_established
    try:
        return [association.send_c_store(content).get("Status", -1) for content in contents]
    finally:
        association.release()


def test_image_sent_with_dcmsend_becomes_rows(north, ct):
    with running_dimse_server() as server:
        result = dcmsend(server.port, ct)
        assert result.returncode == 0, result.stdout + result.stderr + server.text()
        assert server.stop() == 0
    with see_all():
        received = ReceivedInstance.objects.get()
        assert (received.hospital_id, received.calling_ae_title, received.source) == (north.pk, "NORTH_CT", "dimse")
        stored = dcmread(stored_path(received.file_path))
    assert stored.file_meta.SourceApplicationEntityTitle == "NORTH_CT"
    assert stored.PixelData == dcmread(ct).PixelData
    index_all(north, received.study_instance_uid)
    with see_all():
        study = Study.objects.get()
        assert (study.number_of_instances, study.number_of_series, study.modalities) == (1, 1, ["CT"])
        assert Instance.objects.get().file_path == received.file_path
    node = Node.objects.get()
    assert node.last_association_at is not None
    assert node.last_stored_at is not None


def test_server_prints_no_patient_data(north, ct):
    name = str(dcmread(ct).PatientName)
    with running_dimse_server() as server:
        dcmsend(server.port, ct)
        store(server, make_dataset(SeriesInstanceUID=""))
        server.stop()
        assert "listens on port" in server.text()
        for secret in (name, "ROE", dcmread(ct).PatientID):
            assert secret not in server.text()


def test_compressed_and_other_real_files_are_stored_as_they_came(north, dimse_server):
    files = [get_testdata_file(name) for name in ("JPEG2000.dcm", "MR_small.dcm", "JPEG-lossy.dcm", "rtplan.dcm")]
    result = dcmsend(dimse_server.port, *map(Path, files))
    assert result.returncode == 0, result.stdout + result.stderr
    with see_all():
        for row in ReceivedInstance.objects.all():
            stored = dcmread(stored_path(row.file_path))
            original = next(dcmread(file) for file in files if dcmread(file).SOPInstanceUID == stored.SOPInstanceUID)
            assert stored.get("PixelData") == original.get("PixelData")
        assert ReceivedInstance.objects.count() == len(files)


def test_private_storage_class_is_accepted(north, dimse_server):
    private = "1.2.392.200036.9116.7.8.1.1.1"
    dataset = make_dataset(SOPClassUID=private)
    dataset.file_meta.MediaStorageSOPClassUID = private
    assert store(dimse_server, dataset, sop_class=private) == [0x0000]


def test_missing_uid_is_quarantined_and_the_next_good_instance_is_stored(north, dimse_server):
    assert store(dimse_server, make_dataset(StudyInstanceUID=""), make_dataset()) == [0xC000, 0x0000]
    with see_all():
        quarantined = QuarantinedInstance.objects.get()
        assert (quarantined.reason_code, quarantined.source) == ("missing_identifier", "dimse")
        assert stored_path(quarantined.file_path).is_file()
        assert ReceivedInstance.objects.count() == 1


def test_truncated_file_is_quarantined_and_the_next_good_instance_is_stored(north, dimse_server, tmp_path, monkeypatch):
    monkeypatch.setattr(_config, "STORE_SEND_CHUNKED_DATASET", True)  # sends the file's bytes without reading them
    whole, cut = tmp_path / "whole.dcm", tmp_path / "cut.dcm"
    make_dataset().save_as(whole, enforce_file_format=True)
    cut.write_bytes(whole.read_bytes()[:-3])
    assert store(dimse_server, cut, whole) == [0xC000, 0x0000]
    with see_all():
        assert QuarantinedInstance.objects.get().reason_code == "truncated_dataset"


def test_full_disk_answers_out_of_resources_and_leaves_nothing(north, settings):
    with running_dimse_server(STORAGE_RESERVE_BYTES=str(10**18)) as server:
        assert store(server, make_dataset()) == [0xA700]
    with see_all():
        assert not ReceivedInstance.objects.exists()
        assert not QuarantinedInstance.objects.exists()
    assert list(settings.INCOMING_ROOT.glob("dimse-*")) == []


def test_large_instance_is_streamed_and_kept_bit_for_bit(north, dimse_server):
    pixels = bytes(range(256)) * 80_000
    dataset = make_dataset(Rows=4000, Columns=2560)
    dataset.PixelData = pixels
    assert store(dimse_server, dataset) == [0x0000]
    with see_all():
        path = stored_path(ReceivedInstance.objects.get().file_path)
    assert dcmread(path).PixelData == pixels
