"""C-GET and C-MOVE over real associations: DCMTK's getscu and movescu, and pynetdicom where a user must misbehave."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)
from pynetdicom import AE, build_role, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import (
    CTImageStorage,
    PatientRootQueryRetrieveInformationModelMove,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from hospitals.models import Hospital
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, Study
from pacs_core.audit.models import AuditEntry
from pacs_core.network.models import Node, RejectedAssociation
from tests.pacs_core.network.dicomweb.archive import file_study, pixels_of
from tests.protocol.dimse_server import RunningServer, dimse_server, eventually, free_port  # noqa: F401
from tests.story import in_hospital, make_hospital, make_node, make_patient
from tests.tools import require_tool

# ruff: noqa: F811  (the module-wide server is a fixture that is imported by name)
pytestmark = pytest.mark.usefixtures("committed_db")

GET, MOVE = StudyRootQueryRetrieveInformationModelGet, StudyRootQueryRetrieveInformationModelMove
SUCCESS, PENDING, SOME_FAILED, CANCELLED = 0x0000, 0xFF00, 0xB000, 0xFE00
NOT_AUTHORIZED, ALL_FAILED, DESTINATION, IDENTIFIER = 0x0124, 0xA702, 0xA801, 0xA900


@pytest.fixture
def north() -> Hospital:
    return make_hospital()


@pytest.fixture
def workstation(north: Hospital) -> Node:
    return make_node(north, "NORTH_WS", may_store=False, may_move=True, host="127.0.0.1", port=free_port())


def files_of(study: Study) -> dict[str, Path]:
    with in_hospital(study.hospital):
        rows = Instance.objects.filter(series__study=study).values_list("sop_instance_uid", "file_path")
        return {uid: stored_path(path) for uid, path in rows}


def assert_as_stored(study: Study, folder: Path) -> None:
    """Every instance has come, its data set equal and its pixel data the same bytes."""
    received = {str(one.SOPInstanceUID): one for one in (dcmread(path) for path in folder.iterdir())}
    stored = files_of(study)
    assert received.keys() == stored.keys()
    for uid, path in stored.items():
        original = dcmread(path)
        assert received[uid] == original
        assert received[uid].PixelData == original.PixelData
        assert received[uid].file_meta.TransferSyntaxUID == original.file_meta.TransferSyntaxUID


def keys_for(study: Study) -> list[str]:
    return ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study.study_instance_uid}"]


def test_getscu_gets_a_study_as_it_was_stored(
    north: Hospital, workstation: Node, dimse_server: RunningServer, tmp_path: Path
) -> None:
    study = file_study(north, images=3)
    file_study(north)
    command = [require_tool("getscu"), "-S", "-aet", "NORTH_WS", "-aec", "MERIDIAN", "-od", str(tmp_path)]
    subprocess.run([*command, *keys_for(study), "127.0.0.1", str(dimse_server.port)], check=True, timeout=60)
    assert_as_stored(study, tmp_path)


def test_movescu_has_a_study_sent_to_itself(
    north: Hospital, workstation: Node, dimse_server: RunningServer, tmp_path: Path
) -> None:
    study = file_study(north, images=3)
    command = [require_tool("movescu"), "-S", "-aet", "NORTH_WS", "-aec", "MERIDIAN", "-aem", "NORTH_WS"]
    command += ["-od", str(tmp_path), "--port", str(workstation.port)]
    subprocess.run([*command, *keys_for(study), "127.0.0.1", str(dimse_server.port)], check=True, timeout=60)
    assert_as_stored(study, tmp_path)


class Peer:
    """A workstation that gets and takes images, and keeps what came."""

    def __init__(
        self,
        server: RunningServer,
        *,
        title: str = "NORTH_WS",
        syntax: str = ExplicitVRLittleEndian,
        seconds_an_image: float = 0.0,
    ) -> None:
        self.server, self.title, self.syntax, self.seconds = server, title, syntax, seconds_an_image
        self.received: list[Dataset] = []
        self.originators: list[tuple[str | None, int | None]] = []

    def take(self, event: evt.Event) -> int:
        time.sleep(self.seconds)
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        self.received.append(dataset)
        request = event.request
        self.originators.append((request.MoveOriginatorApplicationEntityTitle, request.MoveOriginatorMessageID))
        return SUCCESS

    @contextmanager
    def associated(self, model: str) -> Iterator[Association]:
        ae = AE(ae_title=self.title)
        ae.add_requested_context(model)
        extra = []
        if model == GET:
            ae.add_requested_context(CTImageStorage, self.syntax)
            extra = [build_role(CTImageStorage, scp_role=True)]
        handlers = [(evt.EVT_C_STORE, self.take)]
        port = self.server.port
        association = ae.associate("127.0.0.1", port, ae_title="MERIDIAN", ext_neg=extra, evt_handlers=handlers)
        try:
            yield association
        finally:
            if association.is_established:
                association.release()

    def get(self, **keys: Any) -> list[tuple[Dataset, Dataset | None]]:
        with self.associated(GET) as association:
            return list(association.send_c_get(identifier(**keys), GET, msg_id=9))

    def move(self, to: str = "NORTH_WS", *, model: str = MOVE, **keys: Any) -> list[tuple[Dataset, Dataset | None]]:
        with self.associated(model) as association:
            return list(association.send_c_move(identifier(**keys), to, model, msg_id=9))

    @contextmanager
    def listening(self, port: int) -> Iterator[None]:
        ae = AE(ae_title=self.title)
        ae.add_supported_context(CTImageStorage, self.syntax)
        server = ae.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, self.take)])
        try:
            yield
        finally:
            server.shutdown()


def identifier(level: str = "STUDY", **keys: Any) -> Dataset:
    named = Dataset()
    named.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(named, keyword, value)
    return named


def numbers(status: Dataset) -> tuple[int, int, int]:
    return (
        status.NumberOfCompletedSuboperations,
        status.NumberOfFailedSuboperations,
        status.NumberOfWarningSuboperations,
    )


@pytest.mark.parametrize(
    "stored", [RLELossless, ExplicitVRBigEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]
)
def test_who_does_not_take_the_stored_syntax_gets_the_pixels_uncompressed(
    north: Hospital, workstation: Node, dimse_server: RunningServer, stored: str
) -> None:
    study = file_study(north, images=2, syntax=stored, compress=stored == RLELossless)
    peer = Peer(dimse_server)
    last, _ = peer.get(StudyInstanceUID=study.study_instance_uid)[-1]
    assert (last.Status, numbers(last)) == (SUCCESS, (2, 0, 0))
    for position, dataset in enumerate(peer.received, start=1):
        assert dataset.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
        assert dataset.SOPInstanceUID == f"{study.study_instance_uid}.1.{position}"
        assert np.array_equal(dataset.pixel_array, pixels_of(position)[0])


def test_who_takes_the_stored_syntax_gets_the_same_bytes(
    north: Hospital, workstation: Node, dimse_server: RunningServer
) -> None:
    study = file_study(north, syntax=RLELossless, compress=True)
    peer = Peer(dimse_server, syntax=RLELossless)
    peer.get(StudyInstanceUID=study.study_instance_uid)
    (path,) = files_of(study).values()
    assert peer.received[0].PixelData == dcmread(path).PixelData


def test_single_images_and_series_are_retrieved_by_lists(
    north: Hospital, workstation: Node, dimse_server: RunningServer
) -> None:
    study = file_study(north, images=4)
    uid = study.study_instance_uid
    peer = Peer(dimse_server)
    wanted = [f"{uid}.1.2", f"{uid}.1.4"]
    peer.get(level="IMAGE", StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.1", SOPInstanceUID=wanted)
    assert [one.SOPInstanceUID for one in peer.received] == wanted
    last, _ = peer.get(level="SERIES", StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.1")[-1]
    assert numbers(last) == (4, 0, 0)


def test_a_move_names_its_originator_and_all_of_a_patient_comes(
    north: Hospital, workstation: Node, dimse_server: RunningServer
) -> None:
    study = file_study(north)
    file_study(north, patient=study.patient)
    peer = Peer(dimse_server)
    with peer.listening(workstation.port or 0):
        answers = peer.move(
            model=PatientRootQueryRetrieveInformationModelMove, level="PATIENT", PatientID=study.patient.patient_id
        )
    assert (answers[-1][0].Status, numbers(answers[-1][0])) == (SUCCESS, (2, 0, 0))
    assert peer.originators == [("NORTH_WS", 9)] * 2
    with in_hospital(north):
        entries = AuditEntry.objects.filter(action="images.retrieved").order_by("pk")
        assert [(entry.process, entry.detail) for entry in entries] == [
            ("dimse", {"instances": 1, "ae_title": "NORTH_WS", "sent_to": "NORTH_WS"})
        ] * 2


def test_one_patient_id_of_two_issuers_is_two_patients(
    north: Hospital, workstation: Node, dimse_server: RunningServer
) -> None:
    first = file_study(north, patient=make_patient(north, patient_id="P-7", issuer_of_patient_id="NORTH"))
    file_study(north, patient=make_patient(north, patient_id="P-7", issuer_of_patient_id="CLINIC"))
    peer, model = Peer(dimse_server), PatientRootQueryRetrieveInformationModelMove
    with peer.listening(workstation.port or 0):
        ((status, _),) = peer.move(model=model, level="PATIENT", PatientID="P-7")
        assert (status.Status, peer.received) == (IDENTIFIER, [])
        assert status.ErrorComment == "IssuerOfPatientID must be given: PatientID names several patient"
        peer.move(model=model, level="PATIENT", PatientID="P-7", IssuerOfPatientID="NORTH")
    assert [one.StudyInstanceUID for one in peer.received] == [first.study_instance_uid]


def test_an_image_whose_file_is_gone_is_named_and_the_others_come(
    north: Hospital, workstation: Node, dimse_server: RunningServer
) -> None:
    study = file_study(north, images=3)
    gone = f"{study.study_instance_uid}.1.2"
    files_of(study)[gone].unlink()
    peer = Peer(dimse_server)
    last, failed = peer.get(StudyInstanceUID=study.study_instance_uid)[-1]
    assert (last.Status, numbers(last), len(peer.received)) == (SOME_FAILED, (2, 1, 0), 2)
    assert failed is not None
    assert failed.FailedSOPInstanceUIDList == gone


def test_a_destination_that_does_not_answer_fails_every_image(
    north: Hospital, workstation: Node, dimse_server: RunningServer
) -> None:
    study = file_study(north, images=2)
    last, failed = Peer(dimse_server).move(StudyInstanceUID=study.study_instance_uid)[-1]
    assert (last.Status, numbers(last)) == (ALL_FAILED, (0, 2, 0))
    assert "did not answer" in last.ErrorComment
    assert failed is not None
    assert len(failed.FailedSOPInstanceUIDList) == 2


def test_a_move_goes_to_nodes_of_the_own_hospital_alone(
    north: Hospital, workstation: Node, dimse_server: RunningServer
) -> None:
    study = file_study(north)
    make_node(make_hospital("SOUTH"), "SOUTH_WS", host="127.0.0.1", port=workstation.port)
    for to in ("NOBODY", "SOUTH_WS"):
        ((status, _),) = Peer(dimse_server).move(to, StudyInstanceUID=study.study_instance_uid)
        assert status.Status == DESTINATION
        assert to in status.ErrorComment


def test_another_hospitals_study_is_not_retrieved(
    north: Hospital, workstation: Node, dimse_server: RunningServer
) -> None:
    other = file_study(make_hospital("SOUTH"))
    peer = Peer(dimse_server)
    ((status, _),) = peer.get(StudyInstanceUID=other.study_instance_uid)
    assert (status.Status, numbers(status), peer.received) == (SUCCESS, (0, 0, 0), [])
    with peer.listening(workstation.port or 0):
        ((status, _),) = peer.move(StudyInstanceUID=other.study_instance_uid)
    assert (status.Status, peer.received) == (SUCCESS, [])


@pytest.mark.parametrize(
    ("keys", "comment"),
    [
        ({"level": "STUDY"}, "StudyInstanceUID must have a value"),
        ({"level": "PATIENT"}, "QueryRetrieveLevel is 'PATIENT'"),
        ({"level": "SERIES", "SeriesInstanceUID": "1.2"}, "StudyInstanceUID must have one value"),
    ],
)
def test_an_identifier_that_names_nothing_is_refused(
    workstation: Node, dimse_server: RunningServer, keys: dict[str, Any], comment: str
) -> None:
    ((status, _),) = Peer(dimse_server).get(**keys)
    assert status.Status == IDENTIFIER
    assert status.ErrorComment.startswith(comment)


def test_a_node_that_may_not_retrieve_is_turned_away_or_told(north: Hospital, dimse_server: RunningServer) -> None:
    make_node(north, "NORTH_CT", may_find=True)
    study = file_study(north)
    with Peer(dimse_server, title="NORTH_CT").associated(MOVE) as association:
        assert association.is_rejected
    assert eventually(lambda: RejectedAssociation.objects.filter(reason="node_may_not_move").exists())
    peer = Peer(dimse_server, title="NORTH_CT")  # the storage context of a C-GET lets it in
    ((status, _),) = peer.get(StudyInstanceUID=study.study_instance_uid)
    assert (status.Status, peer.received) == (NOT_AUTHORIZED, [])


def test_a_cancelled_retrieval_stops_and_says_what_was_left(
    north: Hospital, workstation: Node, dimse_server: RunningServer
) -> None:
    study = file_study(north, images=40)
    peer = Peer(dimse_server)
    with peer.associated(GET) as association:
        usual = peer.take

        def take_and_cancel(event: evt.Event) -> int:
            if len(peer.received) == 2:
                association.send_c_cancel(9, query_model=GET)
            return usual(event)

        association.bind(evt.EVT_C_STORE, take_and_cancel)
        named = identifier(StudyInstanceUID=study.study_instance_uid)
        last, _ = list(association.send_c_get(named, GET, msg_id=9))[-1]
    assert last.Status == CANCELLED
    assert last.NumberOfRemainingSuboperations == 40 - len(peer.received) > 0


def test_a_move_whose_caller_is_gone_stops(north: Hospital, workstation: Node, dimse_server: RunningServer) -> None:
    study = file_study(north, images=60)
    peer = Peer(dimse_server, seconds_an_image=0.03)
    with peer.listening(workstation.port or 0), peer.associated(MOVE) as association:
        association.send_c_move(identifier(StudyInstanceUID=study.study_instance_uid), "NORTH_WS", MOVE, msg_id=9)
        assert eventually(lambda: len(peer.received) > 2)
        association.abort()
        time.sleep(1)
        number = len(peer.received)
        time.sleep(1)
        assert len(peer.received) == number < 60
