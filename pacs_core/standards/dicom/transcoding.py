"""Stored instances in another transfer syntax, frame by frame: no more than one frame is in memory (PS3.5 A.4, 8.2)."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID

from pacs_core.standards.dicom.conversion import swap_words
from pacs_core.standards.dicom.encoding import PixelForm, encode_frame
from pacs_core.standards.dicom.errors import UnencodableFrame
from pacs_core.standards.dicom.frames import FrameSource, open_frames, word_size
from pacs_core.standards.dicom.pixel_element import (
    UNDEFINED_LENGTH,
    write_item,
    write_pixel_element,
    write_sequence_end,
)
from pacs_core.standards.dicom.reading import quietly
from pacs_core.standards.dicom.structure import EXPLICIT_VR_LITTLE_ENDIAN
from pacs_core.standards.dicom.values import DatasetValues

_PIECE_BYTES = 1 << 20


def encoded_frames(path: Path | str, numbers: list[int], transfer_syntax_uid: str) -> list[bytes]:
    """Return these frames in `transfer_syntax_uid`; raises what FrameSource raises, and UnencodableFrame."""
    source = open_frames(path)
    return [_encoded(source, number, transfer_syntax_uid)[0] for number in numbers]


def transcode_file(path: Path | str, target: Path | str, transfer_syntax_uid: str) -> None:
    """Write the instance to `target` in another transfer syntax, its identifiers and other elements unchanged.

    What has no pixel data comes in Explicit VR Little Endian, whatever was asked for. Raises what `encoded_frames`
    raises; `target` may then be half written.
    """
    source = open_frames(path)
    dataset, location = source.dataset, source.layout.pixel_data
    if location is None:
        transfer_syntax_uid = EXPLICIT_VR_LITTLE_ENDIAN
    with open(target, "wb") as file, quietly():
        if location is None:
            _write_header(file, source, transfer_syntax_uid)
        elif transfer_syntax_uid == EXPLICIT_VR_LITTLE_ENDIAN and not source.is_encapsulated:
            _write_header(file, source, transfer_syntax_uid)
            _write_native(file, source)
        else:
            first, photometric = _encoded(source, 1, transfer_syntax_uid)
            if "PhotometricInterpretation" in dataset:
                dataset.PhotometricInterpretation = photometric
            if "PlanarConfiguration" in dataset:
                dataset.PlanarConfiguration = 0
            for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
                dataset.pop(keyword, None)
            _write_header(file, source, transfer_syntax_uid)
            _write_frames(file, source, first, transfer_syntax_uid)


def _encoded(source: FrameSource, number: int, transfer_syntax_uid: str) -> tuple[bytes, str]:
    """Return the frame and its photometric interpretation afterwards."""
    values = DatasetValues(source.dataset)
    if transfer_syntax_uid == EXPLICIT_VR_LITTLE_ENDIAN and not source.is_encapsulated:
        return source.stored_frame(number).content, values.line("PhotometricInterpretation")
    pixels, photometric = source.decoded_array(number)
    bits = values.integer("BitsAllocated") or pixels.dtype.itemsize * 8
    form = PixelForm(
        photometric, bits, values.integer("BitsStored") or bits, values.integer("PixelRepresentation") == 1
    )
    return encode_frame(pixels, form, transfer_syntax_uid), photometric


def _write_header(file: BinaryIO, source: FrameSource, transfer_syntax_uid: str) -> None:
    dataset, layout = source.dataset, source.layout
    if not layout.is_little_endian:
        swap_words(dataset)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(layout.media_storage_sop_class_uid or dataset.SOPClassUID)
    meta.MediaStorageSOPInstanceUID = UID(layout.media_storage_sop_instance_uid or dataset.SOPInstanceUID)
    meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    written = Dataset(dataset)
    written.file_meta = meta
    written.set_original_encoding(layout.is_implicit_vr, layout.is_little_endian, dataset.original_character_set)
    dcmwrite(file, written, implicit_vr=False, little_endian=True, enforce_file_format=True)


def _write_native(file: BinaryIO, source: FrameSource) -> None:
    """Copy the pixel data of an uncompressed file, the words of a big endian one turned round."""
    layout, location = source.layout, source.layout.pixel_data
    assert location is not None
    word = 1 if layout.is_little_endian else word_size(source.dataset, location.tag, location.vr)
    vr = location.vr if location.vr in ("OB", "OW", "OF", "OD") else "OW"
    write_pixel_element(file, vr, location.length, tag=location.tag)
    for position in range(location.offset, location.end, _PIECE_BYTES):
        content = layout.buffer[position : min(position + _PIECE_BYTES, location.end)]
        file.write(np.frombuffer(content, f">u{word}").astype(f"<u{word}").tobytes() if word > 1 else content)


def _write_frames(file: BinaryIO, source: FrameSource, first: bytes, transfer_syntax_uid: str) -> None:
    """Write one frame after the other: as one value, or encapsulated with a fragment each and an empty offset table."""
    is_native = transfer_syntax_uid == EXPLICIT_VR_LITTLE_ENDIAN
    length = len(first) * source.number_of_frames
    if is_native and length >= UNDEFINED_LENGTH:
        raise UnencodableFrame(transfer_syntax_uid, f"{length} bytes are more than an element may have")
    bits = DatasetValues(source.dataset).integer("BitsAllocated") or 8
    vr = "OW" if is_native and bits > 8 else "OB"
    write_pixel_element(file, vr, length + length % 2 if is_native else UNDEFINED_LENGTH)
    if not is_native:
        write_item(file, b"")
    for number in range(1, source.number_of_frames + 1):
        content = first if number == 1 else _encoded(source, number, transfer_syntax_uid)[0]
        if is_native:
            file.write(content)
        else:
            write_item(file, content)
    if is_native:
        file.write(bytes(length % 2))
    else:
        write_sequence_end(file)
