"""Choose how a frame is given (PS3.18 8.7.3): as it is stored where the client can take that, else decoded."""

from __future__ import annotations

from dataclasses import dataclass

from pacs_core.network.dicomweb.errors import NothingAcceptable
from pacs_core.network.dicomweb.media_types import MediaRange, parse_accept

OCTET_STREAM = "application/octet-stream"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
# Uncompressed already; frames of big endian and deflated data sets are turned into this first.
NATIVE_SYNTAXES = frozenset(
    {"1.2.840.10008.1.2", EXPLICIT_VR_LITTLE_ENDIAN, "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"}
)
# PS3.18 table 8.7.3-2 and 8.7.3-5
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


@dataclass(frozen=True)
class FrameFormat:
    """`decodes` tells that compressed frames are to be given as native pixels, little endian."""

    media_type: str
    transfer_syntax: str
    decodes: bool
    is_multipart: bool

    @property
    def content_type(self) -> str:
        return f"{self.media_type}; transfer-syntax={self.transfer_syntax}"


def choose_frame_format(*, accept: str, stored_syntax: str, number_of_frames: int) -> FrameFormat:
    """Return the first acceptable format in the client's own order; NothingAcceptable when there is none.

    `transfer-syntax=*` takes whatever is stored. Without that parameter application/octet-stream means native pixels,
    the standard's default, and an image type means the stored one.
    """
    for wanted in parse_accept(accept):
        single = not wanted.is_multipart and wanted.name != "*/*"
        if single and number_of_frames != 1:
            continue
        found = _format_of(wanted, stored_syntax, is_multipart=not single)
        if found:
            return found
    raise NothingAcceptable(
        f"The frames are stored in transfer syntax {stored_syntax}. Maybe accept "
        f'multipart/related; type="{OCTET_STREAM}"; transfer-syntax=*.'
    )


def _format_of(wanted: MediaRange, stored_syntax: str, *, is_multipart: bool) -> FrameFormat | None:
    asked = wanted.transfer_syntax
    native = FrameFormat(OCTET_STREAM, EXPLICIT_VR_LITTLE_ENDIAN, stored_syntax not in NATIVE_SYNTAXES, is_multipart)
    if stored_syntax in NATIVE_SYNTAXES:
        # The stored syntax counts as asked for too: a client that read it in the metadata gets pixels it understands.
        takes = wanted.takes(OCTET_STREAM) and asked in ("", "*", EXPLICIT_VR_LITTLE_ENDIAN, stored_syntax)
        return native if takes else None
    as_stored = asked in ("*", stored_syntax) or (not asked and wanted.content != OCTET_STREAM)
    if as_stored and wanted.takes(OCTET_STREAM):
        return FrameFormat(OCTET_STREAM, stored_syntax, False, is_multipart)
    media_type = _MEDIA_TYPES.get(stored_syntax)
    if as_stored and media_type and wanted.takes(media_type):
        return FrameFormat(media_type, stored_syntax, False, is_multipart)
    if wanted.takes(OCTET_STREAM) and asked in ("", EXPLICIT_VR_LITTLE_ENDIAN):
        return native
    return None
