"""Folders, ZIPs and DICOMDIRs go into the archive by the same door as what a scanner sends."""

import shutil
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from pydicom.data import get_testdata_file

from hospitals.models import Hospital
from pacs_core.archive.files import stored_path
from pacs_core.archive.media import importing
from pacs_core.archive.media.errors import ImportStopped
from pacs_core.archive.media.importing import ImportResult, import_files
from pacs_core.archive.media.sources import sources_of
from pacs_core.archive.models import Instance, QuarantinedInstance, ReceivedInstance, Study
from pacs_core.audit.models import AuditEntry
from pacs_core.network.nodes.selectors import received_for_reading_at
from tests.pacs_core.archive.instances import index_all, make_dataset
from tests.story import in_hospital, make_hospital, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    return make_hospital()


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    """Two images, one of them in a folder below, a text, and a file that was cut off."""
    folder = tmp_path / "medium"
    (folder / "below").mkdir(parents=True)
    make_dataset(number=1).save_as(folder / "1.dcm", enforce_file_format=True)
    make_dataset(number=2).save_as(folder / "below" / "2", enforce_file_format=True)
    (folder / "README.TXT").write_text("This disc was written by a viewer.")
    (folder / "cut.dcm").write_bytes((folder / "1.dcm").read_bytes()[:-3])
    return folder


def take(path: Path, north: Hospital, **options: Any) -> ImportResult:
    return import_files(sources=sources_of(path), hospital_id=north.pk, **options)


def received() -> list[ReceivedInstance]:
    with see_all():
        return list(ReceivedInstance.objects.order_by("pk"))


def test_a_folder_is_taken_with_all_below_it_and_what_is_no_dicom_is_passed_over(north: Hospital, medium: Path) -> None:
    result = take(medium, north)
    assert dict(result.counts) == {"taken": 2, "refused": 1, "passed over": 1}
    assert [(row.sop_instance_uid, row.source) for row in received()] == [
        ("2.25.1.1.1", "import"),
        ("2.25.1.1.2", "import"),
    ]
    assert stored_path(received()[0].file_path).read_bytes() == (medium / "1.dcm").read_bytes()
    ((name, reason),) = result.refusals
    assert (name, "File ends early" in reason) == ("cut.dcm", True)
    with see_all():
        assert QuarantinedInstance.objects.get().reason_code == "truncated_dataset"
        entry = AuditEntry.objects.get(action="images.imported")
    assert entry.detail == {"taken": 2, "refused": 1, "passed_over": 1, "as_priors": False}
    assert (medium / "1.dcm").is_file(), "what is imported stays where it was"


def test_started_again_it_passes_over_what_it_took_and_what_it_set_aside(north: Hospital, medium: Path) -> None:
    def killed(result: ImportResult) -> None:
        if result.counts["taken"] == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(medium, north, on_file=killed)
    assert len(received()) == 1
    take(medium, north)
    again = take(medium, north)
    assert dict(again.counts) == {"known": 3, "passed over": 1}
    assert len(received()) == 2
    with see_all():
        assert QuarantinedInstance.objects.count() == 1


@pytest.mark.parametrize("loss", ["deleted by a rule", "damaged"])
def test_what_was_filed_and_is_gone_since_is_taken_again(north: Hospital, medium: Path, loss: str) -> None:
    take(medium / "1.dcm", north)
    index_all(north)
    assert take(medium / "1.dcm", north).counts == {"known": 1}
    with in_hospital(north):
        instance = Instance.kept.get()
        stored_path(instance.file_path).unlink()
        if loss == "damaged":
            Instance.kept.update(damage=Instance.Damage.MISSING)
        else:
            instance.delete()
    assert take(medium / "1.dcm", north).counts == {"taken": 1}
    index_all(north)
    with see_all():
        assert stored_path(Instance.kept.get().file_path).read_bytes() == (medium / "1.dcm").read_bytes()


