"""Real files that pydicom carries, given the identity of a demonstration patient."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from pacs_core.standards.dicom.uid import is_valid_uid, uid_of_name

# readable images of a size that shows something, of many modalities, colour models and transfer syntaxes
_NAMES = (
    "CT_small.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "693_J2KI.dcm",
    "MR_small.dcm",
    "MR_small_RLE.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_implicit.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "examples_overlay.dcm",
    "JPEG2000.dcm",
    "ExplVR_BigEnd.dcm",
    "examples_jpeg2k.dcm",
    "examples_palette.dcm",
    "examples_rgb_color.dcm",
    "examples_ybr_color.dcm",
    "image_dfl.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_rle_2frame.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
)


@dataclass(frozen=True, kw_only=True)
class DemoIdentity:
    """Whose study a real file becomes.

    `study_key` and the file's own UIDs make the new UIDs: one key is one study. Variants of one image (`MR_small*`)
    share their UIDs and need a key each. `study_description`, `station_name`, `body_part` and `modality` replace the
    file's own values only when given.
    """

    study_key: str
    patient_id: str
    issuer_of_patient_id: str
    patient_name: str
    study_at: datetime
    birth_date: date | None = None
    sex: str = ""
    accession_number: str = ""
    issuer_of_accession_number: str = ""
    study_description: str = ""
    referring_physician_name: str = ""
    institution_name: str = ""
    station_name: str = ""
    body_part: str = ""
    modality: str = ""


def pydicom_shipped_files() -> list[Path]:
    """Return the files of `_NAMES` that pydicom brought along; nothing is downloaded."""
    found = (get_testdata_file(name, download=False) for name in _NAMES)
    return [Path(str(path)) for path in found if path]


def study_instance_uid_of(identity: DemoIdentity) -> str:
    return uid_of_name("shipped study", identity.study_key)


def rehome(dataset: Dataset, identity: DemoIdentity) -> Dataset:
    """Return a copy with the identity's patient and study and UIDs derived from the old ones; pixels stay as they are.

    References inside the data set follow when they name the study, a series or an instance by the UIDs replaced.
    """
    moved = deepcopy(dataset)
    replaced: dict[str, str] = {}
    for keyword, kind in (
        ("StudyInstanceUID", "study"),
        ("SeriesInstanceUID", "series"),
        ("SOPInstanceUID", "instance"),
        ("FrameOfReferenceUID", "frame of reference"),
    ):
        old = str(dataset.get(keyword, "") or "")
        new = (
            study_instance_uid_of(identity)
            if kind == "study"
            else uid_of_name(f"shipped {kind}", identity.study_key, old)
        )
        if old or kind != "frame of reference":
            setattr(moved, keyword, new)
        if old:
            replaced[old] = new
    _replace_references(moved, replaced)
    moved.file_meta.MediaStorageSOPInstanceUID = moved.SOPInstanceUID
    if not is_valid_uid(str(moved.file_meta.get("MediaStorageSOPClassUID", ""))):
        moved.file_meta.MediaStorageSOPClassUID = moved.SOPClassUID
    _set_identity(moved, identity)
    return moved


def _replace_references(dataset: Dataset, replaced: dict[str, str]) -> None:
    for element in dataset.iterall():
        if element.VR == "UI" and isinstance(element.value, str) and element.value in replaced:
            element.value = replaced[element.value]


def _set_identity(dataset: Dataset, identity: DemoIdentity) -> None:
    for keyword in ("OtherPatientIDs", "OtherPatientNames", "OtherPatientIDsSequence", "PatientAge", "OperatorsName"):
        if keyword in dataset:
            delattr(dataset, keyword)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = identity.patient_name
    dataset.PatientID = identity.patient_id
    dataset.IssuerOfPatientID = identity.issuer_of_patient_id
    dataset.PatientBirthDate = identity.birth_date.strftime("%Y%m%d") if identity.birth_date else ""
    dataset.PatientSex = identity.sex
    dataset.AccessionNumber = identity.accession_number
    if identity.issuer_of_accession_number:
        issuer = Dataset()
        issuer.LocalNamespaceEntityID = identity.issuer_of_accession_number
        dataset.IssuerOfAccessionNumberSequence = [issuer]
    dataset.StudyID = identity.accession_number[:16]
    for name in ("Study", "Series", "Acquisition", "Content"):
        if name == "Study" or f"{name}Date" in dataset:
            setattr(dataset, f"{name}Date", identity.study_at.strftime("%Y%m%d"))
            setattr(dataset, f"{name}Time", identity.study_at.strftime("%H%M%S"))
    if "TimezoneOffsetFromUTC" in dataset:
        del dataset.TimezoneOffsetFromUTC
    dataset.ReferringPhysicianName = identity.referring_physician_name
    dataset.InstitutionName = identity.institution_name
    for keyword, value in (
        ("StudyDescription", identity.study_description),
        ("StationName", identity.station_name),
        ("BodyPartExamined", identity.body_part),
        ("Modality", identity.modality),
    ):
        if value:
            setattr(dataset, keyword, value)
