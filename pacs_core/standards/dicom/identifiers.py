"""What an instance is and whether its file is whole: all that has to be known before it is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydicom._uid_dict import UID_dictionary
from pydicom.uid import UID

from pacs_core.standards.dicom.errors import InvalidIdentifier, MissingIdentifier, TruncatedDataset, UnreadableDataset
from pacs_core.standards.dicom.reading import quietly, read_dataset_of
from pacs_core.standards.dicom.structure import PIXEL_DATA, UNDEFINED, DatasetLayout, read_layout
from pacs_core.standards.dicom.text import clean_line
from pacs_core.standards.dicom.uid import unusable_uid_reason
from pacs_core.standards.dicom.values import DatasetValues

STUDY_INSTANCE_UID, SERIES_INSTANCE_UID, SOP_INSTANCE_UID, SOP_CLASS_UID = (
    0x0020000D,
    0x0020000E,
    0x00080018,
    0x00080016,
)
_SPECIFIC_CHARACTER_SET = 0x00080005
_PATIENT = {"PatientID": 0x00100020, "IssuerOfPatientID": 0x00100021}
_ROWS, _SAMPLES_PER_PIXEL = 0x00280010, 0x00280002
_PIXEL_DATA_PROVIDER_URL, _SPECTROSCOPY_DATA = 0x00287FE0, 0x56000020
_UIDS = {
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
    "SOPInstanceUID": 0x00080018,
    "SOPClassUID": 0x00080016,
}


@dataclass(frozen=True)
class InstanceIdentifiers:
    """The UIDs that place an instance (PS3.3 C.7.2.1, C.7.3.1, C.12.1), and whose it is."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    patient_id: str
    issuer_of_patient_id: str


def read_identifiers(path: Path | str) -> InstanceIdentifiers:
    """Check that a Part 10 file is whole and return its UIDs; no other value is decoded.

    Raises NotDicom, TruncatedDataset, UnreadableDataset, MissingIdentifier or InvalidIdentifier.
    """
    layout = read_layout(path)
    identifiers = checked_identifiers(lambda keyword: _line(layout, path, keyword))
    refuse_wrong_encoding(layout)
    refuse_missing_pixels(layout)
    return identifiers


def checked_identifiers(value_of: Callable[[str], str]) -> InstanceIdentifiers:
    """Make the identifiers of what `value_of` returns for each keyword; raises MissingIdentifier, InvalidIdentifier."""
    values = {keyword: value_of(keyword) for keyword in _UIDS}
    if missing := [keyword for keyword, uid in values.items() if not uid]:
        raise MissingIdentifier(*missing)
    for keyword, uid in values.items():
        if reason := unusable_uid_reason(uid):
            raise InvalidIdentifier(keyword, reason)
    return InstanceIdentifiers(*values.values(), value_of("PatientID"), value_of("IssuerOfPatientID"))


def refuse_wrong_encoding(layout: DatasetLayout) -> None:
    """Raise UnreadableDataset where the data set is not in the transfer syntax that it announces.

    It could be read all the same, but whoever retrieves it would be sent what it did not agree to.
    """
    with quietly():
        syntax = UID(layout.transfer_syntax_uid)
    if syntax not in UID_dictionary or not syntax.is_transfer_syntax:
        return
    if syntax.is_implicit_VR != layout.is_implicit_vr:
        found = "implicit" if layout.is_implicit_vr else "explicit"
        raise UnreadableDataset(f"it is in {found} VR, and {syntax.name} is announced")
    pixels = layout.pixel_data
    if pixels is not None and syntax.is_encapsulated != (pixels.length == UNDEFINED):
        found = "encapsulated" if pixels.length == UNDEFINED else "not encapsulated"
        raise UnreadableDataset(f"its pixel data is {found}, and {syntax.name} is announced")


def refuse_missing_pixels(layout: DatasetLayout) -> None:
    """Raise TruncatedDataset for an image pixel module (PS3.3 C.7.6.3) without pixels.

    They may be elsewhere, or the instance a spectrum (PS3.3 C.8.14).
    """
    elements = layout.elements
    if layout.pixel_data is not None or _PIXEL_DATA_PROVIDER_URL in elements or _SPECTROSCOPY_DATA in elements:
        return
    if _SAMPLES_PER_PIXEL in elements or _ROWS in elements:
        raise TruncatedDataset(PIXEL_DATA, "the header describes pixels that are not there")


def _line(layout: DatasetLayout, path: Path | str, keyword: str) -> str:
    """Return the first value that is not empty; one in another character set than ASCII is decoded by pydicom."""
    tag = (_UIDS | _PATIENT)[keyword]
    content = layout.value(tag)
    if not content.isascii() or b"\x1b" in content:
        dataset = read_dataset_of(layout, path, [_SPECIFIC_CHARACTER_SET, tag])
        return DatasetValues(dataset).line(keyword)
    return next((text for part in content.decode("ascii").split("\\") if (text := clean_line(part))), "")
