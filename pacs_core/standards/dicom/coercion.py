"""Write a stored instance with corrected attributes and the originals beside them (PS3.3 C.12.1.1.9).

Elements that stay are copied byte for byte, pixel data without being looked at or held in memory. Only a name that the
file's character set cannot write has the text of the whole header encoded anew, in ISO_IR 192.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset, read_file_meta_info
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from pacs_core.standards.dicom.reading import element_value, quietly, read_dataset_of
from pacs_core.standards.dicom.structure import DEFLATED, DatasetLayout, ElementSpan, element_spans, read_layout
from pacs_core.standards.dicom.text import clean_line

JsonObject = dict[str, Any]

_PIECE = 1 << 20
_ORIGINAL_ATTRIBUTES = 0x04000561
_UNICODE = "ISO_IR 192"


@dataclass(frozen=True)
class Corrections:
    """Attributes by keyword as they have to read, "" leaves the file's own; `reason` is COERCE or CORRECT.

    `understood` says what an attribute means where a file has none: it is not added only to say the same.
    """

    attributes: Mapping[str, str]
    corrected_at: datetime
    understood: Mapping[str, str] = field(default_factory=dict)
    modifying_system: str = "MERIDIAN"
    reason: str = "CORRECT"

    @property
    def modified_at(self) -> str:
        """AttributeModificationDateTime (0400,0562)."""
        return self.corrected_at.astimezone(UTC).strftime("%Y%m%d%H%M%S.%f+0000")

    def differs(self, keyword: str, text: str) -> bool:
        """Tell whether a file that has this text has to be corrected there."""
        value = self.attributes[keyword]
        return bool(value) and (text or self.understood.get(keyword, "")) != value


def write_corrected(source: Path, target: BinaryIO, corrections: Corrections) -> bool:
    """Write the Part 10 file `source` to `target` as corrected; False, and nothing written, when it reads so already.

    Raises what `read_layout` raises for a file that cannot be followed.
    """
    layout = read_layout(source)
    dataset = read_dataset_of(layout, source)
    needed = _needed(dataset, corrections)
    if not needed:
        return False
    *spans, rest = element_spans(layout)
    head = _head(layout, spans, dataset, needed, corrections)
    meta = read_file_meta_info(source)
    meta.MediaStorageSOPInstanceUID = needed.get("SOPInstanceUID", meta.get("MediaStorageSOPInstanceUID", ""))
    target.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(target, meta, enforce_standard=False)
    pieces = _pieces(layout, rest)
    if layout.transfer_syntax_uid in DEFLATED:
        pieces = _deflated(head, pieces)
    else:
        target.write(head)
    for piece in pieces:
        target.write(piece)
    return True


def corrected_json(model: JsonObject, corrections: Corrections) -> JsonObject:
    """Return the JSON model (PS3.18 F) of what `write_corrected` writes, but for addresses of bulk data."""
    needed: JsonObject = {}
    for keyword, value in corrections.attributes.items():
        tag, vr = f"{tag_for_keyword(keyword):08X}", dictionary_VR(keyword)
        if corrections.differs(keyword, _json_text(model.get(tag, {}))):
            needed[tag] = {"vr": vr, "Value": [_json_name(value) if vr == "PN" else value]}
    if not needed:
        return model
    item = {
        "04000550": {"vr": "SQ", "Value": [{tag: model.get(tag, {"vr": needed[tag]["vr"]}) for tag in sorted(needed)}]},
        "04000562": {"vr": "DT", "Value": [corrections.modified_at]},
        "04000563": {"vr": "LO", "Value": [corrections.modifying_system]},
        "04000564": {"vr": "LO"},
        "04000565": {"vr": "CS", "Value": [corrections.reason]},
    }
    tag = f"{_ORIGINAL_ATTRIBUTES:08X}"
    earlier = model.get(tag, {}).get("Value", [])
    return dict(sorted((model | needed | {tag: {"vr": "SQ", "Value": [*earlier, item]}}).items()))


def _needed(dataset: Dataset, corrections: Corrections) -> dict[str, str]:
    """Return the attributes that the data set has otherwise."""
    return {
        keyword: value
        for keyword, value in corrections.attributes.items()
        if corrections.differs(keyword, clean_line(element_value(dataset, keyword)))
    }


def _head(
    layout: DatasetLayout, spans: list[ElementSpan], dataset: Dataset, needed: dict[str, str], corrections: Corrections
) -> bytes:
    """Return the elements before the pixel data, the corrected ones in their places."""
    changed = _changed(dataset, needed, corrections)
    encodings = convert_encodings(dataset.get("SpecificCharacterSet") or "ISO_IR 6")
    if not _reads_as(needed, _encoded(changed, layout, encodings), layout, encodings):
        return _head_in_unicode(layout, dataset, needed, corrections)
    written = {
        int(tag): _encoded(_only(changed, tag), layout, encodings)
        for tag in changed.keys()  # noqa: SIM118
    }
    # Group lengths (PS3.5 7.2, retired) would be wrong now.
    kept = {span.tag: bytes(layout.buffer[span.start : span.end]) for span in spans if span.tag & 0xFFFF}
    return b"".join(content for _, content in sorted((kept | written).items()))


def _changed(dataset: Dataset, needed: dict[str, str], corrections: Corrections) -> Dataset:
    """Return the corrected elements and OriginalAttributesSequence with what they were, empty where they were not."""
    changed, before, item = Dataset(), Dataset(), Dataset()
    with quietly():
        for keyword, value in needed.items():
            tag, vr = Tag(keyword), dictionary_VR(keyword)
            before[tag] = dataset.get_item(tag) if tag in dataset else DataElement(tag, vr, None)
            changed[tag] = DataElement(tag, vr, value)
        item.ModifiedAttributesSequence = [before]
        item.AttributeModificationDateTime = corrections.modified_at
        item.ModifyingSystem, item.SourceOfPreviousValues = corrections.modifying_system, ""
        item.ReasonForTheAttributeModification = corrections.reason
        earlier = list(element_value(dataset, "OriginalAttributesSequence") or [])
        changed.OriginalAttributesSequence = Sequence([*earlier, item])
    return changed


def _only(dataset: Dataset, tag: Any) -> Dataset:
    part = Dataset()
    part[tag] = dataset.get_item(tag)
    return part


def _encoded(dataset: Dataset, layout: DatasetLayout, encodings: list[str]) -> bytes:
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = layout.is_implicit_vr, layout.is_little_endian
    with quietly():
        write_dataset(stream, dataset, parent_encoding=encodings)
    return stream.getvalue()


def _reads_as(needed: dict[str, str], content: bytes, layout: DatasetLayout, encodings: list[str]) -> bool:
    """Tell whether the new values survived being written in the file's own character set."""
    with quietly():
        implicit, little = layout.is_implicit_vr, layout.is_little_endian
        again = read_dataset(BytesIO(content), implicit, little, parent_encoding=encodings)
        return all(clean_line(element_value(again, keyword)) == value for keyword, value in needed.items())


