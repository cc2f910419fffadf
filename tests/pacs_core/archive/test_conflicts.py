"""What contradicts the archive is set aside before its sender hears of success, once, and never overwrites."""

import threading

import pytest
from django.db import connection
from pydicom.uid import ImplicitVRLittleEndian

from pacs_core.archive.errors import InstanceConflicts
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, QuarantinedInstance, ReceivedInstance, StudyConflict
from pacs_core.archive.services.receive import receive_instance
from tests.pacs_core.archive.instances import index_all, make_dataset, receive, refused, spool
from tests.story import in_hospital, make_hospital, see_all


@pytest.fixture
def north(db):
    return make_hospital()


@pytest.fixture
def south(db):
    return make_hospital("SOUTH")


CONTRADICTIONS = [
    ({"WindowCenter": 40}, 0xC001, "content_differs"),
    ({"study": "2.25.5", "SOPInstanceUID": "2.25.1.1.1"}, 0xC002, "instance_of_other_study"),
    ({"study": "2.25.5", "SeriesInstanceUID": "2.25.1.1"}, 0xC003, "series_of_other_study"),
    ({"number": 2, "PatientID": "P2"}, 0xC004, "patient_mismatch"),
]


@pytest.mark.parametrize(("elements", "status", "reason_code"), CONTRADICTIONS)
def test_contradicting_instance_is_refused_and_kept_aside(north, elements, status, reason_code):
    first = receive(north)
    index_all(north)
    before = stored_path(first.file_path).read_bytes()
    refusal = refused(north, **elements)
    assert (refusal.status, refusal.reason_code) == (status, reason_code)
    with in_hospital(north):
        kept = QuarantinedInstance.objects.get()
        assert kept.reason_code == kept.conflict.reason_code == reason_code
        assert stored_path(kept.file_path).stat().st_size == kept.size_bytes
        assert ReceivedInstance.objects.count() == Instance.objects.count() == 1
    assert stored_path(first.file_path).read_bytes() == before


@pytest.mark.parametrize("case", [0, 1])
def test_what_still_waits_for_the_indexer_counts_too(north, case):
    elements, status, _ = CONTRADICTIONS[case]
    receive(north)
    assert refused(north, **elements).status == status


def test_contradiction_that_is_sent_again_is_kept_once_and_refused_again(north):
    receive(north)
    statuses = {refused(north, WindowCenter=40).status for _ in range(3)}
    assert statuses == {0xC001}
    with in_hospital(north):
        assert QuarantinedInstance.objects.count() == StudyConflict.objects.count() == 1


def test_a_study_of_contradictions_is_one_question(north):
    for number in (1, 2, 3):
        receive(north, number=number)
        refused(north, number=number, WindowCenter=40)
    with in_hospital(north):
        assert StudyConflict.objects.get().instances.count() == 3


def test_the_same_instance_in_another_transfer_syntax_is_no_contradiction(north):
    receive(north)
    index_all(north)
    implicit = make_dataset()
    implicit.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    receive(north, implicit)
    index_all(north)
    with in_hospital(north):
        assert not QuarantinedInstance.objects.exists()
        outcomes = ReceivedInstance.objects.order_by("pk").values_list("outcome", flat=True)
        assert list(outcomes) == ["indexed", "duplicate"]
        assert Instance.objects.get().transfer_syntax_uid == "1.2.840.10008.1.2.1"


@pytest.mark.parametrize(
    ("elements", "reason_code", "indexed"),
    [
        ({"number": 2}, "study_of_other_hospital", True),
        ({"number": 2}, "study_of_other_hospital", False),
        ({"study": "2.25.5", "SOPInstanceUID": "2.25.1.1.1"}, "instance_of_other_hospital", True),
        ({"study": "2.25.5", "SeriesInstanceUID": "2.25.1.1"}, "series_of_other_hospital", True),
    ],
)
def test_uid_of_another_hospital_is_refused_without_a_word_about_it(north, south, elements, reason_code, indexed):
    receive(north)
    if indexed:
        index_all(north)
    refusal = refused(south, **elements)
    assert (refusal.status, str(refusal)) == (0xC005, "Not filed: a person has to decide.")
    with in_hospital(south):
        assert QuarantinedInstance.objects.get().reason_code == reason_code
        assert not ReceivedInstance.objects.exists()
    with in_hospital(north):
        assert not QuarantinedInstance.objects.exists()


def test_looking_past_the_hospital_leaves_the_scope_as_it_was(north, south):
    receive(north)
    with in_hospital(south):
        path = spool(make_dataset(study="2.25.8"))
        receive_instance(spool_path=path, hospital_id=south.pk, source="dimse")
        assert [row.hospital_id for row in ReceivedInstance.objects.all()] == [south.pk]


def answers_of_two_at_once() -> list[str]:
    """Send the same UID with two contents at once, the first transaction held open until the second waits."""
    north = make_hospital()
    sent, answers = threading.Event(), {}

    def send(name: str, center: int, *, holds: bool) -> None:
        try:
            with in_hospital(north):
                try:
                    receive_instance(
                        spool_path=spool(make_dataset(WindowCenter=center)), hospital_id=north.pk, source="dimse"
                    )
                    answers[name] = "stored"
                except InstanceConflicts as refusal:
                    answers[name] = refusal.reason_code
                sent.set()
                if holds:
                    second.join(0.3)
        finally:
            connection.close()

    second = threading.Thread(target=lambda: sent.wait(10) and send("second", 2, holds=False))
    first = threading.Thread(target=lambda: send("first", 1, holds=True))
    for thread in (first, second):
        thread.start()
    for thread in (first, second):
        thread.join(30)
    with see_all():
        assert ReceivedInstance.objects.count() == list(answers.values()).count("stored")
    return [answers["first"], answers["second"]]


@pytest.mark.usefixtures("committed_db")
def test_of_two_contents_at_once_one_is_stored_and_the_other_refused():
    assert answers_of_two_at_once() == ["stored", "content_differs"]


@pytest.mark.usefixtures("committed_db", "at_once")
def test_without_the_look_both_would_be_told_of_success():
    assert answers_of_two_at_once() == ["stored", "stored"]
