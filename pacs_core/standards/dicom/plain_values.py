"""Values of raw data elements in plain ASCII or numbers, without pydicom's objects for each of them.

Nearly every element of a header is one. Whatever is not (another character set, a sequence, a number that is none)
is pydicom's, so both ways must give the same; tests/pacs_core/standards/test_dicom_plain_values.py compares them.
"""

import math
import re
from functools import cache, lru_cache
from struct import Struct

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

Value = str | int | float | None

_SEVERAL = frozenset({"AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UC", "UI"})
_SINGLE = frozenset({"LT", "ST", "UR", "UT"})
TEXTS = _SEVERAL | _SINGLE
_INTEGER_TEXT = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL_TEXT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}
_STRUCTS = {
    (vr, little): Struct(("<" if little else ">") + code) for vr, code in _NUMBERS.items() for little in (True, False)
}


def plain_values(vr: str, content: bytes, is_little_endian: bool) -> tuple[str, tuple[Value, ...]] | None:
    """Return (VR, values) of a raw element, texts as they stand and numbers as numbers; None leaves it to pydicom."""
    if vr in _NUMBERS:
        return _numbers(vr, content, is_little_endian)
    text = _ascii(content)
    if text is None:
        return None
    if vr in _SINGLE:
        return vr, (text,)
    if vr in _SEVERAL:
        return vr, tuple(text.split("\\"))
    if vr in ("IS", "DS"):
        return _number_texts(vr, text)
    return None


def plain_texts(dataset: Dataset, keyword: str) -> tuple[str, ...] | None:
    """Return the values of an element as text, () when it is absent; None leaves it to pydicom."""
    try:
        raw = dataset.get_item(_tag_of(keyword))
    except Exception:  # pydicom converts one that was put off, and raises whatever is wrong with it
        return None
    if raw is None:
        return ()
    if not isinstance(raw, RawDataElement) or not isinstance(raw.value, bytes):
        return None
    return _texts_of(raw.VR or vr_of(raw.tag), raw.value, raw.is_little_endian)


def _texts_of(vr: str, content: bytes, is_little_endian: bool) -> tuple[str, ...] | None:
    if vr in _NUMBERS:
        found = _numbers(vr, content, is_little_endian)
        return None if found is None else tuple(str(value) for value in found[1])
    text = _ascii(content)
    if text is None or not (vr in TEXTS or vr in ("IS", "DS")):
        return None
    return (text,) if vr in _SINGLE else tuple(text.split("\\"))


def _ascii(content: bytes) -> str | None:
    return None if not content.isascii() or b"\x1b" in content else content.decode("ascii")


def _numbers(vr: str, content: bytes, is_little_endian: bool) -> tuple[str, tuple[Value, ...]] | None:
    one = _STRUCTS[vr, is_little_endian]
    if len(content) % one.size:
        return None
    return vr, tuple(value for (value,) in one.iter_unpack(content))


def _number_texts(vr: str, text: str) -> tuple[str, tuple[Value, ...]] | None:
    values: list[Value] = []
    for part in text.split("\\"):
        stripped = part.strip(" \0")
        if not stripped:
            values.append(None)
        elif vr == "IS" and _INTEGER_TEXT.fullmatch(stripped):
            values.append(int(stripped))
        elif vr == "DS" and _DECIMAL_TEXT.fullmatch(stripped) and math.isfinite(number := float(stripped)):
            values.append(number)
        else:
            return None
    return vr, tuple(values)


@lru_cache(10_000)
def vr_of(tag: BaseTag) -> str:
    """Return the VR of a tag in implicit VR, "" for one that no dictionary has."""
    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""


@cache
def _tag_of(keyword: str) -> BaseTag:
    return BaseTag(tag_for_keyword(keyword) or 0)
