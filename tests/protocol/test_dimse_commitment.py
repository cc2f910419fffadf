"""Storage Commitment Push Model over real associations, from a pynetdicom user that also listens for reports."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import CTImageStorage, StorageCommitmentPushModel, Verification

from hospitals.models import Hospital
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, QuarantinedInstance, ReceivedInstance, Study
from pacs_core.network.commitment.models import CommitmentRequest
from pacs_core.network.commitment.services import ATTEMPTS, WAIT_FOR_FILING, carry_out_commitment, retry_commitment
from pacs_core.network.models import Node, RejectedAssociation
from pacs_core.network.outbound.jobs import LOST_AFTER, JobNotRetriable
from pacs_core.network.tasks import sweep_commitment_requests
from tests.pacs_core.archive.instances import index_all, make_dataset
from tests.pacs_core.network.dicomweb.archive import file_study
from tests.protocol.dimse_server import RunningServer, dimse_server, eventually, free_port  # noqa: F401
from tests.protocol.test_dimse_store import store
from tests.story import in_hospital, make_hospital, make_node, see_all

# ruff: noqa: F811  (the module-wide server is a fixture that is imported by name)
pytestmark = pytest.mark.usefixtures("committed_db")

INSTANCE = "1.2.840.10008.1.20.1.1"
MR = "1.2.840.10008.5.1.4.1.1.4"
References = list[tuple[str, str]]


@dataclass
class Modality:
    """A storage commitment user: what reports it was sent, how it answers them, on its own associations or others."""

    port: int
    answer: int = 0x0000
    reports: list[tuple[int, Dataset]] = field(default_factory=list)

    def note(self, event: Any) -> tuple[int, None]:
        assert event.request.AffectedSOPInstanceUID == INSTANCE
        self.reports.append((event.event_type, event.event_information))
        return self.answer, None

    def ask(self, server: RunningServer, references: References, transaction_uid: str = "", **how: Any) -> Dataset:
        """Ask on an association that is released with the answer; return that."""
        with self.associated(server) as association:
            return ask(association, references, transaction_uid, **how)

    @contextmanager
    def associated(self, server: RunningServer) -> Iterator[Association]:
        ae = AE(ae_title="NORTH_CT")
        for sop_class in (StorageCommitmentPushModel, CTImageStorage, Verification):
            ae.add_requested_context(sop_class)
        handlers = [(evt.EVT_N_EVENT_REPORT, self.note)]
        association = ae.associate("127.0.0.1", server.port, ae_title="MERIDIAN", evt_handlers=handlers)
        assert association.is_established
        try:
            yield association
        finally:
            association.release()

    @contextmanager
    def listening(self) -> Iterator[None]:
        ae = AE(ae_title="NORTH_CT")
        ae.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
        handlers = [(evt.EVT_N_EVENT_REPORT, self.note)]
        server = ae.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)
        try:
            yield
        finally:
            server.shutdown()


def ask(
    association: Association, references: References, transaction_uid: str = "", *, action: int = 1, **leave_out: bool
) -> Dataset:
    information = Dataset()
    information.TransactionUID = transaction_uid or generate_uid()
    information.ReferencedSOPSequence = [reference(*one) for one in references]
    for keyword in leave_out:
        delattr(information, keyword)
    status, _ = association.send_n_action(information, action, StorageCommitmentPushModel, INSTANCE)
    return status


def reference(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class_uid, sop_instance_uid
    return item


def references_of(study: Study) -> References:
    with see_all():
        rows = Instance.objects.filter(series__study=study).order_by("pk")
        return list(rows.values_list("sop_class_uid", "sop_instance_uid"))


def committed(report: Dataset) -> list[str]:
    return [item.ReferencedSOPInstanceUID for item in report.get("ReferencedSOPSequence", [])]


def failed(report: Dataset) -> dict[str, int]:
    return {item.ReferencedSOPInstanceUID: item.FailureReason for item in report.get("FailedSOPSequence", [])}


@pytest.fixture
def north() -> Hospital:
    return make_hospital()


@pytest.fixture
def modality(north: Hospital) -> Modality:
    """A modality that we can call."""
    modality = Modality(free_port())
    make_node(north, host="127.0.0.1", port=modality.port)
    return modality


def only_request() -> CommitmentRequest:
    with see_all():
        return CommitmentRequest.objects.get()


def carry_out(request: CommitmentRequest) -> CommitmentRequest:
    """Do what the worker does, as soon as the request is due."""
    with see_all():
        CommitmentRequest.objects.filter(pk=request.pk).update(retry_at=timezone.now())
    carry_out_commitment(job_id=request.pk, hospital_id=request.hospital_id)
    with see_all():
        return CommitmentRequest.objects.get(pk=request.pk)


def test_what_is_safe_is_committed_on_a_new_association(
    dimse_server: RunningServer, north: Hospital, modality: Modality
) -> None:
    study = file_study(north, images=3)
    assert modality.ask(dimse_server, references_of(study), "2.25.4711").Status == 0x0000
    request = only_request()
    assert (request.status, request.ae_title, modality.reports) == ("waiting", "NORTH_CT", [])
    with modality.listening():
        assert carry_out(request).status == "done"
        carry_out(request)
    ((event_type, report),) = modality.reports
    assert (event_type, report.TransactionUID, report.RetrieveAETitle) == (1, "2.25.4711", "MERIDIAN")
    assert committed(report) == [uid for _, uid in references_of(study)]
    assert "FailedSOPSequence" not in report


def test_each_failure_has_its_reason_and_the_rest_is_committed(
    dimse_server: RunningServer, north: Hospital, modality: Modality
) -> None:
    """Unknown, of another hospital, of another class, changed on disk, gone from it, other content set aside."""
    study, foreign = file_study(north, images=5), file_study(make_hospital("SOUTH"))
    asked = references_of(study)
    safe, changed, gone, misnamed, aside = (uid for _, uid in asked)
    with in_hospital(north):
        path = {row.sop_instance_uid: stored_path(row.file_path) for row in Instance.objects.all()}
        QuarantinedInstance.objects.create(
            hospital=north, source="dimse", file_path="other", size_bytes=1, reason_code="content_differs",
            reason="Held with other content.", sop_instance_uid=aside,
        )  # fmt: skip
    content = bytearray(path[changed].read_bytes())
    content[-1] ^= 1
    path[changed].write_bytes(content)
    path[gone].unlink()
    asked[3] = (MR, misnamed)
    ((_, foreign_uid),) = references_of(foreign)
    modality.ask(dimse_server, [*asked, (CTImageStorage, "2.25.1"), (CTImageStorage, foreign_uid)])
    with modality.listening():
        assert carry_out(only_request()).status == "done"
    ((event_type, report),) = modality.reports
    assert (event_type, committed(report)) == (2, [safe])
    assert failed(report) == {
        changed: 0x0110, gone: 0x0110, misnamed: 0x0119, aside: 0x0110, "2.25.1": 0x0112, foreign_uid: 0x0112,
    }  # fmt: skip


def test_a_node_that_cannot_be_called_is_told_on_its_own_association_which_goes_on(
    dimse_server: RunningServer, north: Hospital
) -> None:
    make_node(north)
    modality, study = Modality(0), file_study(north, images=2)
    with modality.associated(dimse_server) as association:
        for number in (1, 2):
            assert ask(association, references_of(study)).Status == 0x0000
            assert association.send_c_echo().Status == 0x0000
            assert association.send_c_store(make_dataset(number=number)).Status == 0x0000
        assert eventually(lambda: len(modality.reports) == 2)
        assert association.send_c_echo().Status == 0x0000
    assert [event_type for event_type, _ in modality.reports] == [1, 1]

    def both_done() -> bool:
        with see_all():
            return set(CommitmentRequest.objects.values_list("status", flat=True)) == {"done"}

    assert eventually(both_done)


def test_what_is_asked_right_after_storing_waits_for_its_filing(dimse_server: RunningServer, north: Hospital) -> None:
    make_node(north)
    modality, dataset = Modality(0), make_dataset()
    with modality.associated(dimse_server) as association:
        assert association.send_c_store(dataset).Status == 0x0000
        assert ask(association, [(CTImageStorage, dataset.SOPInstanceUID)]).Status == 0x0000
        assert association.send_c_echo().Status == 0x0000
        assert modality.reports == []
        index_all(north)
        assert eventually(lambda: bool(modality.reports))
    ((event_type, report),) = modality.reports
    assert (event_type, committed(report)) == (1, [dataset.SOPInstanceUID])


def test_what_is_never_filed_is_not_committed_to_after_a_while(
    dimse_server: RunningServer, north: Hospital, modality: Modality
) -> None:
    dataset = make_dataset()
    assert store(dimse_server, dataset) == [0x0000]
    modality.ask(dimse_server, [(CTImageStorage, dataset.SOPInstanceUID)])
    with modality.listening():
        early = carry_out(only_request())
        assert (early.status, early.attempts, modality.reports) == ("waiting", 0, [])
        with see_all():
            CommitmentRequest.objects.update(requested_at=timezone.now() - WAIT_FOR_FILING - timedelta(seconds=1))
            assert ReceivedInstance.objects.get().outcome == "pending"
        carry_out(early)
    ((_, report),) = modality.reports
    assert failed(report) == {dataset.SOPInstanceUID: 0x0110}


def test_a_node_that_is_away_is_told_later_and_given_up_at_last(
    dimse_server: RunningServer, north: Hospital, modality: Modality
) -> None:
    study = file_study(north)
    modality.ask(dimse_server, references_of(study))
    first = carry_out(only_request())
    assert (first.status, first.attempts) == ("waiting", 1)
    assert "did not answer" in first.last_error
    assert first.retry_at > timezone.now() + timedelta(seconds=20)
    again = carry_out(first)
    assert (again.attempts, again.judged_at) == (2, first.judged_at), "no file is read for who is away"
    assert "did not answer" in again.last_error
    modality.answer = 0x0110
    with modality.listening():
        assert "refused the report (status 0x0110)" in carry_out(first).last_error
    with see_all():
        CommitmentRequest.objects.update(attempts=ATTEMPTS - 1)
    assert carry_out(first).status == "failed"
    modality.answer = 0x0000
    with modality.listening():
        with in_hospital(north):
            retry_commitment(job_id=first.pk)
        assert carry_out(first).status == "done"
    with in_hospital(north), pytest.raises(JobNotRetriable):
        retry_commitment(job_id=first.pk)
    assert len(modality.reports) == 2


def test_what_was_damaged_meanwhile_is_told_as_failed(
    dimse_server: RunningServer, north: Hospital, modality: Modality
) -> None:
    study = file_study(north)
    modality.ask(dimse_server, references_of(study))
    assert carry_out(only_request()).failures == []
    with in_hospital(north):
        stored_path(Instance.objects.get().file_path).unlink()
    with modality.listening():
        carry_out(only_request())
    assert list(failed(modality.reports[0][1]).values()) == [0x0110]


def test_a_request_of_a_killed_worker_is_reported_by_another(
    dimse_server: RunningServer, north: Hospital, modality: Modality
) -> None:
    study = file_study(north)
    modality.ask(dimse_server, references_of(study))
    with see_all():
        CommitmentRequest.objects.update(status="running", heartbeat_at=timezone.now() - LOST_AFTER)
    with modality.listening():
        assert carry_out(only_request()).status == "running", "another worker may have it"
        sweep_commitment_requests()
        assert carry_out(only_request()).status == "done"
    assert len(modality.reports) == 1


def test_an_association_that_ends_before_the_result_leaves_it_to_the_administrator(
    dimse_server: RunningServer, north: Hospital
) -> None:
    make_node(north)
    modality, dataset = Modality(0), make_dataset()
    with modality.associated(dimse_server) as association:
        association.send_c_store(dataset)
        ask(association, [(CTImageStorage, dataset.SOPInstanceUID)])
    index_all(north)
    assert eventually(lambda: only_request().status == "waiting")
    assert "no host and port" in carry_out(only_request()).last_error
    modality = Modality(free_port())
    Node.objects.update(host="127.0.0.1", port=modality.port)
    with modality.listening():
        assert carry_out(only_request()).status == "done"


def test_the_same_request_again_is_one_request_and_a_used_transaction_is_refused(
    dimse_server: RunningServer, north: Hospital, modality: Modality
) -> None:
    study, other = file_study(north), file_study(north)
    for _ in range(2):
        assert modality.ask(dimse_server, references_of(study), "2.25.1").Status == 0x0000
    assert modality.ask(dimse_server, references_of(other), "2.25.1").Status == 0x0000
    with see_all():
        first, second = CommitmentRequest.objects.order_by("pk")
    with modality.listening():
        carry_out(first)
        carry_out(second)
    (_, report), (_, refusal) = modality.reports
    assert failed(report) == {}
    assert failed(refusal) == {references_of(other)[0][1]: 0x0131}


def test_the_same_transaction_of_another_hospitals_node_is_its_own(
    dimse_server: RunningServer, north: Hospital, modality: Modality
) -> None:
    study, south = file_study(north), make_hospital("SOUTH")
    with in_hospital(south):
        CommitmentRequest.objects.create(
            hospital=south, ae_title="SOUTH_CT", transaction_uid="2.25.1", references=[], references_sha256=""
        )
    modality.ask(dimse_server, references_of(study), "2.25.1")
    with in_hospital(north):
        request = CommitmentRequest.objects.get()
    with modality.listening():
        assert carry_out(request).failures == []


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ({"action": 2}, 0x0123, "ActionTypeID"),
        ({"TransactionUID": True}, 0x0115, "TransactionUID"),
        ({"ReferencedSOPSequence": True}, 0x0115, "ReferencedSOPSequence"),
        ({"references": []}, 0x0115, "ReferencedSOPSequence"),
        ({"references": [(CTImageStorage, "")]}, 0x0115, "ReferencedSOPInstanceUID"),
        ({"references": [("", "2.25.1")]}, 0x0115, "ReferencedSOPClassUID"),
    ],
)
def test_a_request_that_says_too_little_is_refused_in_words(
    dimse_server: RunningServer, modality: Modality, how: dict[str, Any], status: int, words: str
) -> None:
    answer = modality.ask(dimse_server, how.pop("references", [(CTImageStorage, "2.25.1")]), **how)
    assert answer.Status == status
    assert words in answer.ErrorComment
    with see_all():
        assert not CommitmentRequest.objects.exists()


def test_a_node_that_may_not_store_is_refused(dimse_server: RunningServer, north: Hospital) -> None:
    make_node(north, may_store=False, may_find=True)
    ae = AE(ae_title="NORTH_CT")
    ae.add_requested_context(StorageCommitmentPushModel)
    assert ae.associate("127.0.0.1", dimse_server.port, ae_title="MERIDIAN").is_rejected
    assert eventually(lambda: RejectedAssociation.objects.filter(reason="node_may_not_store").exists())
    ae.add_requested_context("1.2.840.10008.5.1.4.1.2.2.1")
    association = ae.associate("127.0.0.1", dimse_server.port, ae_title="MERIDIAN")
    assert ask(association, [(CTImageStorage, "2.25.1")]).Status == 0x0124
    association.release()
    with see_all():
        assert not CommitmentRequest.objects.exists()
