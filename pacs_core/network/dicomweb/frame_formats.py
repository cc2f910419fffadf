"""Choose how a frame is given (PS3.18 8.7.3): as it is stored where the client can take that, else decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pacs_core.network.dicomweb.errors import NothingAcceptable
from pacs_core.network.dicomweb.media_types import MediaRange
from pacs_core.standards.dicom.encoding import WRITTEN_SYNTAXES

OCTET_STREAM = "application/octet-stream"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
# Uncompressed already; frames of big endian and deflated data sets are turned into this first.
NATIVE_SYNTAXES = frozenset(
    {"1.2.840.10008.1.2", EXPLICIT_VR_LITTLE_ENDIAN, "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"}
)
# PS3.18 tables 8.7.3-2 and 8.7.3-5
_MEDIA_TYPES = {
    "1.2.840.10008.1.2.5": "image/dicom-rle",
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.92": "image/jpx",
    "1.2.840.10008.1.2.4.93": "image/jpx",
    "1.2.840.10008.1.2.4.100": "video/mpeg",
    "1.2.840.10008.1.2.4.101": "video/mpeg",
    "1.2.840.10008.1.2.4.102": "video/mp4",
    "1.2.840.10008.1.2.4.103": "video/mp4",
    "1.2.840.10008.1.2.4.110": "image/jxl",
    "1.2.840.10008.1.2.4.112": "image/jxl",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
}


# What an image type means when no transfer syntax is named, and the frames are stored in none of its syntaxes.
_DEFAULTS = {
    "image/dicom-rle": "1.2.840.10008.1.2.5",
    "image/jpeg": "1.2.840.10008.1.2.4.70",
    "image/jls": "1.2.840.10008.1.2.4.80",
    "image/jp2": "1.2.840.10008.1.2.4.90",
    "image/jphc": "1.2.840.10008.1.2.4.201",
}


@dataclass(frozen=True)
class FrameFormat:
    """`transcodes` tells that the frames are not stored in this transfer syntax; uncompressed is little endian."""

    media_type: str
    transfer_syntax: str
    transcodes: bool
    is_multipart: bool

    @property
    def content_type(self) -> str:
        return f"{self.media_type}; transfer-syntax={self.transfer_syntax}"


def default_syntax(media_type: str) -> str | None:
    """Return what a media type of pixels means when no transfer syntax is named (PS3.18 8.7.3.3)."""
    return _DEFAULTS.get(media_type)


def choose_frame_format(*, wanted: list[MediaRange], stored_syntax: str, number_of_frames: int) -> FrameFormat:
    """Return the first acceptable format in the client's own order; NothingAcceptable when there is none.

    `transfer-syntax=*` takes whatever is stored. Without that parameter application/octet-stream means native pixels,
    the standard's default, and an image type the stored syntax where it is one of that type.
    """
    for one in wanted:
        single = not one.is_multipart and one.name != "*/*"
        if single and number_of_frames != 1:
            continue
        for media_type, syntax in _candidates(one, stored_syntax):
            if one.takes(media_type):
                transcodes = syntax != stored_syntax and not {syntax, stored_syntax} <= NATIVE_SYNTAXES
                return FrameFormat(media_type, syntax, transcodes, is_multipart=not single)
    raise NothingAcceptable(
        f"The frames are stored in transfer syntax {stored_syntax}. Maybe accept "
        f'multipart/related; type="{OCTET_STREAM}"; transfer-syntax=*.'
    )


def _candidates(wanted: MediaRange, stored_syntax: str) -> Iterator[tuple[str, str]]:
    """Give media types and transfer syntaxes that can be had for what the client named, the best first."""
    asked = wanted.transfer_syntax
    if stored_syntax in NATIVE_SYNTAXES:
        # The stored syntax counts as asked for too: a client that read it in the metadata gets pixels it understands.
        if asked in ("", "*", EXPLICIT_VR_LITTLE_ENDIAN, stored_syntax):
            yield OCTET_STREAM, EXPLICIT_VR_LITTLE_ENDIAN
    else:
        if asked in ("*", stored_syntax) or (not asked and wanted.content != OCTET_STREAM):
            yield OCTET_STREAM, stored_syntax
            yield _MEDIA_TYPES.get(stored_syntax, OCTET_STREAM), stored_syntax
        if asked in ("", EXPLICIT_VR_LITTLE_ENDIAN):
            yield OCTET_STREAM, EXPLICIT_VR_LITTLE_ENDIAN
    if asked in WRITTEN_SYNTAXES and asked not in NATIVE_SYNTAXES:
        yield OCTET_STREAM, asked
        yield _MEDIA_TYPES[asked], asked
    elif asked in ("", "*"):
        yield from _DEFAULTS.items()
