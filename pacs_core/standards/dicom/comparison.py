"""Whether two files hold the same instance, and in which elements they differ, whatever their encodings."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pydicom.datadict import keyword_for_tag

from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.json_model import JsonObject, json_of, read_bulk_data
from pacs_core.standards.dicom.reading import read_without_pixels
from pacs_core.standards.dicom.structure import UNDEFINED

# A page shows no more than this; two unrelated images differ in hundreds of elements.
MOST_DIFFERENCES = 200
_LONGEST_TEXT = 120
_PIECE = 1 << 20


@dataclass(frozen=True)
class Difference:
    """An element with its text on each side, "" where it is absent; a private element's keyword is its tag."""

    tag: str
    keyword: str
    first: str
    second: str


def is_same_content(first: Path, second: Path) -> bool:
    """Compare decoded elements and pixel bytes; compressed pixels are the same only in the same transfer syntax.

    A file that cannot be read is the same as no other.
    """
    try:
        return _content(first) == _content(second)
    except (DicomError, OSError):
        return False


def differences(first: Path, second: Path) -> list[Difference]:
    """Return the elements that differ, in the order of tags. Raises DicomError or OSError for an unreadable file."""
    one, other = _content(first), _content(second)
    tags = sorted(tag for tag in one.keys() | other.keys() if one.get(tag) != other.get(tag))
    return [
        Difference(
            tag,
            keyword_for_tag(int(tag, 16)) or f"({tag[:4]},{tag[4:]})",
            _text(one.get(tag)),
            _text(other.get(tag)),
        )
        for tag in tags[:MOST_DIFFERENCES]
    ]


def _content(path: Path) -> JsonObject:
    """Return a file's JSON model with digests in the place of bulk data; pixels are read in pieces."""
    dataset, layout = read_without_pixels(path)

    def digest_of(element: str) -> str:
        return _digest(read_bulk_data(path, element))

    model = json_of(dataset, digest_of, is_little_endian=layout.is_little_endian)
    location = layout.pixel_data
    if location is not None:
        tag = f"{location.tag:08X}"
        if location.length == UNDEFINED:
            starts = range(location.offset, location.end, _PIECE)
            digest = _digest(layout.buffer[start : min(start + _PIECE, location.end)] for start in starts)
            model[tag] = {"vr": "OB", "TransferSyntax": layout.transfer_syntax_uid, "BulkDataURI": digest}
        else:
            model[tag] = {"vr": "OW", "BulkDataURI": digest_of(tag)}
    return model


def _digest(pieces: Iterable[bytes]) -> str:
    digest = sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()[:16]


def _text(element: JsonObject | None) -> str:
    """Return what a person compares: values side by side, the digest of what is no text."""
    if element is None:
        return ""
    if "Value" not in element:
        content = element.get("BulkDataURI") or element.get("InlineBinary", "")
        return f"{element['vr']} {content}"[:_LONGEST_TEXT] if content else "(empty)"
    values = [
        "=".join(value.values()) if element["vr"] == "PN" and isinstance(value, dict) else str(value)
        for value in element["Value"]
    ]
    return "\\".join(values)[:_LONGEST_TEXT]