def test_a_database_that_goes_away_stops_the_import_and_says_how_to_go_on(
    north: Hospital, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("server closed the connection")

    for name in ("receive_instance", "record_audit"):
        monkeypatch.setattr(importing, name, away)
    (medium / "0.txt").write_text("This is passed over first.")
    with pytest.raises(ImportStopped, match=r"The database is away\. Run the same import again to go on"):
        take(medium, north)


def test_other_content_of_a_known_instance_is_set_aside_once(north: Hospital, medium: Path) -> None:
    take(medium / "1.dcm", north)
    index_all(north)
    make_dataset(number=1, SeriesDescription="other").save_as(medium / "1.dcm", enforce_file_format=True)
    assert take(medium / "1.dcm", north).counts == {"refused": 1}
    assert take(medium / "1.dcm", north).counts == {"known": 1}
    with see_all():
        assert QuarantinedInstance.objects.get().reason_code == "content_differs"


def test_a_dry_run_says_the_same_and_writes_nothing(north: Hospital, medium: Path, settings: Any) -> None:
    result = take(medium, north, dry_run=True)
    assert dict(result.counts) == {"taken": 2, "refused": 1, "passed over": 1}
    assert received() == []
    with see_all():
        assert not QuarantinedInstance.objects.exists()
        assert not AuditEntry.objects.exists()
    assert list(settings.INCOMING_ROOT.iterdir()) == []


def test_priors_open_nothing_to_be_read(north: Hospital, medium: Path) -> None:
    take(medium, north, as_priors=True)
    index_all(north)
    with see_all():
        study = Study.objects.get()
        assert received_for_reading_at(study) is None
    make_dataset(number=3).save_as(medium / "3.dcm", enforce_file_format=True)
    take(medium / "3.dcm", north)
    with see_all():
        assert received_for_reading_at(study) == ReceivedInstance.objects.get(source="import").received_at


def test_a_zip_is_read_and_its_encrypted_and_damaged_members_are_named(north: Hospital, medium: Path) -> None:
    packed = medium.parent / "disc.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(medium / "1.dcm", "IMAGES/1")
        archive.write(medium / "below" / "2", "IMAGES/2")
    content = bytearray(packed.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1  # the flag of an encrypted member, in the directory
    packed.write_bytes(bytes(content))
    result = take(packed, north)
    assert (result.counts["taken"], result.refusals) == (1, [("disc.zip!IMAGES/2", "it is encrypted")])
    (medium / "broken.zip").write_bytes(b"PK nothing")
    content[content.rindex(b"PK\x01\x02") + 6] = 99  # made by a version that nobody knows
    (medium / "later.zip").write_bytes(bytes(content))
    refused = take(medium, north).refusals
    assert {(f"{name}.zip", "it is no readable ZIP") for name in ("broken", "later")} <= set(refused)


def test_a_dicomdir_names_the_files_and_what_is_missing(north: Hospital, tmp_path: Path) -> None:
    original = Path(get_testdata_file("DICOMDIR")).parent
    for name in ("DICOMDIR", "77654033", "98892001", "98892003"):
        source = original / name
        shutil.copytree(source, tmp_path / name.lower()) if source.is_dir() else shutil.copy(source, tmp_path / name)
    assert take(tmp_path / "DICOMDIR", north).counts == {"taken": 31}
    missing = next((tmp_path / "77654033").rglob("*6154"))
    missing.unlink()
    missing.symlink_to(original.joinpath(*missing.relative_to(tmp_path).parts[:-1], missing.name))
    again = take(tmp_path, north)
    assert again.counts == {"known": 30, "refused": 1}
    assert again.refusals[0][1] == "the DICOMDIR names it, and it is not there"


def test_a_file_without_its_head_is_given_one(north: Hospital) -> None:
    path = Path(get_testdata_file("rtstruct.dcm"))
    assert take(path, north).counts["taken"] == 1
    stored = stored_path(received()[0].file_path).read_bytes()
    assert (stored[128:132], stored[-len(path.read_bytes()) :]) == (b"DICM", path.read_bytes())
    assert take(path, north).counts["known"] == 1


def test_a_full_disk_stops_the_import_and_says_how_to_go_on(north: Hospital, medium: Path, settings: Any) -> None:
    settings.STORAGE_RESERVE_BYTES = 10**18
    with pytest.raises(ImportStopped, match=r"The storage is full.*Run the same import again to go on"):
        take(medium, north)
    assert received() == []


def test_the_command_shows_progress_sums_up_and_ends_with_a_code(
    north: Hospital, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pacs_core.network.management.commands.import_dicom.PROGRESS_SECONDS", 0)
    out = StringIO()
    with pytest.raises(CommandError, match="1 files were refused") as refused:
        call_command("import_dicom", str(medium), "--hospital", "NORTH", stdout=out)
    assert refused.value.returncode == 1
    assert "4 files, 0.0 MB" in out.getvalue()
    assert "1 of 4 files" in out.getvalue()
    assert "2 taken, 0 known already, 1 refused, 1 no DICOM and passed over." in out.getvalue()
    (medium / "cut.dcm").unlink()
    call_command("import_dicom", str(medium), "--hospital", "NORTH", "--dry-run", stdout=out)
    assert "0 would be taken, 2 known already" in out.getvalue()


@pytest.mark.parametrize(
    ("path", "hospital", "words"), [("absent", "NORTH", "no file and no folder"), (".", "WEST", "WEST")]
)
def test_the_command_names_what_it_cannot_work_with(north: Hospital, path: str, hospital: str, words: str) -> None:
    with pytest.raises(CommandError, match=words) as stopped:
        call_command("import_dicom", path, "--hospital", hospital, stdout=StringIO())
    assert stopped.value.returncode == 2
