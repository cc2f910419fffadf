"""Files in a bucket: there before success is told, fetched when read, gone from the cache when room is short."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from hospitals.models import Hospital
from pacs_core.archive.errors import FileNotAtHand, StorageFull, StorageUnavailable
from pacs_core.archive.files import file_at_hand, stored_path
from pacs_core.archive.models import ReceivedInstance, RetentionRule, Study
from pacs_core.archive.retention.deletion import GRACE, announce_deletions, delete_due
from pacs_core.archive.retention.tiers import archive_due
from pacs_core.archive.selectors.attributes import study_result
from pacs_core.archive.selectors.safekeeping import holdings, is_undamaged
from pacs_core.archive.services.index import index_study
from pacs_core.archive.services.receive import receive_instance
from pacs_core.archive.storage import bucket
from pacs_core.archive.storage.cache import make_room
from pacs_core.settings import environment
from reporting import document_store
from tests.pacs_core.archive.instances import make_dataset, receive, spool
from tests.s3_server import KEYS, S3Server, running_s3_server
from tests.story import in_hospital, make_hospital

pytestmark = pytest.mark.xdist_group("s3")


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with running_s3_server() as server:
        yield server


@pytest.fixture
def north(db: None, s3: S3Server, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Hospital:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    settings.STORAGES = s3.storages()
    settings.STORAGE_ARCHIVE_CLASS = "GLACIER"
    return make_hospital()


def test_a_received_file_is_in_the_bucket_and_comes_back_into_the_cache(north: Hospital, s3: S3Server) -> None:
    received = receive(north)
    content = stored_path(received.file_path).read_bytes()
    assert received.file_path in s3.stored()
    stored_path(received.file_path).unlink()
    assert file_at_hand(received.file_path).read_bytes() == content
    with pytest.raises(FileNotFoundError):
        file_at_hand(f"{north.pk}/00/1.2.3/nothing.dcm")


def test_a_bucket_that_is_away_takes_nothing_and_what_was_taken_waits(
    north: Hospital, s3: S3Server, settings: Any
) -> None:
    received = receive(north)
    stored_path(received.file_path).unlink()
    away = environment.bucket(s3.url.replace(str(s3.port), "9"))[0]
    settings.STORAGES = settings.STORAGES | away
    path = spool(make_dataset(SOPInstanceUID="2.25.77"))
    with in_hospital(north), pytest.raises(StorageUnavailable) as refusal:
        receive_instance(spool_path=path, hospital_id=north.pk, source="dimse")
    assert refusal.value.status == 0xA700
    assert not path.exists()
    with in_hospital(north):
        assert list(ReceivedInstance.objects.values_list("pk", flat=True)) == [received.pk]
    for _ in range(5):
        index_study(hospital_id=north.pk, study_instance_uid=received.study_instance_uid)
    with in_hospital(north):
        assert ReceivedInstance.objects.get().outcome == ReceivedInstance.Outcome.PENDING
    settings.STORAGES = s3.storages()
    index_study(hospital_id=north.pk, study_instance_uid=received.study_instance_uid)
    with in_hospital(north):
        assert ReceivedInstance.objects.get().outcome == ReceivedInstance.Outcome.INDEXED


def test_what_was_not_read_for_longest_leaves_the_cache_first(
    north: Hospital, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.STORAGE_ROOT = tmp_path  # what other tests left would be in the sample
    paths = [stored_path(receive(north, make_dataset(SOPInstanceUID=f"2.25.{n}")).file_path) for n in (5, 6, 7)]
    for age, path in zip((100, 300, 200), paths, strict=True):
        os.utime(path, (1_000_000_000 - age, 1_000_000_000 - age))
    missing = paths[1].stat().st_size + 1
    usage = shutil.disk_usage(settings.STORAGE_ROOT)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    settings.STORAGE_CACHE_FREE_BYTES = usage.free + missing
    half_fetched = [settings.INCOMING_ROOT / f"fetched-{name}" for name in ("by-a-killed-process", "now")]
    for path in half_fetched:
        path.write_bytes(b"half")
    os.utime(half_fetched[0], (1_000_000_000, 1_000_000_000))
    assert make_room() == 2
    assert [path.exists() for path in half_fetched] == [False, True]
    assert [path.exists() for path in paths] == [True, False, False]


def test_a_full_disk_refuses_only_when_the_cache_has_no_room_to_make(north: Hospital, settings: Any) -> None:
    settings.STORAGE_RESERVE_BYTES = settings.STORAGE_CACHE_FREE_BYTES = 10**18
    with in_hospital(north), pytest.raises(StorageFull):
        receive_instance(spool_path=spool(make_dataset()), hospital_id=north.pk, source="dimse")


def test_a_file_in_the_archive_class_is_asked_back_and_said_to_be_away(north: Hospital, s3: S3Server) -> None:
    received = receive(north)
    bucket.move_to_archive_class(received.file_path)
    stored_path(received.file_path).unlink()
    with pytest.raises(FileNotAtHand):
        file_at_hand(received.file_path)
    head = s3.client().head_object(Bucket="meridian", Key=f"archive/{received.file_path}")
    assert head["StorageClass"] == "GLACIER"
    assert "ongoing-request" in head["Restore"]


def test_old_studies_move_to_the_archive_class_and_say_so(north: Hospital, s3: S3Server) -> None:
    received = receive(north)
    index_study(hospital_id=north.pk, study_instance_uid=received.study_instance_uid)
    now = timezone.now()
    with in_hospital(north):
        RetentionRule.objects.create(hospital=north, archive_after_days=365)
        Study.objects.update(study_at=now - timedelta(days=364))
    assert archive_due(now) == 0
    assert archive_due(now + timedelta(days=2)) == 1
    assert archive_due(now + timedelta(days=2)) == 0
    assert not stored_path(received.file_path).exists()
    head = s3.client().head_object(Bucket="meridian", Key=f"archive/{received.file_path}")
    assert head["StorageClass"] == "GLACIER"
    with in_hospital(north):
        study = Study.objects.select_related("patient", "hospital").get()
    assert study_result(study, base="")["00080056"]["Value"] == ["NEARLINE"]


def test_a_study_that_a_killed_run_left_half_archived_is_finished_by_the_next(north: Hospital, s3: S3Server) -> None:
    paths = [receive(north, number=number).file_path for number in (1, 2)]
    index_study(hospital_id=north.pk, study_instance_uid="2.25.1")
    with in_hospital(north):
        RetentionRule.objects.create(hospital=north, archive_after_days=1)
        Study.objects.update(study_at=None, first_received_at=timezone.now() - timedelta(days=9))
    bucket.move_to_archive_class(paths[0])
    assert archive_due(timezone.now()) == 1
    heads = [s3.client().head_object(Bucket="meridian", Key=f"archive/{path}") for path in paths]
    assert [head["StorageClass"] for head in heads] == ["GLACIER"] * 2


def test_a_deleted_study_leaves_the_bucket(north: Hospital, s3: S3Server) -> None:
    received = receive(north)
    index_study(hospital_id=north.pk, study_instance_uid=received.study_instance_uid)
    with in_hospital(north):
        RetentionRule.objects.create(hospital=north, keep_days=1)
        Study.objects.update(study_at=timezone.now() - timedelta(days=9))
    assert announce_deletions(timezone.now()) == 1
    assert received.file_path in s3.stored()
    assert delete_due(timezone.now() + GRACE) == 1
    assert received.file_path not in s3.stored()


def test_a_report_is_written_once_by_all_hosts_and_read_by_any(north: Hospital, s3: S3Server) -> None:
    path = f"{north.pk}/1/once.pdf"
    assert document_store.write_once(path, b"first") == b"first"
    shutil.rmtree(document_store.reports_root())  # another host has a cache of its own
    assert document_store.read_if_stored(path) == b"first"
    shutil.rmtree(document_store.reports_root())
    assert document_store.write_once(path, b"second") == b"first"
    assert document_store.read_if_stored(f"{north.pk}/1/none.pdf") is None


@pytest.mark.parametrize("url", ["https://bucket", "s3://", "s3://bucket?zone=eu"])
def test_a_storage_url_that_is_none_is_refused_with_its_form(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="STORAGE_URL"):
        environment.bucket(url)


def test_what_is_gone_from_the_bucket_is_not_held_safely_though_the_cache_has_it(north: Hospital) -> None:
    uid = receive(north).sop_instance_uid
    index_study(study_instance_uid="2.25.1", hospital_id=north.pk)
    with in_hospital(north):
        holding = holdings([uid])[uid]
    assert is_undamaged(holding)
    bucket.remove(holding.file_path)
    assert stored_path(holding.file_path).exists()
    assert not is_undamaged(holding)
