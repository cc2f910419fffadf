"""What contradicts the archive, sent over real associations: never plain success, and nothing is overwritten."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.association import Association

from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Patient, QuarantinedInstance, ReceivedInstance
from pacs_core.archive.services.identity import change_demographics
from tests.pacs_core.archive.instances import index_all, make_dataset
from tests.pacs_core.archive.rejection_notes import KEY_OBJECT_SELECTION, make_note
from tests.protocol.dimse_server import RunningServer, running_dimse_server
from tests.story import in_hospital, make_hospital, make_node
from tests.tools import require_tool

pytestmark = pytest.mark.usefixtures("committed_db")


def associate(server: RunningServer, ae_title: str) -> Association:
    ae = AE(ae_title=ae_title)
    ae.add_requested_context("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1")
    ae.add_requested_context(KEY_OBJECT_SELECTION, "1.2.840.10008.1.2.1")
    association = ae.associate("127.0.0.1", server.port, ae_title="MERIDIAN")
    assert association.is_established
    return association


def send(association: Association, **elements: object) -> tuple[int, str]:
    answer: Dataset = association.send_c_store(make_dataset(**elements))
    return answer.Status, answer.get("ErrorComment", "")


def test_contradictions_are_refused_in_words_and_the_first_content_stays():
    north, south = make_hospital(), make_hospital("SOUTH")
    make_node(north, "NORTH_CT")
    make_node(south, "SOUTH_CT")
    with running_dimse_server() as server:
        ct = associate(server, "NORTH_CT")
        assert [send(ct), send(ct)] == [(0, ""), (0, "")]
        index_all(north)
        assert send(ct, WindowCenter=40) == (0xC001, "SOPInstanceUID is held with other content; the first is kept.")
        assert send(ct, study="2.25.5", SOPInstanceUID="2.25.1.1.1")[0] == 0xC002
        assert send(ct, study="2.25.5", SeriesInstanceUID="2.25.1.1")[0] == 0xC003
        assert send(ct, number=2, PatientID="P2")[0] == 0xC004
        assert send(ct, number=3) == (0, "")
        ct.release()
        foreign = associate(server, "SOUTH_CT")
        assert send(foreign, number=4) == (0xC005, "Not filed: a person has to decide.")
        foreign.release()
    with in_hospital(north):
        first = ReceivedInstance.objects.order_by("pk").first()
        assert b"WindowCenter" not in stored_path(first.file_path).read_bytes()
        assert QuarantinedInstance.objects.count() == 4
    with in_hospital(south):
        assert QuarantinedInstance.objects.get().reason_code == "study_of_other_hospital"


def test_of_associations_at_once_with_other_contents_one_hears_success():
    north = make_hospital()
    make_node(north, "NORTH_CT")

    def store(center: int) -> list[int]:
        association = associate(server, "NORTH_CT")
        statuses = [send(association, number=number, WindowCenter=center)[0] for number in range(1, 6)]
        association.release()
        return statuses

    with running_dimse_server(workers=2) as server, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(store, (1, 2, 3, 4)))
    for statuses in zip(*answers, strict=True):
        assert sorted(statuses) == [0x0000, 0xC001, 0xC001, 0xC001]
    with in_hospital(north):
        assert ReceivedInstance.objects.count() == 5
        assert QuarantinedInstance.objects.count() == 15


def test_rejection_notes_hide_from_query_and_retrieval_and_corrections_leave_coerced(tmp_path: Path):
    north = make_hospital()
    make_node(north, "NORTH_CT", may_find=True, may_move=True)
    with running_dimse_server() as server:
        ct = associate(server, "NORTH_CT")
        assert [send(ct, number=number)[0] for number in (1, 2)] == [0, 0]
        assert ct.send_c_store(make_note("2.25.1.1.1")).Status == 0
        ct.release()
        index_all(north)
        with in_hospital(north):
            change_demographics(patient_id=Patient.objects.get().pk, name="NEW^NAME")
        keys = ["-S", "-aet", "NORTH_CT", "-aec", "MERIDIAN", "-k", "StudyInstanceUID=2.25.1"]
        peer = ["127.0.0.1", str(server.port)]
        asked = ["-k", "QueryRetrieveLevel=STUDY", "-k", "NumberOfStudyRelatedInstances", "-k", "PatientName"]
        found = run(["findscu", *keys, *asked, *peer])
        assert "[NEW^NAME]" in found
        assert "NumberOfStudyRelatedInstances" in found
        assert "[1 ]" in found
        run(["getscu", *keys, "-k", "QueryRetrieveLevel=STUDY", "-od", str(tmp_path), *peer])
    (left,) = [dcmread(path) for path in tmp_path.iterdir()]
    assert (left.SOPInstanceUID, str(left.PatientName)) == ("2.25.1.1.2", "NEW^NAME")
    assert left.PixelData == make_dataset().PixelData
    (original,) = left.OriginalAttributesSequence[0].ModifiedAttributesSequence
    assert str(original.PatientName) == "ROE^RICHARD"


def run(command: list[str]) -> str:
    """Run one of DCMTK's tools; return what it printed."""
    tool, *arguments = command
    done = subprocess.run([require_tool(tool), *arguments], check=True, timeout=60, capture_output=True, text=True)
    return done.stdout + done.stderr
