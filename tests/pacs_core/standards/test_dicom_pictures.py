"""Pictures of every shipped file that can be decoded."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.frames import open_frames
from pacs_core.standards.dicom.pictures import Picture, draw_frame, draw_movie

from .dicom_files import real_file, real_files

_DAMAGED = {"JPEG2000-embedded-sequence-delimiter.dcm"}  # on purpose


def _has_picture(path: Path) -> bool:
    try:
        source = open_frames(path)
    except DicomError:
        return False
    return source.layout.pixel_data is not None and "Rows" in source.dataset and path.name not in _DAMAGED


IMAGES = [path for path in real_files() if _has_picture(path)]


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_every_image_can_be_drawn(path: Path) -> None:
    image = Image.open(BytesIO(draw_frame(path, 1, Picture("image/jpeg", size=(64, 64)))))
    assert image.format == "JPEG"
    assert max(image.size) == 64


def test_movie_keeps_its_pace() -> None:
    movie = Image.open(BytesIO(draw_movie(real_file("examples_ybr_color.dcm"), [1, 2, 3], Picture("image/gif"))))
    assert movie.n_frames == 3
    assert movie.info["duration"] >= 20
