"""Received instances become patient, study, series and instance rows, once each."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, Patient, QuarantinedInstance, ReceivedInstance, Series, Study
from pacs_core.archive.services import filing, index
from pacs_core.archive.services.completion import complete_studies
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from tests.pacs_core.archive.instances import index_all, make_dataset, receive
from tests.story import in_hospital, make_hospital, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def north():
    return make_hospital()


@pytest.fixture
def south():
    return make_hospital("SOUTH", time_zone="America/New_York")


def events(name):
    return list(Event.objects.filter(name=name).order_by("pk"))


def test_study_has_its_rows_counts_and_one_event(north):
    for series, number in ((1, 1), (1, 2), (2, 1)):
        receive(north, series=series, number=number)
    index_all(north)
    with see_all():
        study = Study.objects.get()
        assert (study.number_of_series, study.number_of_instances) == (2, 3)
        assert list(Series.objects.order_by("series_number").values_list("number_of_instances", flat=True)) == [2, 1]
        assert Instance.objects.count() == 3
        assert set(ReceivedInstance.objects.values_list("outcome", flat=True)) == {"indexed"}
        (event,) = events("StudyReceived")
        assert (event.hospital_id, event.payload["study_id"]) == (north.pk, study.pk)
        assert events("StudyGrew") == []
        assert AuditEntry.objects.get(action="study.received").object_id == str(study.pk)


def test_study_fields_come_from_the_header(north):
    receive(
        north,
        AccessionNumber="A17",
        StudyDescription="CT head",
        BodyPartExamined="HEAD",
        Laterality="L",
        ReferringPhysicianName="HAUS^GREGOR",
        RequestedProcedurePriority="STAT",
    )
    index_all(north)
    with see_all():
        study = Study.objects.select_related("patient").get()
    assert (study.accession_number, study.issuer_of_accession_number) == ("A17", "NORTH")
    assert (study.description, study.body_part, study.laterality) == ("CT head", "HEAD", "L")
    assert (study.priority, study.referring_physician_name) == ("stat", "HAUS^GREGOR")
    assert (study.patient.patient_id, study.patient.issuer_of_patient_id) == ("P1", "NORTH")
    assert study.patient.name == "ROE^RICHARD"


def test_study_time_is_read_in_the_hospitals_zone(north, south):
    receive(north)
    receive(south, study="2.25.2")
    index_all(north)
    index_all(south, "2.25.2")
    with see_all():
        times = dict(Study.objects.values_list("hospital__code", "study_at"))
    assert times["NORTH"] == datetime(2026, 1, 10, 8, 30, tzinfo=UTC)
    assert times["SOUTH"] == datetime(2026, 1, 10, 14, 30, tzinfo=UTC)


def test_metadata_is_dicom_json_with_bulk_data_by_reference(north):
    receive(north)
    index_all(north)
    with see_all():
        metadata = Instance.objects.get().metadata
    assert metadata["00100020"] == {"vr": "LO", "Value": ["P1"]}
    assert metadata["7FE00010"] == {
        "vr": "OW",
        "BulkDataURI": "studies/2.25.1/series/2.25.1.1/instances/2.25.1.1.1/bulkdata/7FE00010",
    }


def test_later_instances_grow_the_study(north):
    receive(north)
    index_all(north)
    receive(north, number=2, Modality="SR", RequestedProcedurePriority="HIGH", AccessionNumber="A1")
    index_all(north)
    with see_all():
        study = Study.objects.get()
        assert (study.number_of_instances, study.modalities) == (2, ["CT", "SR"])
        assert (study.priority, study.accession_number) == ("urgent", "A1")
        (grew,) = events("StudyGrew")
        assert grew.payload == {"study_id": study.pk, "instances": 1, "late": False}
        assert len(events("StudyReceived")) == 1


def test_images_after_completion_are_late_and_do_not_reopen(north):
    receive(north)
    index_all(north)
    with see_all():
        Study.objects.update(last_received_at=timezone.now() - timedelta(seconds=60))
    assert complete_studies() == 1
    receive(north, number=2)
    index_all(north)
    with see_all():
        assert Study.objects.get().completed_at is not None
        assert events("StudyGrew")[0].payload["late"] is True
    assert complete_studies() == 0


def test_what_a_reader_made_of_the_images_is_no_late_image(north):
    receive(north)
    index_all(north)
    with see_all():
        Study.objects.update(last_received_at=timezone.now() - timedelta(seconds=60))
    assert complete_studies() == 1
    receive(north, number=2, Modality="SR", source="viewer")
    index_all(north)
    with see_all():
        study = Study.objects.get()
        assert study.number_of_instances == 2
        assert [event.payload for event in events("StudyAnnotated")] == [{"study_id": study.pk}]
        assert events("StudyGrew") == events("LateImagesFiled") == []


def test_study_completes_once_after_its_quiet_time(north):
    receive(north)
    index_all(north)
    with see_all():
        Study.objects.update(last_received_at=timezone.now())
    assert complete_studies() == 0
    with see_all():
        Study.objects.update(last_received_at=timezone.now() - timedelta(seconds=1.1))
    assert complete_studies() == 1
    assert complete_studies() == 0
    with see_all():
        assert len(events("StudyCompleted")) == 1


def test_study_with_instances_waiting_is_not_complete(north):
    receive(north)
    index_all(north)
    receive(north, number=2)
    with see_all():
        Study.objects.update(last_received_at=timezone.now() - timedelta(hours=1))
    assert complete_studies() == 0


def test_same_content_again_is_a_duplicate_without_row(north):
    receive(north)
    index_all(north)
    receive(north)
    index_all(north)
    with see_all():
        assert Instance.objects.count() == 1
        assert Study.objects.get().number_of_instances == 1
        assert list(ReceivedInstance.objects.order_by("pk").values_list("outcome", flat=True)) == [
            "indexed",
            "duplicate",
        ]
        assert events("StudyGrew") == []
        assert [event.payload["study_id"] for event in events("StudySentAgain")] == [Study.objects.get().pk]
        assert stored_path(Instance.objects.get().file_path).is_file()


def test_same_uid_with_other_content_is_quarantined(north, at_once):
    receive(north)
    receive(north, WindowCenter=40)
    index_all(north)
    with see_all():
        assert Instance.objects.count() == 1
        quarantined = QuarantinedInstance.objects.get()
        assert quarantined.reason_code == "content_differs"
        assert stored_path(quarantined.file_path).is_file()
        assert quarantined.file_path != Instance.objects.get().file_path
        assert len(events("InstanceQuarantined")) == 1


def test_study_of_another_hospital_is_quarantined_never_merged(north, south, at_once):
    receive(north)
    index_all(north)
    receive(south, number=2)
    index_all(south)
    with see_all():
        assert Study.objects.get().hospital_id == north.pk
        assert Instance.objects.count() == 1
        quarantined = QuarantinedInstance.objects.get()
        assert (quarantined.hospital_id, quarantined.reason_code) == (south.pk, "study_of_other_hospital")
        assert not Patient.objects.filter(hospital=south).exists()


def test_instance_uid_of_another_hospital_is_quarantined_and_leaves_no_empty_study(north, south, at_once):
    receive(north)
    index_all(north)
    receive(south, make_dataset(study="2.25.5", SOPInstanceUID="2.25.1.1.1"))
    index_all(south, "2.25.5")
    with see_all():
        assert QuarantinedInstance.objects.get().reason_code == "instance_of_other_hospital"
        assert Study.objects.count() == Series.objects.count() == 1


def test_other_patient_in_the_same_study_is_quarantined(north, at_once):
    receive(north)
    receive(north, number=2, PatientID="P2")
    receive(north, number=3)
    index_all(north)
    with see_all():
        assert Study.objects.get().number_of_instances == 2
        assert QuarantinedInstance.objects.get().reason_code == "patient_mismatch"


def test_series_of_another_study_is_quarantined(north, at_once):
    receive(north)
    index_all(north)
    receive(north, make_dataset(study="2.25.5", SeriesInstanceUID="2.25.1.1"))
    index_all(north, "2.25.5")
    with see_all():
        assert QuarantinedInstance.objects.get().reason_code == "series_of_other_study"
        assert Study.objects.count() == 1


def test_same_patient_id_from_two_issuers_is_two_patients(north):
    receive(north)
    receive(north, study="2.25.2", IssuerOfPatientID="OTHER")
    index_all(north)
    index_all(north, "2.25.2")
    with see_all():
        assert sorted(Patient.objects.values_list("issuer_of_patient_id", flat=True)) == ["NORTH", "OTHER"]


def test_studies_without_patient_id_never_share_a_patient(north):
    receive(north, PatientID="")
    receive(north, study="2.25.2", PatientID="")
    index_all(north)
    index_all(north, "2.25.2")
    with see_all():
        assert Patient.objects.count() == 2


def test_poisoned_instance_does_not_block_its_study_and_ends_in_quarantine(north, monkeypatch):
    honest = filing._instance_row

    def poisoned(item, series):
        if item.header.instance_number == 2:
            raise RuntimeError("ROE^RICHARD breaks the indexer")
        return honest(item, series)

    monkeypatch.setattr(filing, "_instance_row", poisoned)
    for number in (1, 2, 3):
        receive(north, number=number)
    index_all(north)
    with see_all():
        assert Study.objects.get().number_of_instances == 2
        assert ReceivedInstance.objects.get(outcome="pending").attempts == 1
        assert not QuarantinedInstance.objects.exists()
    index_all(north)
    index_all(north)
    with see_all():
        quarantined = QuarantinedInstance.objects.get()
        assert quarantined.reason == "Indexing failed 3 times with RuntimeError."
        assert not ReceivedInstance.objects.filter(outcome="pending").exists()


def test_file_that_became_unreadable_is_quarantined(north):
    received = receive(north)
    stored_path(received.file_path).write_bytes(b"scrambled")
    index_all(north)
    with see_all():
        assert QuarantinedInstance.objects.get().reason_code == "not_dicom"
        assert ReceivedInstance.objects.get().outcome == "quarantined"


def test_missing_file_is_tried_longer_than_a_poisoned_one(north):
    stored_path(receive(north).file_path).unlink()
    for _ in range(4):
        index_all(north)
    with see_all():
        assert ReceivedInstance.objects.get().attempts == 4
        assert not QuarantinedInstance.objects.exists()


def test_large_study_is_filed_in_several_batches_with_right_counts(north, monkeypatch):
    monkeypatch.setattr(index, "BATCH", 3)
    for number in range(1, 11):
        receive(north, series=1 + number % 2, number=number)
    index_all(north)
    with see_all():
        study = Study.objects.get()
        assert (study.number_of_series, study.number_of_instances) == (2, 10)
        assert sum(Series.objects.values_list("number_of_instances", flat=True)) == Instance.objects.count() == 10
        assert len(events("StudyReceived")) == 1
        assert sum(event.payload["instances"] for event in events("StudyReceived") + events("StudyGrew")) == 10


def test_a_row_that_commits_late_under_a_lower_id_is_indexed_by_the_same_run(north, monkeypatch):
    late, *_ = [receive(north, number=number) for number in (1, 2, 3)]
    row = ReceivedInstance.objects.filter(pk=late.pk)
    with in_hospital(north):
        row.update(outcome=ReceivedInstance.Outcome.DUPLICATE)  # not committed yet, as far as others see
    index_batch = index._index_batch

    def commit_late(*arguments):
        found = index_batch(*arguments)
        row.filter(outcome=ReceivedInstance.Outcome.DUPLICATE).update(outcome=ReceivedInstance.Outcome.PENDING)
        return found

    monkeypatch.setattr(index, "_index_batch", commit_late)
    monkeypatch.setattr(index, "BATCH", 2)
    index_all(north)
    with in_hospital(north):
        assert set(ReceivedInstance.objects.values_list("outcome", flat=True)) == {ReceivedInstance.Outcome.INDEXED}


def test_indexing_twice_changes_nothing(north):
    receive(north)
    index_all(north)
    index_all(north)
    with see_all():
        assert Instance.objects.count() == 1
        assert len(events("StudyReceived")) == 1


def test_study_that_another_worker_holds_is_looked_at_again_a_little_later(north, monkeypatch):
    receive(north)
    later = []
    monkeypatch.setattr(index, "_try_lock", lambda uid: False)
    monkeypatch.setattr(index, "nudge_index_later", lambda **study: later.append(study))
    assert not index.index_study(study_instance_uid="2.25.1", hospital_id=north.pk)
    assert later == [{"hospital_id": north.pk, "study_instance_uid": "2.25.1"}]
