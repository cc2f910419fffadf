"""A study on a medium: its files as they were received, named by a DICOMDIR that others can read."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pydicom import dcmread
from pydicom.fileset import FileSet

from hospitals.models import Hospital
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, Study
from pacs_core.audit.models import AuditEntry
from tests.pacs_core.archive.instances import index_all, make_dataset, receive
from tests.story import in_hospital, make_hospital, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    return make_hospital()


@pytest.fixture
def study(north: Hospital) -> Study:
    """Two series, one of two images; the second has a name outside of Latin and no accession number."""
    for series, number in ((1, 1), (1, 2), (2, 1)):
        elements = {"AccessionNumber": "A7", "SpecificCharacterSet": "ISO_IR 192", "PatientName": "Ρόου^Ρίτσαρντ"}
        receive(north, make_dataset(series=series, number=number, **elements))
    index_all(north)
    with in_hospital(north):
        return Study.objects.get()


def export(to: Path, *, name: str = "2.25.1", hospital: str = "NORTH") -> str:
    out = StringIO()
    call_command("export_study", name, "--hospital", hospital, "--to", str(to), stdout=out)
    return out.getvalue()


@contextmanager
def read_medium(folder: Path) -> Iterator[FileSet]:
    """pydicom's reading of the DICOMDIR; it leaves a folder of its own behind."""
    found = FileSet(folder / "DICOMDIR")
    yield found
    found._stage["t"].cleanup()


def stored(study: Study) -> dict[str, bytes]:
    with in_hospital(study.hospital):
        return {row.sop_instance_uid: stored_path(row.file_path).read_bytes() for row in Instance.objects.all()}


def test_a_folder_holds_the_files_as_they_were_received_and_a_dicomdir(study: Study, tmp_path: Path) -> None:
    assert "3 instances of 2.25.1" in export(tmp_path / "medium")
    with read_medium(tmp_path / "medium") as directory:
        assert {one.SOPInstanceUID: Path(one.path).read_bytes() for one in directory} == stored(study)
        assert directory.find_values("PatientName") == ["Ρόου^Ρίτσαρντ"]
        assert directory.find_values("SeriesNumber") == [1, 2]
    assert (tmp_path / "medium/PT000001/ST000001/SE000002/IM000001").is_file()
    with see_all():
        entry = AuditEntry.objects.get(action="images.exported")
    assert (entry.object_id, entry.detail) == (str(study.pk), {"instances": 3})


def test_a_zip_by_accession_number_holds_the_same(study: Study, tmp_path: Path) -> None:
    export(tmp_path / "medium.zip", name="A7")
    with zipfile.ZipFile(tmp_path / "medium.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "unpacked")
    with read_medium(tmp_path / "unpacked") as directory:
        assert {one.SOPInstanceUID: Path(one.path).read_bytes() for one in directory} == stored(study)
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_nothing_is_written_when_a_stored_file_is_not_what_was_received(study: Study, tmp_path: Path) -> None:
    with in_hospital(study.hospital):
        path = stored_path(Instance.objects.get(sop_instance_uid="2.25.1.1.2").file_path)
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    with pytest.raises(CommandError, match=r"1 of 3 stored files are missing or changed: 2\.25\.1\.1\.2"):
        export(tmp_path / "medium")
    assert not (tmp_path / "medium").exists()


def test_another_hospitals_study_is_not_exported(study: Study, tmp_path: Path) -> None:
    make_hospital("SOUTH")
    with pytest.raises(CommandError, match="No study has the UID"):
        export(tmp_path / "medium", hospital="SOUTH")


def test_several_studies_of_one_accession_number_are_named(study: Study, north: Hospital, tmp_path: Path) -> None:
    receive(north, make_dataset(study="2.25.2", AccessionNumber="A7"))
    index_all(north, "2.25.2")
    with pytest.raises(CommandError, match=r"Maybe name one of 2\.25\.1, 2\.25\.2"):
        export(tmp_path / "medium", name="A7")


def test_what_is_there_already_is_not_written_over(study: Study, tmp_path: Path) -> None:
    (tmp_path / "medium").mkdir()
    (tmp_path / "medium" / "letter.txt").write_text("mine")
    (tmp_path / "old.zip").write_bytes(b"")
    for target in ("medium", "old.zip"):
        with pytest.raises(CommandError, match="something at"):
            export(tmp_path / target)
    with pytest.raises(CommandError, match="cannot be written"):
        export(tmp_path / "absent" / "medium.zip")


def test_an_export_can_be_imported_elsewhere(study: Study, north: Hospital, tmp_path: Path) -> None:
    export(tmp_path / "medium.zip")
    call_command("import_dicom", str(tmp_path / "medium.zip"), "--hospital", "NORTH", stdout=(out := StringIO()))
    assert "0 taken, 3 known already, 0 refused" in out.getvalue()


def test_records_name_what_a_header_leaves_out(north: Hospital, tmp_path: Path) -> None:
    dataset = make_dataset(study="2.25.3")
    for keyword in ("PatientID", "StudyDate", "SeriesNumber", "InstanceNumber"):
        delattr(dataset, keyword)
    receive(north, dataset)
    index_all(north, "2.25.3")
    export(tmp_path / "medium", name="2.25.3")
    records = dcmread(tmp_path / "medium" / "DICOMDIR").DirectoryRecordSequence
    assert [record.DirectoryRecordType for record in records] == ["PATIENT", "STUDY", "SERIES", "IMAGE"]
    assert (records[0].PatientID, records[1].StudyDate, records[2].SeriesNumber) == ("UNKNOWN", "19000101", 0)
