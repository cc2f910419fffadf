from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from pacs_core.standards.dicom.errors import InvalidIdentifier, MissingIdentifier, NotDicom
from pacs_core.standards.dicom.header import Code, read_header
from pacs_core.standards.dicom.person_name import display_person_name, display_physician_name

from .dicom_files import error_of, real_file, real_files, small_dataset, write


def test_header_of_a_real_ct_file() -> None:
    header = read_header(real_file("CT_small.dcm"))
    assert header.study_instance_uid == "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"
    assert header.transfer_syntax_uid == "1.2.840.10008.1.2.1"
    assert (header.patient_id, header.patient_name, header.modality) == ("1CT1", "CompressedSamples^CT1", "CT")
    assert (header.rows, header.columns, header.instance_number, header.has_pixel_data) == (128, 128, 1, True)
    expected = datetime(2004, 1, 19, 7, 27, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert header.study_date_time == expected


@pytest.mark.parametrize("path", real_files(), ids=lambda path: path.name)
def test_every_file_of_pydicom_has_a_header_or_a_named_error(path: Path) -> None:
    if (error := error_of(lambda: read_header(path))) is not None:
        assert str(error)
        return
    header = read_header(path)
    assert header.sop_instance_uid
    assert header.transfer_syntax_uid


def test_deflated_and_big_endian_files_are_read() -> None:
    assert read_header(real_file("image_dfl.dcm")).rows == 512
    assert read_header(real_file("ExplVR_BigEnd.dcm")).columns == 80


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 192", "Παπαδόπουλος^Νίκος"),
        ("ISO_IR 126", "Διονυσιος"),
        ("ISO_IR 144", "Люкceмбypг"),
        ("ISO_IR 100", "Müller^Jürgen"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
        ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
    ],
)
def test_names_arrive_in_their_script(tmp_path: Path, character_set: str | list[str], name: str) -> None:
    dataset = small_dataset(SpecificCharacterSet=character_set, PatientName=name)
    assert read_header(write(tmp_path, dataset)).patient_name == name


def test_unknown_character_set_does_not_cost_the_instance(tmp_path: Path) -> None:
    content = write(tmp_path, small_dataset(SpecificCharacterSet="ISO_IR 100", PatientName="Müller")).read_bytes()
    header = read_header(write(tmp_path, content.replace(b"ISO_IR 100", b"NONSENSE99")))
    assert header.patient_name.startswith("M")


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"])
def test_missing_identifier_is_named(tmp_path: Path, keyword: str) -> None:
    dataset = small_dataset()
    path = write(tmp_path, dataset)
    assert read_header(path)
    dataset[keyword].value = ""
    with pytest.raises(MissingIdentifier) as caught:
        read_header(write(tmp_path, dataset))
    assert caught.value.keywords == (keyword,)


@pytest.mark.parametrize("uid", ["1.2.x", "1" * 65, "...", "1.2 3"])
def test_identifier_that_is_no_uid_is_refused_without_quoting_it(tmp_path: Path, uid: str) -> None:
    content = write(tmp_path, small_dataset(StudyInstanceUID="1.2.3.4.5.6.7.8.9.10" * 3 + "12345")).read_bytes()
    old = ("1.2.3.4.5.6.7.8.9.10" * 3 + "12345").encode()
    padded = uid.encode().ljust(len(old), b"\0")
    with pytest.raises(InvalidIdentifier) as caught:
        read_header(write(tmp_path, content.replace(old, padded)))
    assert caught.value.keyword == "StudyInstanceUID"
    assert uid not in str(caught.value)


def test_leading_zeros_in_a_uid_are_tolerated(tmp_path: Path) -> None:
    header = read_header(write(tmp_path, small_dataset(StudyInstanceUID="1.2.03.4")))
    assert header.study_instance_uid == "1.2.03.4"


def test_unreadable_values_become_none(tmp_path: Path) -> None:
    dataset = small_dataset(SeriesNumber="7", StudyDate="20260102", StudyTime="1030", InstanceNumber="5")
    content = write(tmp_path, dataset).read_bytes()
    broken = (
        content.replace(b"20260102", b"2026XX02").replace(b"1030", b"9930").replace(b"IS\x02\x005 ", b"IS\x02\x005x")
    )
    header = read_header(write(tmp_path, broken))
    assert (header.study_date, header.study_time, header.instance_number) == (None, None, None)
    assert header.series_number == 7
    assert header.study_date_time is None


def test_nul_and_control_characters_leave_the_text(tmp_path: Path) -> None:
    dataset = small_dataset(PatientID="AB\x01C", StudyDescription="head  and neck ")
    header = read_header(write(tmp_path, dataset))
    assert (header.patient_id, header.study_description) == ("ABC", "head and neck")


@pytest.mark.parametrize(
    ("word", "priority"),
    [
        ("STAT", "stat"),
        ("HIGH", "urgent"),
        ("ROUTINE", "routine"),
        ("MEDIUM", "routine"),
        ("LOW", "routine"),
        ("?", None),
    ],
)
def test_priority_is_mapped_from_the_requested_procedure(tmp_path: Path, word: str, priority: str | None) -> None:
    assert read_header(write(tmp_path, small_dataset(RequestedProcedurePriority=word))).priority == priority


def test_request_attributes_and_issuers_are_read(tmp_path: Path) -> None:
    issuer, request, procedure = Dataset(), Dataset(), Dataset()
    issuer.LocalNamespaceEntityID = "NORTH"
    procedure.CodeValue, procedure.CodingSchemeDesignator, procedure.CodeMeaning = "CTHEAD", "L", "CT of the head"
    request.RequestedProcedurePriority = "STAT"
    request.RequestedProcedureCodeSequence = [procedure]
    dataset = small_dataset(
        AccessionNumber="A1",
        IssuerOfAccessionNumberSequence=[issuer],
        IssuerOfPatientID="NORTH",
        RequestAttributesSequence=[request],
        PatientBirthDate="19610203",
        PatientSex="f",
        Laterality="L",
        StudyDate="20260102",
        StudyTime="101112.5",
        TimezoneOffsetFromUTC="+0530",
    )
    header = read_header(write(tmp_path, dataset))
    assert (header.accession_number, header.issuer_of_accession_number) == ("A1", "NORTH")
    assert header.procedure_code == Code("CTHEAD", "L", "CT of the head")
    assert (header.priority, header.birth_date, header.sex) == ("stat", date(1961, 2, 3), "F")
    assert header.laterality == "L"
    assert header.study_time == time(10, 11, 12, 500000)
    assert header.utc_offset_minutes == 330


@pytest.mark.parametrize("content", [b"", b"x" * 131, b"\0" * 200, b"GIF89a" * 100])
def test_other_files_are_not_dicom(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(NotDicom):
        read_header(write(tmp_path, content))


def test_person_names_on_the_screen() -> None:
    assert display_person_name("House^Gregory^J^Dr^MD") == "House, Gregory J, MD"
    assert display_person_name("Yamada^Tarou=山田^太郎=やまだ^たろう") == "Yamada, Tarou (山田, 太郎)"
    assert display_person_name("=山田^太郎") == "山田, 太郎"
    assert display_person_name("") == ""
    assert display_physician_name("House^Gregory^J^Dr^MD") == "Dr Gregory J House, MD"
