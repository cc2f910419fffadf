"""The DICOM JSON model (PS3.18 F) of a data set without its pixels, for WADO-RS metadata.

pydicom's own `to_json` stops at the first value it can't convert; a viewer needs the other two hundred.
"""

import base64
import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filewriter import correct_ambiguous_vr_element
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from pacs_core.standards.dicom.errors import BulkDataNotFound
from pacs_core.standards.dicom.plain_values import TEXTS, plain_values, vr_of
from pacs_core.standards.dicom.reading import quietly, read_without_pixels
from pacs_core.standards.dicom.structure import PIXEL_TAGS, UNDEFINED, DatasetLayout
from pacs_core.standards.dicom.text import clean_text

BulkDataUri = Callable[[str], str]
JsonObject = dict[str, Any]

INLINE_LIMIT = 1024
_SHORT_BYTES = 64
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
INTEGER_VRS = frozenset({"IS", "SL", "SS", "SV", "UL", "US", "UV"})
DECIMAL_VRS = frozenset({"DS", "FD", "FL"})
_WORD = {"OW": 2, "OL": 4, "OF": 4, "OV": 8, "OD": 8}
# palettes and look-up tables: viewers need them with the metadata, whatever their length
_ALWAYS_INLINE = frozenset(
    {0x00281201, 0x00281202, 0x00281203, 0x00281204, 0x00281221, 0x00281222, 0x00281223, 0x00283006}
)


def read_json(path: Path | str, bulk_data_uri: BulkDataUri | None = None) -> JsonObject:
    """Return a Part 10 file's data set in the JSON model.

    `bulk_data_uri` gets the path of an element (`7FE00010`, or `54000100/0/54001010`: sequence, item from 0, element)
    and returns the URI that `read_bulk_data` answers later. Without it long values and pixels are left out. Raises what
    `read_header` raises for a file that is not whole.
    """
    dataset, layout = read_without_pixels(path)
    model = json_of(dataset, bulk_data_uri, is_little_endian=layout.is_little_endian)
    location = layout.pixel_data
    if location is not None and bulk_data_uri is not None:
        tag = f"{location.tag:08X}"
        vr = "OB" if location.length == UNDEFINED else location.vr
        model[tag] = {"vr": vr if vr in _BINARY else "OW", "BulkDataURI": bulk_data_uri(tag)}
    return model


def json_of(
    dataset: Dataset, bulk_data_uri: BulkDataUri | None = None, *, is_little_endian: bool = True, path: str = ""
) -> JsonObject:
    """Return a data set in the JSON model; values that break their VR become null, elements that can't be read UN."""
    model: JsonObject = {}
    with quietly():
        for tag in sorted(dataset.keys()):
            if tag.element == 0:
                continue  # group lengths (PS3.18 F.2.2)
            name = f"{int(tag):08X}"
            raw = dataset.get_item(tag)
            plain = _plain_json(raw) if isinstance(raw, RawDataElement) else None
            if plain is None:
                element = _element(dataset, tag, raw, is_little_endian)
                plain = _json_element(element, bulk_data_uri, is_little_endian, f"{path}{name}")
            model[name] = plain
    if "00080005" in model:
        model["00080005"] = {"vr": "CS", "Value": ["ISO_IR 192"]}  # JSON is UTF-8 (PS3.18 F.2)
    return model


def read_bulk_data(path: Path | str, element_path: str) -> Iterator[bytes]:
    """Give the bytes of one element, little endian, in pieces; encapsulated pixel data has to be asked for by frame.

    Raises BulkDataNotFound for a path that leads nowhere.
    """
    dataset, layout = read_without_pixels(path)
    location = layout.pixel_data
    if location is not None and element_path == f"{location.tag:08X}":
        if location.length == UNDEFINED:
            raise BulkDataNotFound(element_path)
        return _pieces(layout, location.offset, location.end, location.vr)
    return iter([_element_bytes(dataset, layout, element_path)])


def _pieces(layout: DatasetLayout, start: int, end: int, vr: str, piece: int = 1 << 20) -> Iterator[bytes]:
    for position in range(start, end, piece):
        content = bytes(layout.buffer[position : min(position + piece, end)])
        yield content if layout.is_little_endian else _little_endian(content, vr)


def _element_bytes(dataset: Dataset, layout: DatasetLayout, element_path: str) -> bytes:
    *steps, tag = element_path.split("/")
    try:
        with quietly():
            for sequence, item in zip(steps[::2], steps[1::2], strict=True):
                dataset = dataset[int(sequence, 16)].value[int(item)]
            wanted = next(known for known in sorted(dataset.keys()) if int(known) == int(tag, 16))
            found = _element(dataset, wanted, dataset.get_item(wanted), layout.is_little_endian)
    except (ValueError, KeyError, IndexError, TypeError, StopIteration, OverflowError):
        raise BulkDataNotFound(element_path) from None
    if not isinstance(found.value, bytes):
        raise BulkDataNotFound(element_path)
    return found.value if layout.is_little_endian else _little_endian(found.value, found.VR)


