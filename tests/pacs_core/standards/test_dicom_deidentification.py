"""De-identified copies: what goes, what stays, what is replaced alike, and what is not copied at all."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from pacs_core.standards.dicom.deidentification.descriptors import cleaned_text
from pacs_core.standards.dicom.deidentification.header import Deidentifier, NotDeidentifiable
from pacs_core.standards.dicom.deidentification.options import Options
from pacs_core.standards.dicom.deidentification.part10 import deidentified_copy
from pacs_core.standards.dicom.deidentification.profile import rule_for
from pacs_core.standards.dicom.deidentification.pseudonyms import Pseudonyms
from pacs_core.standards.dicom.reading import element_value, quietly, read_without_pixels
from tests.pacs_core.archive.instances import make_dataset
from tests.protocol.shipped_files import DATA, REFUSED, shipped_names

KEY = bytes(range(32))
USUAL = Options()
BARE = Options(retain_modified_dates=False, clean_descriptors=False, clean_structured_content=False)
# Every attribute that names the patient, somebody else, a place or a number of theirs.
IDENTIFYING = (
    *("PatientName", "PatientID", "PatientBirthDate", "OtherPatientIDs", "PatientAddress", "PatientTelephoneNumbers"),
    *("ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName", "NameOfPhysiciansReadingStudy"),
    *("InstitutionAddress", "StationName", "AccessionNumber", "DeviceSerialNumber", "StudyInstanceUID"),
    *("SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID", "PatientComments", "RequestingPhysician"),
)


def deidentifier(options: Options = USUAL, *, key: bytes = KEY, patient_id: str = "P1") -> Deidentifier:
    return Deidentifier(options=options, pseudonyms=Pseudonyms(key, "LUNG"), issuer="NORTH", patient_id=patient_id)


def cleaned(options: Options = USUAL, **elements: Any) -> Dataset:
    dataset = make_dataset(**elements)
    del dataset.PixelData
    deidentifier(options).apply(dataset)
    return dataset


def copied(source: Path, folder: Path, *, accept: bool) -> Dataset:
    copy = deidentified_copy(source, folder, deidentifier=deidentifier(), accept_doubtful_pixels=accept)
    return dcmread(copy.path)


def test_no_identity_of_any_shipped_file_is_in_its_copy_and_its_pixels_are_the_same(tmp_path: Path) -> None:
    for name in shipped_names():
        if name in REFUSED:
            continue
        header, _ = read_without_pixels(DATA / name)
        copy = deidentified_copy(DATA / name, tmp_path, deidentifier=deidentifier(), accept_doubtful_pixels=True)
        content = copy.path.read_bytes()
        for keyword in IDENTIFYING:
            value = str(element_value(header, keyword) or "").strip("^ ")
            assert len(value) < 4 or value.encode("utf-8", "replace") not in content, (name, keyword)
        with quietly():
            again, original = dcmread(copy.path), dcmread(DATA / name)
            assert again.get("PixelData") == original.get("PixelData"), name
            assert not [element for element in again.iterall() if element.tag.is_private], name
        assert again.PatientIdentityRemoved == "YES"


def test_the_basic_profile_empties_removes_and_replaces() -> None:
    copy = cleaned(
        BARE,
        AccessionNumber="A7",
        InstitutionName="North Hospital",
        StudyDescription="CT of Mr Roe",
        Manufacturer="ACME",
    )
    assert (copy.AccessionNumber, copy.StudyDate, copy.StudyTime) == ("", "", "")
    assert copy.InstitutionName == "REMOVED"
    assert "StudyDescription" not in copy
    assert copy.Manufacturer == "ACME"
    assert copy.PatientID == copy.PatientName == deidentifier().patient
    assert [code.CodeValue for code in copy.DeidentificationMethodCodeSequence] == ["113100"]
    assert copy.LongitudinalTemporalInformationModified == "REMOVED"


def test_dates_of_a_patient_move_together_and_those_of_another_otherwise() -> None:
    copy = cleaned(
        StudyDate="20260110", SeriesDate="20260112", AcquisitionDateTime="20260110093000.5+0100", StudyTime="0930"
    )
    shift = deidentifier().shift
    assert copy.StudyDate == (date(2026, 1, 10) + shift).strftime("%Y%m%d")
    assert copy.SeriesDate == (date(2026, 1, 12) + shift).strftime("%Y%m%d")
    assert copy.AcquisitionDateTime == f"{copy.StudyDate}093000.5+0100"
    assert (copy.StudyTime, copy.LongitudinalTemporalInformationModified) == ("0930", "MODIFIED")
    assert deidentifier(patient_id="P2").shift != shift
    assert -3650 <= shift.days <= -1


@pytest.mark.parametrize("broken", ["not a date", "20261399", "99999999", ""])
def test_what_is_no_date_does_not_stay(broken: str) -> None:
    assert cleaned(StudyDate=broken).StudyDate == ""


def test_pseudonyms_are_the_same_for_a_key_and_others_for_another() -> None:
    other = deidentifier(key=bytes(32))
    assert deidentifier().patient == deidentifier().patient
    assert deidentifier().patient.startswith("LUNG-")
    assert other.patient != deidentifier().patient
    assert other.shift != deidentifier().shift
    assert other.pseudonyms.of_uid("1.2.3") != deidentifier().pseudonyms.of_uid("1.2.3")


def test_references_follow_the_uids_and_kinds_stay() -> None:
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = CTImageStorage, "2.25.1.1.1"
    copy = cleaned(ReferencedImageSequence=[reference])
    assert copy.ReferencedImageSequence[0].ReferencedSOPInstanceUID == copy.SOPInstanceUID != "2.25.1.1.1"
    assert (copy.SOPClassUID, copy.ReferencedImageSequence[0].ReferencedSOPClassUID) == (CTImageStorage,) * 2
    assert cleaned(Options(retain_uids=True)).SOPInstanceUID == "2.25.1.1.1"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("CT Thorax mit KM, Hr. Müller 12.03.1975", "CT Thorax KM , Hr"),
        ("T2 FLAIR ax 5mm", "T2 FLAIR ax 5mm"),
        ("Chest PA/lat", "Chest PA / lat"),
        ("Patient 4711-0815", ""),
        ("123 456 789", ""),
        ("phase 3", "phase 3"),
        ("胸部", ""),
    ],
)
def test_descriptors_keep_harmless_words_only(text: str, left: str) -> None:
    assert cleaned_text(text) == left


def test_a_report_keeps_its_measurements_and_loses_who_wrote_it() -> None:
    copy = cleaned(ContentSequence=_report())
    kept = copy.ContentSequence
    assert [item.ValueType for item in kept] == ["NUM", "TEXT", "CONTAINER"]
    assert kept[0].MeasuredValueSequence[0].NumericValue == 12
    assert kept[1].TextValue == "Mr nodule in the right lung , by Dr"
    assert [item.ValueType for item in kept[2].ContentSequence] == ["CODE"]
    with pytest.raises(NotDeidentifiable, match="structured report"):
        cleaned(BARE, ContentSequence=_report())


def test_private_elements_go_but_the_safe_ones_of_a_known_creator() -> None:
    def with_private() -> Dataset:
        dataset = make_dataset()
        del dataset.PixelData
        siemens = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
        siemens.add_new(0x0C, "IS", "1000")
        siemens.add_new(0x99, "LO", "Roe")
        dataset.private_block(0x0021, "UNKNOWN", create=True).add_new(0x0C, "IS", "7")
        return dataset

    every, safe = with_private(), with_private()
    deidentifier().apply(every)
    deidentifier(Options(retain_safe_private=True)).apply(safe)
    assert [element.tag for element in every if element.tag.is_private] == []
    assert [element.value for element in safe if element.tag.is_private] == ["SIEMENS MR HEADER", 1000]


def test_characteristics_stay_when_wanted_and_great_ages_are_cut() -> None:
    values = {"PatientAge": "094Y", "PatientSex": "F", "PatientWeight": "70"}
    kept = cleaned(Options(retain_patient_characteristics=True), **values)
    assert (kept.PatientAge, kept.PatientSex, kept.PatientWeight) == ("089Y", "F", 70)
    assert "PatientAge" not in cleaned(**values)


@pytest.mark.parametrize(
    ("elements", "is_certain"),
    [
        ({"BurnedInAnnotation": "YES"}, True),
        ({"Modality": "US"}, False),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, False),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"}, True),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, False),
    ],
)
def test_images_that_may_show_text_are_left_out_until_a_person_has_looked(
    tmp_path: Path, elements: dict[str, Any], is_certain: bool
) -> None:
    source = tmp_path / "source.dcm"
    make_dataset(**elements).save_as(source, enforce_file_format=True)
    with pytest.raises(NotDeidentifiable):
        copied(source, tmp_path, accept=False)
    if is_certain:
        with pytest.raises(NotDeidentifiable):
            copied(source, tmp_path, accept=True)
    else:
        assert copied(source, tmp_path, accept=True).PixelData


def test_an_ultrasound_whose_header_denies_text_is_copied(tmp_path: Path) -> None:
    source = tmp_path / "source.dcm"
    make_dataset(Modality="US", BurnedInAnnotation="NO").save_as(source, enforce_file_format=True)
    copy = copied(source, tmp_path, accept=False)
    assert copy.file_meta.MediaStorageSOPInstanceUID == copy.SOPInstanceUID
    assert "SourceApplicationEntityTitle" not in copy.file_meta


def test_the_table_is_that_of_the_standard() -> None:
    actions = {
        tag: rule.action
        for tag in (0x00100010, 0x00100020, 0x0020000D, 0x00081030, 0x60103000, 0x00280010)
        if (rule := rule_for(tag))
    }
    assert actions == {0x00100010: "Z", 0x00100020: "Z/D", 0x0020000D: "U", 0x00081030: "X", 0x60103000: "X"}


def _item(value_type: str, code: str, **values: Any) -> Dataset:
    item, name = Dataset(), Dataset()
    name.CodeValue, name.CodingSchemeDesignator, name.CodeMeaning = code, "DCM", "x"
    item.ValueType, item.ConceptNameCodeSequence = value_type, [name]
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def _report() -> list[Dataset]:
    measured = Dataset()
    measured.NumericValue = 12
    inner = [_item("PNAME", "121008", PersonName="Reader^Ray"), _item("CODE", "121005")]
    return [
        _item("NUM", "112050", MeasuredValueSequence=[measured]),
        _item("TEXT", "121071", TextValue="Mr Roe: nodule in the right lung, seen by Dr Reader"),
        _item("CONTAINER", "121070", ContentSequence=inner),
    ]
