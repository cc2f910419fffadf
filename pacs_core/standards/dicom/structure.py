"""Follow a file's top-level data elements without reading their values.

pydicom returns what it got when a file ends early, so a cut transfer looks like a good instance. This walk checks that
every value lies inside the file (PS3.5 7.1, 7.5, A.4) and finds where the pixel data is, so that a frame can be read on
its own.
"""

import mmap
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from tempfile import SpooledTemporaryFile

from pacs_core.standards.dicom.errors import NotDicom, TruncatedDataset, UnreadableDataset

IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
EXPLICIT_VR_BIG_ENDIAN = "1.2.840.10008.1.2.2"
# Deflated Explicit VR Little Endian, JPIP Referenced Deflate, JPIP HTJ2K Referenced Deflate (PS3.5 A.5, A.7, A.10)
DEFLATED = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"})
# An inflated data set may always be so large, and beyond that so many times as large as what was sent.
INFLATED_ALWAYS, INFLATED_RATIO = 16 * 1024**2, 200
_PIECE_BYTES = 1024**2

PIXEL_DATA = 0x7FE00010
PIXEL_TAGS = frozenset({PIXEL_DATA, 0x7FE00008, 0x7FE00009})
UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_MAXIMUM_DEPTH = 48


@dataclass(frozen=True)
class ElementLocation:
    """Where a value lies in `DatasetLayout.buffer`; `end` excludes a delimiter, `length` may be UNDEFINED."""

    tag: int
    vr: str
    offset: int
    length: int
    end: int


@dataclass(frozen=True)
class ElementSpan:
    """Where a whole element, header and value, lies in `DatasetLayout.buffer`."""

    tag: int
    start: int
    end: int


@dataclass(frozen=True)
class DatasetLayout:
    """Shape of one file; `buffer`, the file mapped or inflated, has the data set from `dataset_offset` on."""

    buffer: mmap.mmap | bytes
    dataset_offset: int
    transfer_syntax_uid: str
    media_storage_sop_class_uid: str
    media_storage_sop_instance_uid: str
    is_implicit_vr: bool
    is_little_endian: bool
    pixel_data: ElementLocation | None
    # Tag -> (offset, length) of each top-level element's value; the length may be UNDEFINED.
    elements: dict[int, tuple[int, int]]

    def value(self, tag: int) -> bytes:
        """Return a top-level element's bytes as they stand; none for one that is absent or has no length."""
        offset, length = self.elements.get(tag, (0, 0))
        return b"" if length == UNDEFINED else bytes(self.buffer[offset : offset + length])


def read_layout(path: Path | str) -> DatasetLayout:
    """Map the file and walk it; raises NotDicom, TruncatedDataset or UnreadableDataset."""
    with open(path, "rb") as file:
        try:
            buffer = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise NotDicom("it is empty") from None
    return layout_of(buffer)


def element_spans(layout: DatasetLayout) -> Iterator[ElementSpan]:
    """Give the top-level elements before the pixel data, and last the first pixel element or the end of the file."""
    walk, position = _Walk(layout.buffer, layout.is_little_endian), layout.dataset_offset
    while walk.size - position >= 8:
        tag, vr, value, length = walk.header(position, layout.is_implicit_vr)
        if tag in PIXEL_TAGS:
            break
        end = walk.end_of_value(tag, vr, value, length, layout.is_implicit_vr, depth=0)
        yield ElementSpan(tag, position, end)
        position = end
    yield ElementSpan(PIXEL_DATA, position, walk.size)


