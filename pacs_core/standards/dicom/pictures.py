"""Frames as picture files for people: PNG, JPEG, GIF."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from pacs_core.standards.dicom.frames import FrameSource, open_frames
from pacs_core.standards.dicom.rendering import Region, Window, render
from pacs_core.standards.dicom.values import DatasetValues

PICTURE_TYPES = ("image/jpeg", "image/png", "image/gif")
DEFAULT_FRAME_MILLISECONDS = 66.0


@dataclass(frozen=True)
class Picture:
    """What a picture shall be like; `size` is the (width, height) to fit, `quality` that of a JPEG, 1 to 100."""

    media_type: str
    window: Window | None = None
    size: tuple[int, int] | None = None
    region: Region | None = None
    enlarges: bool = True
    quality: int = 90


def draw_frame(path: Path | str, frame_number: int, picture: Picture) -> bytes:
    """Return one frame as a picture file; raises what `rendering.render` raises."""
    source = open_frames(path)
    return _file_of([_drawn(source, frame_number, picture)], picture)


def draw_movie(path: Path | str, frame_numbers: Iterable[int], picture: Picture) -> bytes:
    """Return these frames as one animated GIF, at the pace of FrameTime (PS3.3 C.7.6.5)."""
    source = open_frames(path)
    pace = DatasetValues(source.dataset).numbers("FrameTime")
    milliseconds = pace[0] if pace and pace[0] > 0 else DEFAULT_FRAME_MILLISECONDS
    return _file_of((_drawn(source, number, picture) for number in frame_numbers), picture, milliseconds)


def _drawn(source: FrameSource, frame_number: int, picture: Picture) -> Image.Image:
    return render(source, frame_number, picture.window, picture.size, picture.region, enlarges=picture.enlarges)


def _file_of(images: Iterable[Image.Image], picture: Picture, milliseconds: float = 0) -> bytes:
    first, *others = images
    stream = BytesIO()
    if picture.media_type == "image/png":
        first.save(stream, "PNG", compress_level=1)
    elif picture.media_type == "image/gif":
        # A GIF's clock counts hundredths of a second.
        movie = {"append_images": others, "save_all": True, "duration": max(milliseconds, 20), "loop": 0}
        first.save(stream, "GIF", **(movie if others else {}))
    else:
        first.save(stream, "JPEG", quality=picture.quality)
    return stream.getvalue()