def _head_in_unicode(
    layout: DatasetLayout, dataset: Dataset, needed: dict[str, str], corrections: Corrections
) -> bytes:
    with quietly():
        dataset.decode()
        dataset.SpecificCharacterSet = _UNICODE
    # Made anew: pydicom's names remember the bytes they were once written as.
    dataset.update(_changed(dataset, needed, corrections))
    return _encoded(dataset, layout, convert_encodings(_UNICODE))


def _pieces(layout: DatasetLayout, rest: ElementSpan) -> Iterator[bytes]:
    for start in range(rest.start, rest.end, _PIECE):
        yield bytes(layout.buffer[start : min(start + _PIECE, rest.end)])


def _deflated(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Deflate a data set (PS3.5 A.5) piece by piece, to an even length."""
    stream, length = zlib.compressobj(wbits=-zlib.MAX_WBITS), 0
    for piece in chain((head,), pieces):
        content = stream.compress(piece)
        length += len(content)
        yield content
    last = stream.flush()
    yield last + b"\0" * ((length + len(last)) % 2)


def _json_text(element: JsonObject) -> str:
    values = element.get("Value") or [None]
    first = values[0]
    if isinstance(first, dict):
        groups = [first.get(kind, "") for kind in ("Alphabetic", "Ideographic", "Phonetic")]
        return "=".join(groups).rstrip("=")
    return "" if first is None else str(first)


def _json_name(value: str) -> JsonObject:
    names = zip(("Alphabetic", "Ideographic", "Phonetic"), value.split("="), strict=False)
    return {kind: group for kind, group in names if group}
