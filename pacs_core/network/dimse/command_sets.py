"""The command sets of C-STORE (PS3.7 9.3.1, E.1) as bytes: pydicom's objects cost as much as taking a small image does.

Whatever is unusual in one is left to pydicom.
"""

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

from pydicom.dataset import Dataset
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import decode

_HEADER, _NUMBER, _LENGTH = struct.Struct("<HHL"), struct.Struct("<H"), struct.Struct("<L")
_C_STORE_RQ, _C_STORE_RSP, _DATA_SET, _NO_DATA_SET = 0x0001, 0x8001, 0x0001, 0x0101
_GROUP_LENGTH = 0x0000
# Element of group 0000 -> its keyword, and whether it is a number (US) or a text (UI, AE).
_ELEMENTS = {
    0x0002: ("AffectedSOPClassUID", False),
    0x0100: ("CommandField", True),
    0x0110: ("MessageID", True),
    0x0700: ("Priority", True),
    0x0800: ("CommandDataSetType", True),
    0x1000: ("AffectedSOPInstanceUID", False),
    0x1030: ("MoveOriginatorApplicationEntityTitle", False),
    0x1031: ("MoveOriginatorMessageID", True),
}


class CommandElement(NamedTuple):
    """What pynetdicom asks of an element of pydicom's."""

    tag: int
    keyword: str
    value: int | str
    VM: int = 1


class CommandSet:
    """What pynetdicom asks of a command set: its elements in turn, and each value by its keyword."""

    def __init__(self, elements: list[CommandElement]) -> None:
        self._elements = elements
        self.__dict__.update((element.keyword, element.value) for element in elements)

    def __iter__(self) -> Iterator[CommandElement]:
        return iter(self._elements)


def decode_command_set(encoded: BytesIO, is_implicit_vr: bool, is_little_endian: bool) -> CommandSet | Dataset:
    """Decode a command set, always in implicit VR little endian (PS3.7 6.3.1); takes the place of dsutils.decode."""
    try:
        return CommandSet(list(_elements_of(encoded.getvalue())))
    except (KeyError, ValueError, struct.error):
        return decode(encoded, is_implicit_vr, is_little_endian)


def _elements_of(content: bytes) -> Iterator[CommandElement]:
    position = 0
    while position < len(content):
        group, number, length = _HEADER.unpack_from(content, position)
        start, position = position + 8, position + 8 + length
        value = content[start:position]
        if group or len(value) != length:
            raise ValueError
        if number == _GROUP_LENGTH:
            continue
        keyword, is_number = _ELEMENTS[number]
        yield CommandElement(number, keyword, _NUMBER.unpack(value)[0] if is_number else _text(value))


def _text(value: bytes) -> str:
    text = value.decode("ascii").strip("\0 ")
    if not text or "\\" in text:
        raise ValueError
    return text


def encoded_store_answer(primitive: C_STORE) -> bytes | None:
    """Encode a C-STORE-RSP (PS3.7 9.3.1.2); None for one that says more than its status."""
    status = primitive.Status
    if status is None or primitive.ErrorComment is not None or primitive.OffendingElement is not None:
        return None
    body = b"".join(
        (
            _element(0x0002, _padded(primitive.AffectedSOPClassUID)),
            _element(0x0100, _NUMBER.pack(_C_STORE_RSP)),
            _element(0x0120, _NUMBER.pack(primitive.MessageIDBeingRespondedTo or 0)),
            _element(0x0800, _NUMBER.pack(_NO_DATA_SET)),
            _element(0x0900, _NUMBER.pack(status)),
            _element(0x1000, _padded(primitive.AffectedSOPInstanceUID)),
        )
    )
    return _element(_GROUP_LENGTH, _LENGTH.pack(len(body))) + body


def encoded_store_request(primitive: C_STORE) -> bytes:
    """Encode a C-STORE-RQ (PS3.7 9.3.1.1)."""
    body = [
        _element(0x0002, _padded(primitive.AffectedSOPClassUID)),
        _element(0x0100, _NUMBER.pack(_C_STORE_RQ)),
        _element(0x0110, _NUMBER.pack(primitive.MessageID or 0)),
        _element(0x0700, _NUMBER.pack(primitive.Priority)),
        _element(0x0800, _NUMBER.pack(_DATA_SET)),
        _element(0x1000, _padded(primitive.AffectedSOPInstanceUID)),
    ]
    if primitive.MoveOriginatorApplicationEntityTitle:
        title = primitive.MoveOriginatorApplicationEntityTitle.encode("ascii")
        body.append(_element(0x1030, title + b" " * (len(title) % 2)))
    if primitive.MoveOriginatorMessageID is not None:
        body.append(_element(0x1031, _NUMBER.pack(primitive.MoveOriginatorMessageID)))
    content = b"".join(body)
    return _element(_GROUP_LENGTH, _LENGTH.pack(len(content))) + content


def _element(number: int, value: bytes) -> bytes:
    return _HEADER.pack(0, number, len(value)) + value


def _padded(uid: str | None) -> bytes:
    value = (uid or "").encode("ascii")
    return value + b"\0" * (len(value) % 2)
