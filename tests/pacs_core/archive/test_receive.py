"""What is true once an instance was received, and once it was refused."""

import hashlib
import os
import time

import pytest

from pacs_core.archive import files
from pacs_core.archive.errors import (
    InstanceMismatch,
    InstanceNotReadable,
    InstanceRefused,
    StorageFull,
    StorageUnavailable,
)
from pacs_core.archive.files import flushing_together, instance_path, stored_path
from pacs_core.archive.models import QuarantinedInstance, ReceivedInstance
from pacs_core.archive.services import nudge
from pacs_core.archive.services import receive as receive_service
from pacs_core.archive.services.receive import receive_instance
from pacs_core.archive.spool import SpoolFile, discard_leftover_spool_files
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from tests.pacs_core.archive.instances import make_dataset, receive, spool
from tests.protocol.dimse_server import eventually
from tests.story import in_hospital, make_hospital, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def north():
    return make_hospital()


def test_received_file_lies_in_storage_under_its_hospital_with_a_pending_row(north):
    received = receive(north)
    assert received.outcome == ReceivedInstance.Outcome.PENDING
    assert received.file_path.startswith(f"{north.pk}/")
    path = stored_path(received.file_path)
    assert path.read_bytes()[128:132] == b"DICM"
    assert received.size_bytes == path.stat().st_size


def test_content_sent_again_with_other_file_meta_information_has_the_size_of_the_file_that_is_kept(north):
    named = make_dataset()
    named.file_meta.SourceApplicationEntityTitle = "NORTH_CT"
    first, again = receive(north), receive(north, named)
    assert again.file_path == first.file_path
    with in_hospital(north):
        assert list(ReceivedInstance.objects.values_list("size_bytes", flat=True)) == [first.size_bytes] * 2


def test_instance_whose_file_was_not_kept_leaves_no_row_with_who_goes_on(north, monkeypatch):
    def refuse(*_):
        raise StorageUnavailable("503")

    monkeypatch.setattr(receive_service, "move_durably", refuse)
    path = spool(make_dataset())
    with in_hospital(north):
        with pytest.raises(StorageUnavailable):
            receive_instance(spool_path=path, hospital_id=north.pk, source="stow")
        assert not ReceivedInstance.objects.exists()
    assert not path.exists()


def test_spool_file_is_gone_after_receiving(north):
    path = spool(make_dataset())
    with in_hospital(north):
        receive_instance(spool_path=path, hospital_id=north.pk, source="stow")
    assert not path.exists()


def test_digest_does_not_depend_on_the_sender_named_in_the_file_meta(north):
    plain, named = make_dataset(), make_dataset()
    named.file_meta.SourceApplicationEntityTitle = "NORTH_CT"
    assert receive(north, plain).sha256 == receive(north, named).sha256


def test_digest_while_spooling_equals_digest_of_the_file(north):
    content = spool(make_dataset()).read_bytes()
    received = receive(north, content)
    offset = 144 + int.from_bytes(content[140:144], "little")
    spool_file = SpoolFile("test")
    spool_file.write(content[:offset])
    spool_file.start_dataset()
    spool_file.write(content[offset:])
    assert spool_file.dataset_sha256 == received.sha256 == hashlib.sha256(content[offset:]).hexdigest()
    spool_file.discard()


def test_same_content_twice_keeps_one_file(north):
    first, second = receive(north), receive(north)
    assert first.file_path == second.file_path
    assert first.pk != second.pk
    assert stored_path(first.file_path).is_file()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_dicom"),
        (b"\xff\xd8\xff\xe0 a photograph" * 40, "not_dicom"),
        ("truncated", "truncated_dataset"),
        (make_dataset(SeriesInstanceUID=""), "missing_identifier"),
        (make_dataset(StudyInstanceUID="../../etc/passwd"), "invalid_identifier"),
    ],
)
def test_unusable_content_is_quarantined_with_its_file_event_and_audit(north, content, code):
    if content == "truncated":
        content = spool(make_dataset()).read_bytes()[:-4]
    size = len(content) if isinstance(content, bytes) else None
    with in_hospital(north):
        path = spool(content)
        with pytest.raises(InstanceNotReadable) as refusal:
            receive_instance(spool_path=path, hospital_id=north.pk, calling_ae_title="NORTH_CT", source="dimse")
        assert refusal.value.status == 0xC000
        quarantined = QuarantinedInstance.objects.get()
        assert (quarantined.reason_code, quarantined.calling_ae_title) == (code, "NORTH_CT")
        assert "ROE" not in quarantined.reason
        assert not path.exists()
        kept = stored_path(quarantined.file_path)
        assert kept.stat().st_size == quarantined.size_bytes == (size if size is not None else quarantined.size_bytes)
        assert ReceivedInstance.objects.count() == 0
        event = Event.objects.get(name="InstanceQuarantined")
        assert event.payload["quarantined_instance_id"] == quarantined.pk
        assert AuditEntry.objects.filter(action="instance.quarantined").count() == 1


def test_other_instance_than_announced_is_quarantined(north):
    with in_hospital(north):
        with pytest.raises(InstanceMismatch) as refusal:
            receive_instance(
                spool_path=spool(make_dataset()),
                hospital_id=north.pk,
                source="dimse",
                expected_sop_instance_uid="2.25.999",
            )
        assert refusal.value.status == 0xA900
        quarantined = QuarantinedInstance.objects.get()
    assert quarantined.reason_code == "sop_instance_mismatch"
    assert quarantined.study_instance_uid == "2.25.1"


def test_next_good_instance_is_received_after_a_refused_one(north):
    with in_hospital(north), pytest.raises(InstanceRefused):
        receive_instance(spool_path=spool(b"rubbish"), hospital_id=north.pk, source="stow")
    assert receive(north).pk


