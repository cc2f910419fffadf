"""Read the query parameters of rendered resources (PS3.18 8.3.5)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.http import QueryDict

from pacs_core.network.dicomweb.errors import InvalidRequest, NothingAcceptable
from pacs_core.network.dicomweb.media_types import parse_accept

MAXIMUM_VIEWPORT_PIXELS = 8192
# PS3.18 table 8.7.4-1: JPEG is the default of a still image.
_RENDERED_TYPES = ("image/jpeg", "image/png")


@dataclass(frozen=True)
class Rendering:
    """`window` is (center, width), `viewport` the (width, height) in pixels that the picture has to fit."""

    media_type: str
    window: tuple[float, float] | None
    viewport: tuple[int, int] | None
    quality: int


def parse_rendering(*, accept: str, parameters: QueryDict) -> Rendering:
    """Raise InvalidRequest for a parameter that can't be read, NothingAcceptable for a media type that isn't made."""
    return Rendering(
        media_type=_media_type(accept),
        window=_window(parameters.get("window")),
        viewport=_viewport(parameters.get("viewport")),
        quality=_quality(parameters.get("quality")),
    )


def _media_type(accept: str) -> str:
    for wanted in parse_accept(accept):
        for offered in _RENDERED_TYPES:
            if not wanted.is_multipart and wanted.takes(offered):
                return offered
    raise NothingAcceptable(f"Rendered images are given as {' or '.join(_RENDERED_TYPES)}.")


def _window(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    center, width, function = [*text.split(","), "", ""][:3]
    if function.strip().lower() not in ("", "linear"):
        raise InvalidRequest(f"The window function {function!r} is not offered. Maybe use linear.")
    values = (_number("window", center), _number("window", width))
    if values[1] < 1:
        raise InvalidRequest(f"The window's width is {width!r}, expected at least 1.")
    return values


def _viewport(text: str | None) -> tuple[int, int] | None:
    """Read the first two values; a part of the source image (the other four) is not offered."""
    if text is None:
        return None
    pieces = text.split(",")
    if len(pieces) != 2:
        raise InvalidRequest(f"viewport is {text!r}, expected width,height.")
    width, height = (_number("viewport", piece) for piece in pieces)
    if not (1 <= width <= MAXIMUM_VIEWPORT_PIXELS and 1 <= height <= MAXIMUM_VIEWPORT_PIXELS):
        raise InvalidRequest(f"viewport is {text!r}, expected 1 to {MAXIMUM_VIEWPORT_PIXELS} pixels.")
    return int(width), int(height)


def _quality(text: str | None) -> int:
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