def layout_of(buffer: mmap.mmap | bytes) -> DatasetLayout:
    if len(buffer) < 132 or buffer[128:132] != b"DICM":
        raise NotDicom("the prefix DICM is missing at byte 128")
    meta, offset = _read_file_meta(buffer)
    transfer_syntax_uid = meta.get(0x00020010, "")
    if transfer_syntax_uid in DEFLATED:
        buffer, offset = _inflate(buffer, offset), 0
    implicit, little = _guess_encoding(buffer, offset, transfer_syntax_uid)
    if not transfer_syntax_uid:
        explicit = EXPLICIT_VR_LITTLE_ENDIAN if little else EXPLICIT_VR_BIG_ENDIAN
        transfer_syntax_uid = IMPLICIT_VR_LITTLE_ENDIAN if implicit else explicit
    walk = _Walk(buffer, little)
    return DatasetLayout(
        buffer=buffer,
        dataset_offset=offset,
        transfer_syntax_uid=transfer_syntax_uid,
        media_storage_sop_class_uid=meta.get(0x00020002, ""),
        media_storage_sop_instance_uid=meta.get(0x00020003, ""),
        is_implicit_vr=implicit,
        is_little_endian=little,
        pixel_data=walk.top_level(offset, implicit),
        elements=walk.elements,
    )


def _read_file_meta(buffer: mmap.mmap | bytes) -> tuple[dict[int, str], int]:
    """Read group 0002, always Explicit VR Little Endian (PS3.10 7.1); its group length is not trusted."""
    walk = _Walk(buffer, little_endian=True)
    meta: dict[int, str] = {}
    position = 132
    while position + 8 <= len(buffer) and buffer[position : position + 2] == b"\x02\x00":
        tag, vr, value, length = walk.header(position, implicit=False)
        if length == UNDEFINED or vr == b"SQ":
            raise UnreadableDataset("the file meta information holds a sequence")
        walk.require(tag, value, length)
        if vr == b"UI":
            meta[tag] = buffer[value : value + length].decode("ascii", "replace").strip("\0 ")
        position = value + length
    if position >= len(buffer):
        raise TruncatedDataset(None, "there is no data set after the file meta information")
    return meta, position


def _inflate(buffer: mmap.mmap | bytes, offset: int) -> mmap.mmap | bytes:
    """Inflate the data set (raw deflate, PS3.5 A.5), a large one into a file, so that memory stays small.

    Refuses one that grows as no image does: a bomb unpacks to a thousand times its size.
    """
    stream, view, produced = zlib.decompressobj(wbits=-zlib.MAX_WBITS), memoryview(buffer), 0
    with view, SpooledTemporaryFile(max_size=_PIECE_BYTES) as inflated:
        try:
            for position in range(offset, len(view), _PIECE_BYTES):
                consumed = min(position + _PIECE_BYTES, len(view)) - offset
                piece: bytes = bytes(view[position : position + _PIECE_BYTES])
                while piece and not stream.eof:
                    produced += inflated.write(stream.decompress(piece, _PIECE_BYTES))
                    if produced > max(INFLATED_ALWAYS, INFLATED_RATIO * consumed):
                        raise UnreadableDataset(f"the deflated data set grows to more than {produced} bytes")
                    piece = stream.unconsumed_tail
        except zlib.error:
            raise UnreadableDataset("the deflated data set is damaged") from None
        if not stream.eof:
            raise TruncatedDataset(None, "the deflated data set has no end")
        if produced <= _PIECE_BYTES:
            inflated.seek(0)
            return inflated.read()
        inflated.flush()
        return mmap.mmap(inflated.fileno(), 0, access=mmap.ACCESS_READ)


def _guess_encoding(buffer: mmap.mmap | bytes, offset: int, transfer_syntax_uid: str) -> tuple[bool, bool]:
    """Return (implicit VR, little endian), believing the first element more than an absent or wrong transfer syntax."""
    little = transfer_syntax_uid != EXPLICIT_VR_BIG_ENDIAN
    if not transfer_syntax_uid:
        little = not (buffer[offset] == 0 and buffer[offset + 1 : offset + 2] not in (b"\x00", b""))
    vr = buffer[offset + 4 : offset + 6]
    return not (vr.isalpha() and vr.isupper()), little


