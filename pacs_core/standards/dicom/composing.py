"""Part 10 files from metadata in the DICOM JSON model and bulk data beside it (PS3.18 10.5, F.2.6)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID

from pacs_core.standards.dicom.errors import UnreadableDataset
from pacs_core.standards.dicom.json_model import JsonObject
from pacs_core.standards.dicom.pixel_element import (
    UNDEFINED_LENGTH,
    write_item,
    write_pixel_element,
    write_sequence_end,
)
from pacs_core.standards.dicom.reading import quietly
from pacs_core.standards.dicom.structure import EXPLICIT_VR_LITTLE_ENDIAN
from pacs_core.standards.dicom.uid import unusable_uid_reason

_PIXEL_DATA = "7FE00010"
# Larger values than this belong into the pixel data, which is copied; all others are in memory.
LARGEST_VALUE_BYTES = 64 << 20


@dataclass(frozen=True)
class BulkData:
    """A value that came beside the metadata; `transfer_syntax_uid` is that of pixels."""

    path: Path
    transfer_syntax_uid: str

    @property
    def is_encapsulated(self) -> bool:
        return self.transfer_syntax_uid != EXPLICIT_VR_LITTLE_ENDIAN


def compose_file(model: JsonObject, file: BinaryIO, bulk_data: Callable[[str], BulkData | None]) -> None:
    """Write the instance to `file`; `bulk_data` finds what a BulkDataURI names.

    UnreadableDataset when the model isn't one, or names bulk data that is not there.
    """
    pixels = model.get(_PIXEL_DATA, {})
    bulk = _found(pixels["BulkDataURI"], bulk_data) if "BulkDataURI" in pixels else None
    # The file's own meta information is written anew; pixels that came beside are copied after the rest.
    left_out = ("0002", _PIXEL_DATA) if bulk else ("0002",)
    dataset = _dataset_of({tag: value for tag, value in model.items() if not tag.startswith(left_out)}, bulk_data)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(bulk.transfer_syntax_uid if bulk else EXPLICIT_VR_LITTLE_ENDIAN)
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        if unusable_uid_reason(str(dataset.get(keyword, ""))):
            raise UnreadableDataset(f"the metadata has no {keyword} that is one")
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    dataset.file_meta = meta
    try:
        with quietly():
            dcmwrite(file, dataset, implicit_vr=False, little_endian=True, enforce_file_format=True)
    # pydicom raises whatever a value that breaks its VR provokes
    except Exception as error:
        raise UnreadableDataset(f"a value of the metadata can't be written ({type(error).__name__})") from error
    if bulk:
        _write_pixels(file, dataset, bulk, pixels.get("vr", "OW"))


def _dataset_of(model: JsonObject, bulk_data: Callable[[str], BulkData | None]) -> Dataset:
    def value_of(uri: str) -> bytes:
        found = _found(uri, bulk_data)
        if found.path.stat().st_size > LARGEST_VALUE_BYTES:
            raise UnreadableDataset(f"a value beside the pixels is larger than {LARGEST_VALUE_BYTES >> 20} MB")
        return found.path.read_bytes()

    try:
        with quietly():
            dataset = Dataset.from_json(model, value_of)
    except UnreadableDataset:
        raise
    # pydicom's own reader raises KeyError, TypeError, ValueError, AttributeError, ...
    except Exception as error:
        raise UnreadableDataset(f"the metadata is no DICOM JSON model ({type(error).__name__})") from error
    dataset.SpecificCharacterSet = "ISO_IR 192"
    return dataset


def _found(uri: Any, bulk_data: Callable[[str], BulkData | None]) -> BulkData:
    found = bulk_data(uri) if isinstance(uri, str) else None
    if found is None:
        raise UnreadableDataset("the metadata names bulk data that no part has as its Content-Location")
    return found


def _write_pixels(file: BinaryIO, dataset: Dataset, bulk: BulkData, vr: str) -> None:
    size = bulk.path.stat().st_size
    with bulk.path.open("rb") as source:
        if not bulk.is_encapsulated:
            write_pixel_element(file, vr if vr in ("OB", "OW") else "OW", size + size % 2)
            shutil.copyfileobj(source, file, 1 << 20)
            file.write(bytes(size % 2))
            return
        is_video = bulk.transfer_syntax_uid.startswith("1.2.840.10008.1.2.4.10")
        if (dataset.get("NumberOfFrames") or 1) != 1 and not is_video:
            raise UnreadableDataset("compressed pixels of several frames can't be told apart in one part")
        write_pixel_element(file, "OB", UNDEFINED_LENGTH)
        write_item(file, b"")
        write_item(file, source.read())
        write_sequence_end(file)
