"""Encode data sets of texts and small numbers without an object for each element (PS3.5 7.1, little endian)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

Element = dict[str, Any]

_ONE_TEXT = frozenset({"LT", "ST", "UT"})
_TEXTS = frozenset({"AE", "AS", "CS", "DA", "DT", "IS", "LO", "PN", "SH", "TM", "UI"}) | _ONE_TEXT
# Their length has four bytes, after two reserved ones (PS3.5 7.1.2).
_LONG = frozenset({"UT", "UN", "SQ", "OB", "OW", "OF", "OD", "OL", "OV", "UC", "UR", "SV", "UV"})
_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


class NotPlain(Exception):
    """An element is none of those that are encoded here; pydicom encodes them all."""


def encode_plainly(elements: Iterable[tuple[int, Element]], *, is_implicit_vr: bool, encoding: str) -> bytes:
    """Return a data set of (tag, element of the DICOM JSON model) in the order of their tags; or raise NotPlain.

    Raises UnicodeEncodeError for a text that Python's `encoding` has not.
    """
    pieces: list[bytes] = []
    for tag, element in elements:
        vr, values = element["vr"], element.get("Value")
        content = _content(vr, values, encoding) if values else b""
        pieces += [_head(tag, vr, len(content), is_implicit_vr), content]
    return b"".join(pieces)


def text_of(element: Element) -> str:
    """Return the value of an element whose VR is a text, values divided by backslashes."""
    if element["vr"] == "PN":
        return "\\".join(_name(value) for value in element.get("Value", ()))
    return "\\".join("" if value is None else str(value) for value in element.get("Value", ()))


def _content(vr: str, values: list[Any], encoding: str) -> bytes:
    if vr == "US":
        return struct.pack(f"<{len(values)}H", *values)
    if vr not in _TEXTS or (vr in _ONE_TEXT and len(values) > 1):
        raise NotPlain(vr)
    content = text_of({"vr": vr, "Value": values}).encode(encoding)
    return content + (b"\0" if vr == "UI" else b" ") if len(content) % 2 else content


def _name(value: dict[str, str] | None) -> str:
    return "=".join(value.get(group, "") for group in _NAME_GROUPS).rstrip("=") if value else ""


@lru_cache(10_000)
def _head(tag: int, vr: str, length: int, is_implicit_vr: bool) -> bytes:
    if len(vr) != 2:  # the dictionary's "US or SS"
        raise NotPlain(vr)
    name = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if is_implicit_vr:
        return name + struct.pack("<I", length)
    if vr in _LONG:
        return name + vr.encode() + struct.pack("<HI", 0, length)
    if length > 0xFFFF:
        raise NotPlain(f"{length} bytes in {vr}")
    return name + vr.encode() + struct.pack("<H", length)