def _plain_json(raw: RawDataElement) -> JsonObject | None:
    """Return the JSON of an element in plain ASCII or numbers, None for one that pydicom has to read.

    Images of a series say most of it again, so short values are kept: nobody changes what this returns.
    """
    content = raw.value
    if not isinstance(content, bytes):
        return None
    make = _short_json if len(content) <= _SHORT_BYTES else _json_of_plain
    return make(raw.VR or vr_of(raw.tag), content, raw.is_little_endian)


def _json_of_plain(vr: str, content: bytes, is_little_endian: bool) -> JsonObject | None:
    found = plain_values(vr, content, is_little_endian)
    if found is None:
        return None
    values = list(found[1])
    if vr in TEXTS:
        values = [_json_value(vr, text) for text in values]
    elif vr in ("FL", "FD"):
        values = [value if math.isfinite(cast(float, value)) else None for value in values]
    return {"vr": vr, "Value": values} if any(value is not None for value in values) else {"vr": vr}


_short_json = lru_cache(8_192)(_json_of_plain)


def _element(
    dataset: Dataset, tag: BaseTag, raw: RawDataElement | DataElement | None, is_little_endian: bool
) -> DataElement:
    try:
        element = dataset[tag]
        if " or " in element.VR:
            element = cast(DataElement, correct_ambiguous_vr_element(element, dataset, is_little_endian))
        return element
    # one bad number makes pydicom refuse the element; it stays as its bytes, numbers are sorted out one by one
    except Exception:
        return _as_bytes(tag, raw)


def _as_bytes(tag: BaseTag, raw: RawDataElement | DataElement | None) -> DataElement:
    value = getattr(raw, "value", None)
    content = value if isinstance(value, bytes) else b""
    vr = getattr(raw, "VR", None)
    if vr is None and dictionary_has_tag(tag):
        vr = dictionary_VR(tag)
    if vr in {"IS", "DS"}:
        element = DataElement(tag, vr, None)
        element._value = content.decode("latin-1").split("\\")
        return element
    return DataElement(tag, "UN", content)


def _json_element(
    element: DataElement, bulk_data_uri: BulkDataUri | None, is_little_endian: bool, path: str
) -> JsonObject:
    vr, value = str(element.VR), element.value
    if vr == "SQ" or isinstance(value, Sequence):
        items = [
            json_of(item, bulk_data_uri, is_little_endian=is_little_endian, path=f"{path}/{number}/")
            for number, item in enumerate(value or [])
        ]
        return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
    if isinstance(value, bytes):
        return _binary(element, value, bulk_data_uri, is_little_endian, path)
    values = [_json_value(vr, part) for part in _listed(value)]
    return {"vr": vr, "Value": values} if any(part is not None for part in values) else {"vr": vr}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, MultiValue | list | tuple) else [value]


def _json_value(vr: str, value: Any) -> Any:
    if value is None:
        return None
    if vr in INTEGER_VRS or vr in DECIMAL_VRS:
        return _number(vr, value)
    if vr == "AT":
        return f"{int(value):08X}"
    if vr == "PN":
        groups = [clean_text(group) for group in str(value).split("=")]
        names = zip(("Alphabetic", "Ideographic", "Phonetic"), groups, strict=False)
        return {kind: group for kind, group in names if group} or None
    return clean_text(value) or None


def _number(vr: str, value: Any) -> int | float | None:
    """Return a JSON number; what is none, NaN and infinity have none (RFC 8259 6) and become null."""
    try:
        number = float(value)
        if vr in INTEGER_VRS:
            return int(value) if not isinstance(value, str) else int(number)
    except (ValueError, TypeError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _binary(
    element: DataElement, value: bytes, bulk_data_uri: BulkDataUri | None, is_little_endian: bool, path: str
) -> JsonObject:
    vr = str(element.VR) if element.VR in _BINARY else "UN"
    if not value:
        return {"vr": vr}
    tag = int(element.tag)
    if tag in _ALWAYS_INLINE or (len(value) <= INLINE_LIMIT and tag not in PIXEL_TAGS):
        content = value if is_little_endian else _little_endian(value, vr)
        return {"vr": vr, "InlineBinary": base64.b64encode(content).decode()}
    return {"vr": vr} if bulk_data_uri is None else {"vr": vr, "BulkDataURI": bulk_data_uri(path)}


def _little_endian(content: bytes, vr: str) -> bytes:
    word = _WORD.get(vr, 1)
    if word == 1 or len(content) % word:
        return content
    return np.frombuffer(content, f">u{word}").astype(f"<u{word}").tobytes()
