"""Write a DICOMDIR (PS3.10 8, PS3.3 F) as instances are added to a medium, in memory that grows with records only.

pydicom's FileSet writes one too, but copies every instance to a folder of its own and compares each with all before.
"""

from dataclasses import dataclass, field
from io import BytesIO
from struct import pack_into

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import ExplicitVRLittleEndian

from pacs_core.standards.dicom.directory_records import FIELDS, LEAF_FIELDS, Field, leaf_type_of
from pacs_core.standards.dicom.reading import element_value, quietly
from pacs_core.standards.dicom.uid import (
    MERIDIAN_IMPLEMENTATION_CLASS_UID,
    MERIDIAN_IMPLEMENTATION_VERSION_NAME,
    uid_of_name,
)

MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"
_IN_USE = 0xFFFF
# Where the offsets of the next and the lower record are in a record that begins (0004,1400), (0004,1410), (0004,1420).
_NEXT_AT, _LOWER_AT = 8, 30
_ITEM_HEADER, _SEQUENCE_HEADER = 8, 12

FileId = tuple[str, ...]


@dataclass
class _Record:
    """A directory record, its children by key, and where it begins in the file once that is known."""

    content: bytearray
    children: "dict[str, _Record]" = field(default_factory=dict)
    name: str = ""
    offset: int = 0


class MediaDirectory:
    """Gathers instances as patient, study, series and leaf records; `encoded` gives the DICOMDIR."""

    def __init__(self, *, file_set_id: str = "MERIDIAN") -> None:
        self._file_set_id, self._root = file_set_id, _Record(bytearray())

    def add(self, header: Dataset, *, transfer_syntax_uid: str) -> FileId:
        """Add an instance by its header; return the file ID under which its file belongs on the medium (PS3.10 8.2).

        What a record must have and the header has not is filled in: StudyDate 19000101, numbers 0, IDs UNKNOWN.
        """
        parent, file_id = self._root, ()
        for kind, key, prefix in (
            ("PATIENT", "PatientID", "PT"),
            ("STUDY", "StudyInstanceUID", "ST"),
            ("SERIES", "SeriesInstanceUID", "SE"),
        ):
            value = str(element_value(header, key) or "")
            if value not in parent.children:
                record = _Record(_encoded(_record(header, kind, FIELDS[kind])))
                record.name = f"{prefix}{len(parent.children) + 1:06}"
                parent.children[value] = record
            parent = parent.children[value]
            file_id = (*file_id, parent.name)
        file_id = (*file_id, f"IM{len(parent.children) + 1:06}")
        leaf = _leaf_record(header, file_id, transfer_syntax_uid)
        parent.children[file_id[-1]] = _Record(_encoded(leaf))
        return file_id

    def encoded(self) -> bytes:
        """Return the DICOMDIR of what was added so far."""
        head = self._head()
        position = len(head)
        for record in _depth_first(self._root):
            record.offset = position
            position += _ITEM_HEADER + len(record.content)
        _link(self._root)
        first = list(self._root.children.values())
        if first:
            # The two UL before the consistency flag (0004,1212) and the sequence's header.
            pack_into("<I", head, len(head) - _SEQUENCE_HEADER - 10 - 16, first[0].offset)
            pack_into("<I", head, len(head) - _SEQUENCE_HEADER - 10 - 4, first[-1].offset)
        pack_into("<I", head, len(head) - 4, position - len(head))
        parts = [bytes(head)]
        for record in _depth_first(self._root):
            parts += [b"\xfe\xff\x00\xe0" + len(record.content).to_bytes(4, "little"), bytes(record.content)]
        return b"".join(parts)

    def _head(self) -> bytearray:
        """Preamble, file meta information and the elements up to the header of the record sequence."""
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = MEDIA_STORAGE_DIRECTORY
        meta.MediaStorageSOPInstanceUID = uid_of_name("dicomdir", *(record.name for record in _depth_first(self._root)))
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.ImplementationClassUID = MERIDIAN_IMPLEMENTATION_CLASS_UID
        meta.ImplementationVersionName = MERIDIAN_IMPLEMENTATION_VERSION_NAME
        start = Dataset()
        start.FileSetID = self._file_set_id
        start.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
        start.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
        start.FileSetConsistencyFlag = 0
        stream = BytesIO(b"\0" * 128 + b"DICM")
        stream.seek(0, 2)
        write_file_meta_info(stream, meta)
        return bytearray(stream.getvalue()) + _encoded(start) + b"\x04\x00\x20\x12SQ\0\0\0\0\0\0"


def _record(header: Dataset, kind: str, fields: tuple[Field, ...]) -> Dataset:
    record = Dataset()
    record.OffsetOfTheNextDirectoryRecord = 0
    record.RecordInUseFlag = _IN_USE
    record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    record.DirectoryRecordType = kind
    if character_sets := element_value(header, "SpecificCharacterSet"):
        record.SpecificCharacterSet = character_sets
    with quietly():
        for keyword, otherwise in fields:
            value = element_value(header, keyword)
            tag = tag_for_keyword(keyword) or 0
            record.add(DataElement(tag, dictionary_VR(tag), otherwise if value is None else value))
    return record


def _leaf_record(header: Dataset, file_id: FileId, transfer_syntax_uid: str) -> Dataset:
    kind = leaf_type_of(str(header.SOPClassUID))
    record = _record(header, kind, LEAF_FIELDS[kind])
    record.ReferencedFileID = list(file_id)
    record.ReferencedSOPClassUIDInFile = header.SOPClassUID
    record.ReferencedSOPInstanceUIDInFile = header.SOPInstanceUID
    record.ReferencedTransferSyntaxUIDInFile = transfer_syntax_uid
    return record


def _encoded(dataset: Dataset) -> bytearray:
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = False, True
    with quietly():
        write_dataset(stream, dataset, dataset.get("SpecificCharacterSet") or "iso8859")
    return bytearray(stream.getvalue())


def _depth_first(parent: _Record) -> list[_Record]:
    found = []
    for record in parent.children.values():
        found += [record, *_depth_first(record)]
    return found


def _link(parent: _Record) -> None:
    """Write into each record where its next sibling and its first child begin; 0 where there is none."""
    children = list(parent.children.values())
    for record, following in zip(children, [*children[1:], None], strict=False):
        pack_into("<I", record.content, _NEXT_AT, following.offset if following else 0)
        lower = next(iter(record.children.values()), None)
        pack_into("<I", record.content, _LOWER_AT, lower.offset if lower else 0)
        _link(record)
