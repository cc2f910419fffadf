"""Frames of a file's pixel data, as stored or as native little endian bytes; the whole value is never in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels import get_decoder  # pyright: ignore[reportPrivateImportUsage]
from pydicom.uid import UID

from pacs_core.standards.dicom.errors import FrameNotFound, NoPixelData, UndecodableFrame
from pacs_core.standards.dicom.reading import quietly, read_without_pixels
from pacs_core.standards.dicom.structure import (
    DEFLATED,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    PIXEL_DATA,
    UNDEFINED,
    DatasetLayout,
)
from pacs_core.standards.dicom.values import DatasetValues

_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
_NATIVE = DEFLATED | {EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN}


@dataclass(frozen=True)
class Frame:
    """`transfer_syntax_uid` says how `content` is encoded; Explicit VR Little Endian stands for native bytes."""

    content: bytes
    transfer_syntax_uid: str


@dataclass(frozen=True)
class FrameSource:
    """One opened instance; cheap to keep while several of its frames are read. Frames count from 1 (PS3.18 8.2)."""

    dataset: Dataset
    layout: DatasetLayout
    number_of_frames: int

    @property
    def is_encapsulated(self) -> bool:
        location = self.layout.pixel_data
        return location is not None and location.length == UNDEFINED

    @property
    def transfer_syntax_uid(self) -> str:
        """Return the encoding of `stored_frame`."""
        return self.layout.transfer_syntax_uid if self.is_encapsulated else EXPLICIT_VR_LITTLE_ENDIAN

    def stored_frame(self, frame_number: int) -> Frame:
        """Return the frame's compressed bytes unchanged; native ones little endian whatever the file is.

        Raises NoPixelData, FrameNotFound or UndecodableFrame (fragments or lengths that don't fit the header).
        """
        if self.layout.pixel_data is None:
            raise NoPixelData
        if not 1 <= frame_number <= self.number_of_frames:
            raise FrameNotFound(frame_number, self.number_of_frames)
        content = self._fragments(frame_number) if self.is_encapsulated else self._native(frame_number)
        return Frame(content, self.transfer_syntax_uid)

    def decoded_array(self, frame_number: int) -> tuple[NDArray[np.generic], str]:
        """Return ((rows, columns[, samples]) values, photometric interpretation); YBR comes out as RGB."""
        frame = self.stored_frame(frame_number)
        return _decode(self.dataset, frame, frame_number)

    def decoded_frame(self, frame_number: int) -> Frame:
        """Return the frame as native little endian bytes, colour by pixel."""
        frame = self.stored_frame(frame_number)
        if not self.is_encapsulated:
            return frame
        array, _ = _decode(self.dataset, frame, frame_number)
        content = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False)).tobytes()
        return Frame(content, EXPLICIT_VR_LITTLE_ENDIAN)

    def _fragments(self, frame_number: int) -> bytes:
        location = self.layout.pixel_data
        assert location is not None
        buffer: Any = BytesIO(self.layout.buffer) if isinstance(self.layout.buffer, bytes) else self.layout.buffer
        buffer.seek(location.offset)
        try:
            return get_frame(
                buffer,
                frame_number - 1,
                number_of_frames=self.number_of_frames,
                extended_offsets=_extended_offsets(self.dataset),
            )
        # offset tables and fragments are the sender's; pydicom raises ValueError, struct.error, IndexError, ...
        except Exception as error:
            raise UndecodableFrame(
                frame_number, self.layout.transfer_syntax_uid, "its fragments can't be found"
            ) from error

    def _native(self, frame_number: int) -> bytes:
        location = self.layout.pixel_data
        assert location is not None
        bits = native_frame_bits(self.dataset, location.tag)
        start_bit = bits * (frame_number - 1)
        start, end = start_bit // 8, (start_bit + bits + 7) // 8
        if not bits or end > location.length:
            reason = f"{end} bytes needed, the pixel data has {location.length}"
            raise UndecodableFrame(frame_number, self.layout.transfer_syntax_uid, reason)
        word = 1
        if not self.layout.is_little_endian:
            word = word_size(self.dataset, location.tag, location.vr)
        # a big endian OW is swapped by its words, so the window has to begin and end with one
        first, last = start // word * word, min(-(-end // word) * word, location.length // word * word)
        content = self.layout.buffer[location.offset + first : location.offset + last]
        if word > 1:
            content = np.frombuffer(content, f">u{word}").astype(f"<u{word}").tobytes()
        content = content[start - first : end - first]
        return _aligned_bits(content, start_bit % 8, bits) if start_bit % 8 or bits % 8 else content


def open_frames(path: Path | str) -> FrameSource:
    """Open a Part 10 file for its frames; raises what `read_header` raises for a file that is not whole."""
    dataset, layout = read_without_pixels(path)
    return FrameSource(dataset, layout, max(DatasetValues(dataset).integer("NumberOfFrames") or 1, 1))


def iterate_stored_frames(path: Path | str) -> Iterator[Frame]:
    """Give every frame as stored, in order."""
    source = open_frames(path)
    for frame_number in range(1, source.number_of_frames + 1):
        yield source.stored_frame(frame_number)


def decode_frame(path: Path | str, frame_number: int) -> Frame:
    """Return one frame as native little endian bytes."""
    return open_frames(path).decoded_frame(frame_number)


def native_frame_bits(dataset: Dataset, pixel_tag: int = PIXEL_DATA) -> int:
    """Return a native frame's length in bits, 0 when the header doesn't say (PS3.5 8.1.1, PS3.3 C.7.6.3)."""
    values = DatasetValues(dataset)
    rows, columns = values.integer("Rows") or 0, values.integer("Columns") or 0
    bits_allocated = values.integer("BitsAllocated") or {0x7FE00008: 32, 0x7FE00009: 64}.get(pixel_tag, 0)
    bits = rows * columns * (values.integer("SamplesPerPixel") or 1) * bits_allocated
    return bits * 2 // 3 if values.line("PhotometricInterpretation") == "YBR_FULL_422" else max(bits, 0)


def word_size(dataset: Dataset, pixel_tag: int, vr: str) -> int:
    if pixel_tag != PIXEL_DATA:
        return 4 if pixel_tag == 0x7FE00008 else 8
    bits_allocated = DatasetValues(dataset).integer("BitsAllocated") or 8
    if bits_allocated <= 8:
        return 2 if vr == "OW" else 1
    return bits_allocated // 8


def _aligned_bits(content: bytes, shift: int, bits: int) -> bytes:
    """Move a frame of single bits, packed from the least significant (PS3.5 8.1.1), to a byte boundary."""
    unpacked = np.unpackbits(np.frombuffer(content, np.uint8), bitorder="little")[shift : shift + bits]
    return np.packbits(unpacked, bitorder="little").tobytes()


def _extended_offsets(dataset: Dataset) -> tuple[bytes, bytes] | None:
    offsets = dataset.get("ExtendedOffsetTable")
    lengths = dataset.get("ExtendedOffsetTableLengths")
    return (offsets, lengths) if offsets and lengths else None


_PIXEL_KEYWORDS = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
)


def _decode(dataset: Dataset, frame: Frame, frame_number: int) -> tuple[NDArray[np.generic], str]:
    try:
        if frame.transfer_syntax_uid == _JPEG_EXTENDED and (DatasetValues(dataset).integer("BitsStored") or 8) > 8:
            # pydicom has no plug-in for 12 bits that is free of the GPL.
            return imagecodecs.jpeg8_decode(frame.content), "MONOCHROME2"
        with quietly():
            decoder = get_decoder(UID(frame.transfer_syntax_uid))
            options = _decoder_options(dataset)
            native = frame.transfer_syntax_uid in _NATIVE
            array, properties = decoder.as_array(
                frame.content if native else encapsulate([frame.content]), index=0, **options
            )
            if array.dtype.kind not in "iuf":
                raise ValueError(f"pixels of type {array.dtype}")
            return array, str(properties["photometric_interpretation"])
    # codecs raise anything from RuntimeError to their own types on a damaged codestream
    except Exception as error:
        raise UndecodableFrame(frame_number, frame.transfer_syntax_uid, type(error).__name__) from error


def _decoder_options(dataset: Dataset) -> dict[str, Any]:
    options: dict[str, Any] = {"number_of_frames": 1, "pixel_keyword": "PixelData", "pixel_vr": "OW"}
    names = ("".join("_" + c.lower() if c.isupper() else c for c in keyword).strip("_") for keyword in _PIXEL_KEYWORDS)
    for name, keyword in zip(names, _PIXEL_KEYWORDS, strict=True):
        if keyword in dataset:
            options[name] = dataset[keyword].value
    options.setdefault("samples_per_pixel", 1)
    options.setdefault("photometric_interpretation", "MONOCHROME2")
    for keyword in ("FloatPixelData", "DoubleFloatPixelData"):
        if "BitsStored" not in dataset and options.get("bits_allocated") == {"F": 32, "D": 64}[keyword[0]]:
            options["pixel_keyword"] = keyword
    if options["samples_per_pixel"] > 1:
        options.setdefault("planar_configuration", 0)
    return options
