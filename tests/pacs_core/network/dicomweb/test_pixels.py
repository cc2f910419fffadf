"""WADO-RS: frames as the viewer asks for them, pictures for people."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance
from tests.pacs_core.network.dicomweb.archive import file_study, pixels_of
from tests.pacs_core.network.dicomweb.conftest import Story, fetch
from tests.pacs_core.network.dicomweb.test_retrieve import address, parts_of
from tests.story import in_hospital

OHIF = "multipart/related; type=application/octet-stream; transfer-syntax=*"
NATIVE = "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
def test_native_frames_are_little_endian_whatever_the_file_is(story: Story, syntax: str) -> None:
    study = file_study(story.north, frames=3, syntax=syntax)
    parts = parts_of(*fetch(story.radiologist, f"{address(study)}/frames/3,1", Accept=OHIF))
    assert [headers["content-type"] for headers, _ in parts] == [NATIVE, NATIVE]
    pixels = pixels_of(1, 3)
    assert [content for _, content in parts] == [pixels[2].tobytes(), pixels[0].tobytes()]


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
def test_compressed_frame_is_given_as_stored_or_decoded(story: Story, syntax: str) -> None:
    study = file_study(story.north, frames=2, syntax=syntax, compress=True)
    path = f"{address(study)}/frames/2"
    ((headers, content),) = parts_of(*fetch(story.radiologist, path, Accept=OHIF))
    assert headers["content-type"] == f"application/octet-stream; transfer-syntax={syntax}"
    with in_hospital(story.north):
        assert content in stored_path(Instance.objects.get().file_path).read_bytes()
    accept = 'multipart/related; type="application/octet-stream"'
    ((headers, content),) = parts_of(*fetch(story.radiologist, path, Accept=accept))
    assert headers["content-type"] == NATIVE
    assert content == pixels_of(1, 2)[1].tobytes()


def test_single_part_frame(story: Story) -> None:
    study = file_study(story.north)
    response, body = fetch(story.radiologist, f"{address(study)}/frames/1", Accept="application/octet-stream")
    assert (response["Content-Type"], body) == (NATIVE, pixels_of().tobytes())


@pytest.mark.parametrize(("frames", "status"), [("2", 404), ("0", 400), (",", 400), ("1," * 101, 400)])
def test_absent_or_unreadable_frame_numbers(story: Story, frames: str, status: int) -> None:
    study = file_study(story.north)
    assert fetch(story.radiologist, f"{address(study)}/frames/{frames}", Accept=OHIF)[0].status_code == status


def test_unacceptable_frame_type(story: Story) -> None:
    study = file_study(story.north)
    path = f"{address(study)}/frames/1"
    response, body = fetch(story.radiologist, path, Accept='multipart/related; type="video/mp4"')
    assert response.status_code == 406
    assert b"transfer-syntax=*" in body


def test_seen_frame_is_revalidated_and_not_sent_again(story: Story) -> None:
    study = file_study(story.north)
    path = f"{address(study)}/frames/1"
    first, _ = fetch(story.radiologist, path, Accept=OHIF)
    assert first["Cache-Control"] == "private, no-cache"
    again, body = fetch(story.radiologist, path, Accept=OHIF, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, body) == (304, b"")
    assert fetch(None, path, Accept=OHIF, **{"If-None-Match": first["ETag"]})[0].status_code == 401
    other, _ = fetch(story.radiologist, path, Accept="application/octet-stream", **{"If-None-Match": first["ETag"]})
    assert other.status_code == 200


def picture(response: Any, body: bytes) -> np.ndarray:
    assert response.status_code == 200, body
    return np.asarray(Image.open(BytesIO(body)))


def test_rendered_picture_has_differing_pixels_and_obeys_the_window(story: Story) -> None:
    study = file_study(story.north)
    path = f"{address(study)}/rendered"
    response, body = fetch(story.radiologist, path, Accept="image/png")
    assert response["Content-Type"] == "image/png"
    assert len(np.unique(picture(response, body))) > 50
    windowed = picture(*fetch(story.radiologist, f"{path}?window=0,2,linear", Accept="image/png"))
    assert windowed.min() == windowed[1:].max() == 255
    assert fetch(story.radiologist, path)[0]["Content-Type"] == "image/jpeg"


def test_rendered_frame_and_viewport(story: Story) -> None:
    study = file_study(story.north, frames=2)
    path = f"{address(study)}/frames/2/rendered"
    assert picture(*fetch(story.radiologist, f"{path}?viewport=12,12")).shape == (8, 12)
    assert fetch(story.radiologist, path.replace("frames/2", "frames/3"))[0].status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        *("window=1", "window=1,0,linear", "window=1,2,cubic", "window=1,0,sigmoid", "window=1,2,linear,3"),
        *("viewport=0,5", "viewport=1", "viewport=9,9,-1,0,5,5", "viewport=9,9,0,0,0,5", "viewport=9,9,1,2,3"),
        *("quality=0", "quality=x", "annotation=patient", "iccprofile=mine"),
    ],
)
def test_unreadable_rendering_is_refused(story: Story, query: str) -> None:
    study = file_study(story.north)
    response, body = fetch(story.radiologist, f"{address(study)}/rendered?{query}")
    assert response.status_code == 400
    assert query.partition("=")[0].encode() in body


def test_viewport_enlarges_and_shows_a_part_turned_over(story: Story) -> None:
    study = file_study(story.north)
    path = f"{address(study)}/rendered?viewport="
    whole = picture(*fetch(story.radiologist, f"{path}24,16", Accept="image/png"))
    part = picture(*fetch(story.radiologist, f"{path}8,4,4,2,8,4", Accept="image/png"))
    np.testing.assert_array_equal(part, whole[2:6, 4:12])
    turned = picture(*fetch(story.radiologist, f"{path}8,4,4,2,-8,4", Accept="image/png"))
    np.testing.assert_array_equal(turned, part[:, ::-1])
    assert picture(*fetch(story.radiologist, f"{path}48,48", Accept="image/png")).shape == (32, 48)


def test_window_functions_differ(story: Story) -> None:
    study = file_study(story.north)
    path = f"{address(study)}/rendered?window=1500,1000,"
    linear, exact, sigmoid = (
        picture(*fetch(story.radiologist, path + function, Accept="image/png"))
        for function in ("linear", "linear-exact", "sigmoid")
    )
    assert not np.array_equal(linear, sigmoid)
    assert np.abs(linear.astype(int) - exact).max() <= 1


def test_frames_as_movie_and_as_parts(story: Story) -> None:
    study = file_study(story.north, frames=3)
    movie = Image.open(BytesIO(fetch(story.radiologist, f"{address(study)}/rendered", Accept="image/gif")[1]))
    assert (movie.format, movie.n_frames) == ("GIF", 3)
    answer = fetch(
        story.radiologist, f"{address(study)}/frames/3,1/rendered", Accept='multipart/related; type="image/png"'
    )
    assert [content[:4] for _, content in parts_of(*answer)] == [b"\x89PNG"] * 2
    single = fetch(story.radiologist, f"{address(study)}/frames/3,1/rendered", Accept="image/png")
    assert single[0].status_code == 406


def test_study_and_series_rendered_leave_out_what_is_no_image(story: Story) -> None:
    study = file_study(story.north, images=3)
    uid = study.study_instance_uid
    with in_hospital(story.north):
        stored_path(Instance.objects.get(instance_number=2).file_path).write_bytes(b"damaged")
    for path in (f"studies/{uid}/rendered", f"studies/{uid}/series/{uid}.1/rendered"):
        parts = parts_of(*fetch(story.radiologist, path))
        assert [headers["content-type"] for headers, _ in parts] == ["image/jpeg"] * 2


def test_colour_profile_is_ignored_and_told(story: Story) -> None:
    study = file_study(story.north)
    assert "iccprofile" in fetch(story.radiologist, f"{address(study)}/rendered?iccprofile=srgb")[0]["Warning"]
    assert "Warning" not in fetch(story.radiologist, f"{address(study)}/rendered?iccprofile=no")[0]


def test_thumbnails_of_study_series_and_instance(story: Story) -> None:
    study = file_study(story.north, images=3)
    uid = study.study_instance_uid
    middle = picture(*fetch(story.radiologist, f"{address(study, 2)}/thumbnail"))
    for path in (f"studies/{uid}/thumbnail", f"studies/{uid}/series/{uid}.1/thumbnail"):
        assert np.array_equal(picture(*fetch(story.radiologist, path)), middle)


def test_what_is_no_image_has_no_picture(story: Story) -> None:
    study = file_study(story.north)
    with in_hospital(story.north):
        Instance.objects.update(rows=None)
    assert fetch(story.radiologist, f"studies/{study.study_instance_uid}/thumbnail")[0].status_code == 406


def test_damaged_file_names_the_fault_and_no_path(story: Story) -> None:
    study = file_study(story.north)
    with in_hospital(story.north):
        path = stored_path(Instance.objects.get().file_path)
    path.write_bytes(path.read_bytes()[:-50])
    response, body = fetch(story.radiologist, f"{address(study)}/frames/1", Accept=OHIF)
    assert response.status_code == 500
    assert str(path).encode() not in body
    path.unlink()
    assert b"FileNotFoundError" in fetch(story.radiologist, f"{address(study)}/frames/1", Accept=OHIF)[1]