def test_full_storage_refuses_before_reading_and_keeps_nothing(north, settings):
    settings.STORAGE_RESERVE_BYTES = 10**18
    with in_hospital(north):
        path = spool(b"not even looked at")
        with pytest.raises(StorageFull) as refusal:
            receive_instance(spool_path=path, hospital_id=north.pk, source="dimse")
        assert refusal.value.status == 0xA700
        assert not path.exists()
        assert not ReceivedInstance.objects.exists()
        assert not QuarantinedInstance.objects.exists()


def test_disk_that_fills_while_spooling_is_remembered_until_the_message_ends():
    spool_file = SpoolFile("test")
    spool_file._file.close()
    spool_file._file = open("/dev/full", "wb")  # noqa: SIM115  every flush there fails with ENOSPC
    spool_file.write(b"x" * 100_000)
    spool_file.write(b"y" * 100_000)
    with pytest.raises(StorageFull):
        spool_file.finish()
    spool_file.discard()
    assert not spool_file.path.exists()


@pytest.mark.parametrize("uid", ["..", "../../x", "/etc/passwd", "1.2\x00", "a" * 300, ""])
def test_hostile_uids_cannot_leave_the_hospitals_folder(uid, settings):
    relative = instance_path(hospital_id=7, study_instance_uid=uid, sop_instance_uid=uid, sha256="0" * 64)
    assert len(relative) < 255
    root = settings.STORAGE_ROOT.resolve()
    assert (root / relative).resolve().is_relative_to(root / "7")


def test_leftover_spool_files_go_and_files_in_use_stay(settings):
    in_use, leftover = SpoolFile("test"), settings.INCOMING_ROOT / "dimse-old.dcm"
    leftover.write_bytes(b"half an image")
    for path in (in_use.path, leftover):
        os.utime(path, (1, 1))
    assert discard_leftover_spool_files() == 1
    assert in_use.path.exists()
    assert not leftover.exists()
    in_use.discard()


@pytest.fixture
def nudges(monkeypatch):
    sent = []
    monkeypatch.setattr(nudge, "_send", lambda study: sent.append((study, time.monotonic())))
    return sent


def test_burst_of_instances_nudges_the_indexer_at_once_and_after_its_end(nudges):
    nudger = nudge.Nudger()
    nudger.nudge((1, "2.25.77"))
    assert eventually(lambda: len(nudges) == 1)
    for _ in range(500):
        nudger.nudge((1, "2.25.77"))
    nudger.nudge((1, "2.25.78"))
    assert eventually(lambda: len(nudges) == 3)
    assert [study for study, _ in nudges] == [(1, "2.25.77"), (1, "2.25.78"), (1, "2.25.77")]
    assert nudges[2][1] - nudges[0][1] >= nudge.INTERVAL_SECONDS


def test_studies_that_come_together_are_each_indexed_more_seldom(nudges):
    nudger = nudge.Nudger()
    for _ in range(2):
        for study in ("2.25.77", "2.25.78", "2.25.79"):
            nudger.nudge((1, study))
        assert eventually(lambda: len(nudges) in (3, 6))
        time.sleep(0.01)
    assert eventually(lambda: len(nudges) == 6)
    assert nudges[-1][1] - nudges[2][1] >= 3 * nudge.INTERVAL_SECONDS


def test_nudge_for_later_waits_an_interval(nudges):
    before = time.monotonic()
    nudge.Nudger().nudge((1, "2.25.77"), after_seconds=nudge.INTERVAL_SECONDS)
    assert eventually(lambda: len(nudges) == 1)
    assert nudges[0][1] - before >= nudge.INTERVAL_SECONDS


def test_end_of_a_sender_brings_its_last_nudge_forward(nudges, monkeypatch):
    monkeypatch.setattr(nudge, "INTERVAL_SECONDS", 60.0)
    monkeypatch.setattr(nudge, "LONGEST_INTERVAL_SECONDS", 60.0)
    nudger = nudge.Nudger()
    nudger.nudge((1, "2.25.77"))
    assert eventually(lambda: len(nudges) == 1)
    nudger.nudge((1, "2.25.77"))
    nudger.hurry()
    assert eventually(lambda: len(nudges) == 2)
    assert nudges[1][1] - nudges[0][1] >= nudge.SHORTEST_INTERVAL_SECONDS


def test_nudge_waits_for_the_commit(north, nudges, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        receive(north, study="2.25.4242")
        time.sleep(0.1)
        assert nudges == []
    assert eventually(lambda: [study for study, _ in nudges] == [(north.pk, "2.25.4242")])


def test_rows_are_invisible_to_another_hospital(north):
    south = make_hospital("SOUTH")
    receive(north)
    with in_hospital(south):
        assert not ReceivedInstance.objects.exists()
    with see_all():
        assert ReceivedInstance.objects.count() == 1


def test_files_received_together_are_flushed_before_the_block_ends_however_it_ends(north, monkeypatch):
    flushed, paths = [], []
    monkeypatch.setattr(files, "_flush_file", flushed.append)

    def receive_some_and_fail():
        with flushing_together():
            paths.extend(stored_path(receive(north, number=number).file_path) for number in (1, 2, 3))
            assert not set(paths) & set(flushed)
            flushed.clear()  # of folders that were made
            raise InstanceRefused

    with pytest.raises(InstanceRefused):
        receive_some_and_fail()
    assert sorted(flushed) == sorted([*paths, paths[0].parent])


def test_a_file_that_a_power_cut_left_torn_is_replaced(north):
    received = receive(north)
    stored = stored_path(received.file_path)
    whole = stored.read_bytes()
    stored.write_bytes(whole[:200])
    receive(north)
    assert stored.read_bytes() == whole