class _Walk:
    def __init__(self, buffer: mmap.mmap | bytes, little_endian: bool) -> None:
        order = "<" if little_endian else ">"
        self.buffer = buffer
        self.size = len(buffer)
        self.elements: dict[int, tuple[int, int]] = {}
        self.tag_and_length = Struct(f"{order}HHI").unpack_from
        self.tag_vr_length = Struct(f"{order}HH2sH").unpack_from
        self.long_length = Struct(f"{order}I").unpack_from

    def header(self, position: int, implicit: bool) -> tuple[int, bytes, int, int]:
        """Return (tag, VR or b"" when implicit, offset of the value, its length)."""
        if position + 8 > self.size:
            raise TruncatedDataset(None, "an element header is cut off")
        group, element, vr, length = self.tag_vr_length(self.buffer, position)
        tag = group << 16 | element
        if implicit or group == 0xFFFE or not b"AA" <= vr <= b"ZZ":
            return tag, b"", position + 8, self.tag_and_length(self.buffer, position)[2]
        if vr not in _LONG_VRS:
            return tag, vr, position + 8, length
        if position + 12 > self.size:
            raise TruncatedDataset(tag, "its header is cut off")
        return tag, vr, position + 12, self.long_length(self.buffer, position + 8)[0]

    def require(self, tag: int, offset: int, length: int) -> None:
        if offset + length > self.size:
            raise TruncatedDataset(tag, f"{length} bytes announced, {self.size - offset} present")

    def top_level(self, position: int, implicit: bool) -> ElementLocation | None:
        pixel_data = None
        while position < self.size:
            if self.size - position < 8 and not any(self.buffer[position:]):
                break  # some writers pad the file, not the last value
            tag, vr, value, length = self.header(position, implicit)
            if tag in (_ITEM_END, _SEQUENCE_END):
                raise UnreadableDataset("a delimiter stands outside a sequence")
            end = self.end_of_value(tag, vr, value, length, implicit, depth=0)
            self.elements.setdefault(tag, (value, length))
            if tag in PIXEL_TAGS and pixel_data is None:
                content_end = end - 8 if length == UNDEFINED else end
                pixel_data = ElementLocation(tag, vr.decode() or "OW", value, length, content_end)
            position = end
        return pixel_data

    def end_of_value(self, tag: int, vr: bytes, value: int, length: int, implicit: bool, depth: int) -> int:
        if length != UNDEFINED:
            self.require(tag, value, length)
            return value + length
        if depth > _MAXIMUM_DEPTH:
            raise UnreadableDataset(f"sequences are nested deeper than {_MAXIMUM_DEPTH}")
        if tag == PIXEL_DATA or vr in {b"OB", b"OW"}:
            return self.end_of_fragments(tag, value)
        # UN of undefined length is an implicit VR sequence (PS3.5 6.2.2)
        return self.end_of_sequence(tag, value, implicit or vr == b"UN", depth)

    def end_of_fragments(self, tag: int, position: int) -> int:
        while True:
            if position + 8 > self.size:
                raise TruncatedDataset(tag, "the sequence delimiter of the encapsulated pixel data is missing")
            item, _, value, length = self.header(position, implicit=True)
            if item == _SEQUENCE_END:
                return value
            if item != _ITEM or length == UNDEFINED:
                raise UnreadableDataset("the encapsulated pixel data holds something else than fragments")
            self.require(tag, value, length)
            position = value + length

    def end_of_sequence(self, tag: int, position: int, implicit: bool, depth: int) -> int:
        while True:
            if position + 8 > self.size:
                raise TruncatedDataset(tag, "the sequence delimiter is missing")
            item, _, value, length = self.header(position, implicit=True)
            if item == _SEQUENCE_END:
                return value
            if item != _ITEM:
                raise UnreadableDataset(
                    f"sequence ({tag >> 16:04X},{tag & 0xFFFF:04X}) holds something else than items"
                )
            if length != UNDEFINED:
                self.require(tag, value, length)
                position = value + length
            else:
                position = self.end_of_item(tag, value, implicit, depth)

    def end_of_item(self, tag: int, position: int, implicit: bool, depth: int) -> int:
        while True:
            if position + 8 > self.size:
                raise TruncatedDataset(tag, "an item delimiter is missing")
            inner, vr, value, length = self.header(position, implicit)
            if inner == _ITEM_END:
                return value
            position = self.end_of_value(inner, vr, value, length, implicit, depth + 1)
