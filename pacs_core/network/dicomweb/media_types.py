"""Accept headers as DICOMweb clients send them (PS3.18 8.7): several ranges, nested types, quoted or not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.http import HttpRequest

_PARAMETER = re.compile(r'\s*([!#$%&\'*+.^_`|~\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;,"]*)\s*')


@dataclass(frozen=True)
class MediaRange:
    """One range of an Accept header; names and media types are lower case, `quality` is 0 to 1."""

    name: str
    parameters: dict[str, str] = field(default_factory=dict)
    quality: float = 1.0

    @property
    def is_multipart(self) -> bool:
        return self.name == "multipart/related"

    @property
    def content(self) -> str:
        """The media type of the payload: the nested one of multipart/related, `*/*` when that is left out."""
        return self.parameters.get("type", "*/*") if self.is_multipart else self.name

    @property
    def transfer_syntax(self) -> str:
        """The transfer syntax asked for; empty when none is named."""
        return self.parameters.get("transfer-syntax", "")

    def takes(self, media_type: str) -> bool:
        """Tell whether this range's payload may be of `media_type`."""
        content = self.content
        if content in ("*/*", media_type):
            return True
        return content.endswith("/*") and media_type.startswith(content[:-1])


def parse_accept(header: str) -> list[MediaRange]:
    """Read an Accept header, the most wanted first; an absent one accepts everything, what can't be read is left out.

    OHIF sends `multipart/related; type=application/octet-stream; transfer-syntax=*` without the quotes that RFC 2387
    asks for around the nested type (OHIF/Viewers#3726), and may mix it with image types.
    """
    ranges = [found for part in _split(header, ",") if (found := _parse_range(part))]
    if not header.strip():
        ranges = [MediaRange("*/*")]
    return sorted((found for found in ranges if found.quality > 0), key=lambda found: -found.quality)


def accepted(request: HttpRequest) -> list[MediaRange]:
    """Return what the request accepts, the most wanted first.

    The query parameter `accept` says more than the header (PS3.18 8.3.3.1): whoever writes an address into a browser
    has no other way. A plus sign that was not percent-encoded has become a space.
    """
    wanted = (
        ",".join(request.GET.getlist("accept")).replace("dicom json", "dicom+json").replace("dicom xml", "dicom+xml")
    )
    return parse_accept(wanted or request.headers.get("Accept", ""))


def parse_media_type(header: str) -> MediaRange:
    """Read a Content-Type header; the name is empty when there is none."""
    return _parse_range(header) or MediaRange("")


def _parse_range(text: str) -> MediaRange | None:
    name, *rest = _split(text, ";")
    name = name.strip().lower()
    if "/" not in name:
        return None
    parameters: dict[str, str] = {}
    for piece in rest:
        match = _PARAMETER.fullmatch(piece)
        if match:
            key, value = match.group(1).lower(), match.group(2).strip()
            if value.startswith('"'):
                value = re.sub(r"\\(.)", r"\1", value[1:-1])
            parameters[key] = value.lower() if key == "type" else value
    return MediaRange(name, parameters, _quality(parameters.pop("q", "1")))


def _quality(value: str) -> float:
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def _split(text: str, separator: str) -> list[str]:
    """Split outside of quoted strings."""
    pieces, quoted, escaped, start = [], False, False, 0
    for position, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\" and quoted:
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            pieces.append(text[start:position])
            start = position + 1
    return [*pieces, text[start:]]
