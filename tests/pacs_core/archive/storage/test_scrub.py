"""Stored files are compared with their digests; damage is told, kept from readers, and mended by a new sending."""

import errno
import os
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from hospitals.models import Hospital
from pacs_core.archive.files import sha256_of_dataset, stored_path
from pacs_core.archive.models import Instance
from pacs_core.archive.storage import scrub as scrub_module
from pacs_core.archive.storage.scrub import scrub
from pacs_core.audit.models import AuditEntry
from tests.pacs_core.archive.instances import index_all, make_dataset, receive
from tests.story import in_hospital, make_hospital

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    """Three filed instances of one study."""
    north = make_hospital()
    for number in (1, 2, 3):
        receive(north, number=number)
    index_all(north)
    return north


def files(north: Hospital) -> list[Instance]:
    with in_hospital(north):
        return list(Instance.objects.order_by("instance_number"))


def spoil(instance: Instance) -> None:
    """Change a byte of the pixel data, as a failing disk does."""
    path = stored_path(instance.file_path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_whole_files_are_looked_at_once_in_a_while(north: Hospital) -> None:
    now = timezone.now()
    assert scrub(now=now).files == 3
    assert scrub(now=now + timedelta(days=29)).files == 0
    assert scrub(now=now + timedelta(days=31)).files == 3
    assert [(file.damage, file.verified_at) for file in files(north)] == [("", now + timedelta(days=31))] * 3


def test_a_run_ends_at_its_bytes_and_the_next_goes_on(north: Hospital) -> None:
    now = timezone.now()
    assert [scrub(now=now, most_bytes=1).files for _ in range(4)] == [1, 1, 1, 0]


def test_damage_is_found_told_once_kept_aside_and_mended_by_sending_again(north: Hospital) -> None:
    now = timezone.now()
    changed, missing, whole = files(north)
    spoil(changed)
    stored_path(missing.file_path).unlink()
    assert scrub(now=now).damage == {"changed": 1, "missing": 1}
    assert [file.damage for file in files(north)] == ["changed", "missing", ""]
    assert not stored_path(changed.file_path).exists()
    assert stored_path(f"{changed.file_path}.damaged").exists()
    assert scrub(now=now + timedelta(days=2)).damage == {"changed": 1, "missing": 1}
    for number in (1, 2):
        receive(north, make_dataset(number=number))
    index_all(north)
    assert scrub(now=now + timedelta(days=4)).damage == {}
    assert [file.damage for file in files(north)] == ["", "", ""]
    assert stored_path(whole.file_path).exists()
    with in_hospital(north):
        told = AuditEntry.objects.filter(action__startswith="file.", object_id=str(changed.pk)).order_by("pk")
        assert list(told.values_list("action", flat=True)) == ["file.damaged", "file.mended"]


def test_a_file_that_the_disk_cannot_read_is_damaged_and_holds_nothing_up(
    north: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, *_ = files(north)
    failing_disk(monkeypatch, lost, errno.EIO)
    found = scrub(now=timezone.now())
    assert (found.files, found.damage) == (3, {"changed": 1})
    assert stored_path(f"{lost.file_path}.damaged").exists()


def test_a_disk_that_refuses_says_nothing_about_files_and_what_was_compared_counts(
    north: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, last = files(north)
    failing_disk(monkeypatch, last, errno.EACCES)
    assert scrub(now=timezone.now()).files == 2
    assert [file.verified_at is None for file in files(north)] == [False, False, True]
    assert stored_path(last.file_path).exists()


def failing_disk(monkeypatch: pytest.MonkeyPatch, instance: Instance, code: int) -> None:
    def read(path: Path) -> str:
        if path == stored_path(instance.file_path):
            raise OSError(code, os.strerror(code))
        return sha256_of_dataset(path)

    monkeypatch.setattr(scrub_module, "sha256_of_dataset", read)


def test_a_run_that_was_killed_after_it_kept_a_file_aside_still_tells_what_happened(north: Hospital) -> None:
    changed, *_ = files(north)
    path = stored_path(changed.file_path)
    path.rename(path.with_name(f"{path.name}.damaged"))
    assert scrub(now=timezone.now()).damage == {"changed": 1}


def test_an_image_that_is_deleted_while_its_file_is_looked_for_is_no_damage(
    north: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, *_ = files(north)

    def delete_meanwhile(path: Path) -> str:
        with in_hospital(north):
            Instance.objects.filter(pk=gone.pk).delete()
        path.unlink()
        return sha256_of_dataset(path)

    monkeypatch.setattr(scrub_module, "sha256_of_dataset", delete_meanwhile)
    assert scrub(now=timezone.now(), most_bytes=1).damage == {}
    with in_hospital(north):
        assert not AuditEntry.objects.filter(action="file.damaged").exists()


def test_the_command_compares_all_and_fails_when_one_is_damaged(north: Hospital) -> None:
    scrub(now=timezone.now())
    out = StringIO()
    call_command("scrub_files", stdout=out)
    assert out.getvalue() == ""
    with in_hospital(north):
        Instance.objects.filter(instance_number=2).update(is_hidden=True)
    call_command("scrub_files", "--all", stdout=out)
    assert "3 of 3 files compared, 0 damaged" in out.getvalue()
    spoil(files(north)[0])
    with pytest.raises(SystemExit, match="1"):
        call_command("scrub_files", "--all", stdout=out)
