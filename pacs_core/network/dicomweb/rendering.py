"""Read the query parameters of rendered resources (PS3.18 8.3.5)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.http import QueryDict

from pacs_core.network.dicomweb.errors import InvalidRequest, NothingAcceptable
from pacs_core.network.dicomweb.media_types import MediaRange
from pacs_core.standards.dicom.pictures import PICTURE_TYPES, Picture
from pacs_core.standards.dicom.rendering import Region, Window

MAXIMUM_VIEWPORT_PIXELS = 8192
_FUNCTIONS = ("linear", "linear-exact", "sigmoid")
_COLOUR_SPACES = ("yes", "srgb", "adobergb", "rommrgb", "displayp3")


@dataclass(frozen=True)
class Rendering:
    """The picture that is wanted, whether in multipart, and what of the request was left undone."""

    picture: Picture
    is_multipart: bool
    warning: str = ""


def parse_rendering(*, wanted: list[MediaRange], parameters: QueryDict, several: bool = False) -> Rendering:
    """Read what to render; `several` pictures need multipart/related.

    Raises InvalidRequest for a parameter that can't be read, NothingAcceptable for a media type that isn't made.
    """
    if parameters.get("annotation"):
        raise InvalidRequest("annotation is not offered: no text is written into the pixels.")
    colour_space = parameters.get("iccprofile", "no").lower()
    if colour_space not in ("no", *_COLOUR_SPACES):
        raise InvalidRequest(f"iccprofile is {colour_space!r}, expected no or one of {', '.join(_COLOUR_SPACES)}.")
    media_type, is_multipart = _media_type(wanted, several=several)
    size, region = _viewport(parameters.get("viewport"))
    picture = Picture(media_type, _window(parameters.get("window")), size, region, quality=_quality(parameters))
    warning = "" if colour_space == "no" else "No ICC profile is included: iccprofile was ignored"
    return Rendering(picture, is_multipart, warning)


def _media_type(wanted: list[MediaRange], *, several: bool) -> tuple[str, bool]:
    """Return the media type and whether in multipart; JPEG is the default of a still image (PS3.18 8.7.4)."""
    for one in wanted:
        for offered in PICTURE_TYPES:
            if one.takes(offered) and (one.is_multipart or not several or one.name == "*/*"):
                return offered, one.is_multipart or several
    kind = "multipart/related of " if several else ""
    raise NothingAcceptable(f"Rendered images are given as {kind}{', '.join(PICTURE_TYPES)}.")


def _window(text: str | None) -> Window | None:
    if text is None:
        return None
    pieces = [piece.strip() for piece in text.split(",")]
    if len(pieces) not in (2, 3):
        raise InvalidRequest(f"window is {text!r}, expected center,width,function.")
    function = pieces[2].lower() if len(pieces) == 3 and pieces[2] else "linear"
    if function not in _FUNCTIONS:
        raise InvalidRequest(f"The window function is {function!r}, expected one of {', '.join(_FUNCTIONS)}.")
    center, width = _number("window", pieces[0]), _number("window", pieces[1])
    if width < 1 if function == "linear" else width <= 0:
        raise InvalidRequest(f"The window's width is {pieces[1]!r}, which {function} does not have (PS3.3 C.11.2.1.2).")
    return Window(center, width, function)


def _viewport(text: str | None) -> tuple[tuple[int, int] | None, Region | None]:
    """Read vw,vh[,sx,sy,sw,sh]: the size to fit, and the part of the source; a negative sw or sh turns it over."""
    if text is None:
        return None, None
    pieces = [piece.strip() for piece in text.split(",")]
    if len(pieces) not in (2, 4, 6):
        raise InvalidRequest(f"viewport is {text!r}, expected vw,vh or vw,vh,sx,sy,sw,sh.")
    width, height = (_number("viewport", piece) for piece in pieces[:2])
    if not (1 <= width <= MAXIMUM_VIEWPORT_PIXELS and 1 <= height <= MAXIMUM_VIEWPORT_PIXELS):
        raise InvalidRequest(f"viewport is {text!r}, expected 1 to {MAXIMUM_VIEWPORT_PIXELS} pixels.")
    if len(pieces) == 2:
        return (int(width), int(height)), None
    whole = float(1 << 30)
    defaults = (0.0, 0.0, whole, whole)
    source = [*pieces[2:], "", ""][:4]
    left, top, across, down = (
        _number("viewport", piece) if piece else default for piece, default in zip(source, defaults, strict=True)
    )
    if left < 0 or top < 0 or not across or not down:
        raise InvalidRequest(f"viewport is {text!r}, its source region begins outside of the image or is empty.")
    return (int(width), int(height)), Region(left, top, abs(across), abs(down), across < 0, down < 0)


def _quality(parameters: QueryDict) -> int:
    text = parameters.get("quality")
    if text is None:
        return 90
    value = _number("quality", text)
    if not 1 <= value <= 100:
        raise InvalidRequest(f"quality is {text!r}, expected 1 to 100.")
    return int(value)


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidRequest(f"{name} holds {text!r}, expected a number.")
    return value
