"""Write the de-identified copy of a stored file: a new header, the pixel data as they are, in pieces."""

import mmap
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pacs_core.standards.dicom.deidentification.burned_in import PixelRisk, pixel_risk
from pacs_core.standards.dicom.deidentification.header import Deidentifier, NotDeidentifiable, uid_of
from pacs_core.standards.dicom.reading import quietly, read_without_pixels
from pacs_core.standards.dicom.structure import DEFLATED, UNDEFINED, DatasetLayout, ElementLocation
from pacs_core.standards.dicom.uid import MERIDIAN_IMPLEMENTATION_CLASS_UID, MERIDIAN_IMPLEMENTATION_VERSION_NAME

_PIECE_BYTES = 1024**2
_SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"


@dataclass(frozen=True)
class Copy:
    """A de-identified copy: its header without pixel data, its encoding, and where its file is."""

    header: Dataset
    transfer_syntax_uid: str
    path: Path


def deidentified_copy(source: Path, folder: Path, *, deidentifier: Deidentifier, accept_doubtful_pixels: bool) -> Copy:
    """Write the copy of a Part 10 file into `folder`, named by its new SOPInstanceUID.

    Deflated data sets are written inflated. Raises NotDeidentifiable with a reason that names no patient, a DicomError,
    or OSError.
    """
    dataset, layout = read_without_pixels(source)
    risk: PixelRisk | None = pixel_risk(dataset)
    if risk is not None and (risk.is_certain or not accept_doubtful_pixels):
        raise NotDeidentifiable(risk.reason)
    deidentifier.apply(dataset)
    syntax = _syntax_of_copy(layout)
    path = folder / f"{uid_of(dataset, 'SOPInstanceUID')}.dcm"
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as target:
        target.write(_head(dataset, syntax))
        target.write(_encoded(dataset, layout))
        if layout.pixel_data is not None:
            _copy_pixels(target, layout, layout.pixel_data)
    unfinished.rename(path)
    return Copy(dataset, syntax, path)


def _syntax_of_copy(layout: DatasetLayout) -> str:
    """Return how the copy is encoded: as the file really is, whatever it announced."""
    declared = layout.transfer_syntax_uid
    if layout.is_implicit_vr:
        return ImplicitVRLittleEndian
    if not layout.is_little_endian:
        return ExplicitVRBigEndian
    if declared in DEFLATED or declared == ImplicitVRLittleEndian:
        return ExplicitVRLittleEndian
    return declared


def _head(dataset: Dataset, syntax: str) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = uid_of(dataset, "SOPClassUID")
    meta.MediaStorageSOPInstanceUID = uid_of(dataset, "SOPInstanceUID")
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID = MERIDIAN_IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = MERIDIAN_IMPLEMENTATION_VERSION_NAME
    stream = BytesIO()
    write_file_meta_info(stream, meta)
    return b"\0" * 128 + b"DICM" + stream.getvalue()


def _encoded(dataset: Dataset, layout: DatasetLayout) -> bytes:
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = layout.is_implicit_vr, layout.is_little_endian
    with quietly():
        write_dataset(stream, dataset, dataset.get("SpecificCharacterSet") or "iso8859")
    return stream.getvalue()


def _copy_pixels(target: IO[bytes], layout: DatasetLayout, pixels: ElementLocation) -> None:
    order = "little" if layout.is_little_endian else "big"
    tag = Tag(pixels.tag)
    target.write(tag.group.to_bytes(2, order) + tag.element.to_bytes(2, order))
    if not layout.is_implicit_vr:
        target.write(pixels.vr.encode("ascii") + b"\0\0")
    target.write(pixels.length.to_bytes(4, order))
    buffer: mmap.mmap | bytes = layout.buffer
    for position in range(pixels.offset, pixels.end, _PIECE_BYTES):
        target.write(buffer[position : min(position + _PIECE_BYTES, pixels.end)])
    if pixels.length == UNDEFINED:
        target.write(_SEQUENCE_END)
