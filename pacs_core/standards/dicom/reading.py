"""Read a file's data set up to its pixel data through pydicom, tolerantly and quietly."""

import logging
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag

from pacs_core.standards.dicom.errors import UnreadableDataset
from pacs_core.standards.dicom.structure import PIXEL_TAGS, DatasetLayout, read_layout

# pydicom warns with the offending value, which may be a patient's name, and our logs hold no patient data
logging.getLogger("pydicom").setLevel(logging.ERROR)


def quietly() -> warnings.catch_warnings:
    """Silence pydicom's warnings about values that break their VR; we judge values ourselves."""
    return warnings.catch_warnings(action="ignore")


def read_without_pixels(path: Path | str, specific_tags: list[int] | None = None) -> tuple[Dataset, DatasetLayout]:
    """Check the whole file's structure and return its data set up to the pixel data.

    The data set is in memory; raises NotDicom, TruncatedDataset or UnreadableDataset.
    """
    layout = read_layout(path)
    return read_dataset_of(layout, path, specific_tags), layout


def read_dataset_of(layout: DatasetLayout, path: Path | str, specific_tags: list[int] | None = None) -> Dataset:
    with quietly(), BytesIO(layout.buffer) if isinstance(layout.buffer, bytes) else open(path, "rb") as stream:
        stream.seek(layout.dataset_offset)
        try:
            return read_dataset(
                stream,
                layout.is_implicit_vr,
                layout.is_little_endian,
                stop_when=_starts_pixels,
                specific_tags=specific_tags,
            )
        # pydicom raises whatever a damaged value provokes (struct.error, KeyError, RecursionError, ...)
        except Exception as error:
            raise UnreadableDataset(f"{type(error).__name__} while reading") from error


def _starts_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag in PIXEL_TAGS


def element_value(dataset: Dataset, keyword: str) -> Any:
    """Return an element's value, None when it is absent, empty or can't be converted."""
    try:
        with quietly():
            value = dataset.get(keyword)
    # one unreadable element must not cost us the instance
    except Exception:
        return None
    return None if value == "" else value
