"""The bytes around pixel data in Explicit VR Little Endian (PS3.5 7.1.2, A.4)."""

from __future__ import annotations

import struct
from typing import BinaryIO

from pacs_core.standards.dicom.structure import PIXEL_DATA

UNDEFINED_LENGTH = 0xFFFFFFFF
_ELEMENT = struct.Struct("<HH2sHI")
_ITEM = struct.Struct("<HHI")


def write_pixel_element(file: BinaryIO, vr: str, length: int, *, tag: int = PIXEL_DATA) -> None:
    """Write the element's head; its value follows."""
    file.write(_ELEMENT.pack(tag >> 16, tag & 0xFFFF, vr.encode(), 0, length))


def write_item(file: BinaryIO, content: bytes) -> None:
    """Write a fragment, or the basic offset table, padded to an even length."""
    odd = len(content) % 2
    file.write(_ITEM.pack(0xFFFE, 0xE000, len(content) + odd))
    file.write(content)
    file.write(bytes(odd))


def write_sequence_end(file: BinaryIO) -> None:
    file.write(_ITEM.pack(0xFFFE, 0xE0DD, 0))
