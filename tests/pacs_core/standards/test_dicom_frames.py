from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from pacs_core.standards.dicom.errors import FrameNotFound, NoPixelData, UndecodableFrame
from pacs_core.standards.dicom.frames import FrameSource, decode_frame, iterate_stored_frames, open_frames
from pacs_core.standards.dicom.reading import quietly
from pacs_core.standards.dicom.rendering import Window, render_frame

from .dicom_files import error_of, real_file, real_files, small_dataset, write

_UNDECODABLE = {"JPEG2000-embedded-sequence-delimiter.dcm"}  # damaged on purpose
# NumberOfFrames "1A", which we take for one frame; JPEG of 12 bits
_READ_ONLY_BY_US = {"badVR.dcm", "JPEG-lossy.dcm", "JPGExtended.dcm"}


def _opened() -> list[tuple[Path, FrameSource]]:
    found = []
    for path in real_files():
        if error_of(lambda path=path: open_frames(path)) is None:
            source = open_frames(path)
            if source.layout.pixel_data is not None and "Rows" in source.dataset:
                found.append((path, source))
    return found


_DECODABLE = [(path, source) for path, source in _opened() if path.name not in _UNDECODABLE]
_COMPARABLE = [(path, source) for path, source in _DECODABLE if path.name not in _READ_ONLY_BY_US]


@pytest.mark.parametrize(("path", "source"), _COMPARABLE, ids=lambda value: getattr(value, "name", ""))
def test_first_and_last_frame_equal_what_pydicom_decodes(path: Path, source: FrameSource) -> None:
    with quietly():
        expected = pydicom.dcmread(path).pixel_array
    for number in {1, source.number_of_frames}:
        frame = expected[number - 1] if source.number_of_frames > 1 else expected
        array, _ = source.decoded_array(number)
        np.testing.assert_array_equal(array, frame)


def test_native_frames_come_little_endian() -> None:
    little, big = decode_frame(real_file("MR_small.dcm"), 1), decode_frame(real_file("MR_small_bigendian.dcm"), 1)
    assert little == big
    assert little.transfer_syntax_uid == "1.2.840.10008.1.2.1"
    assert len(little.content) == 64 * 64 * 2


def test_deflated_frame_is_served_inflated() -> None:
    frame = open_frames(real_file("image_dfl.dcm")).stored_frame(1)
    assert (len(frame.content), frame.transfer_syntax_uid) == (512 * 512, "1.2.840.10008.1.2.1")


def test_big_endian_eight_bit_words_are_swapped_back() -> None:
    little, big = (
        open_frames(real_file("SC_rgb_small_odd.dcm")),
        open_frames(real_file("SC_rgb_small_odd_big_endian.dcm")),
    )
    assert little.stored_frame(1) == big.stored_frame(1)


def test_encapsulated_frames_stay_compressed() -> None:
    frames = list(iterate_stored_frames(real_file("examples_ybr_color.dcm")))
    assert len(frames) == 30
    assert all(frame.content.startswith(b"\xff\xd8") for frame in frames)
    assert {frame.transfer_syntax_uid for frame in frames} == {"1.2.840.10008.1.2.4.50"}


def test_single_bit_frames_are_moved_to_a_byte_border(tmp_path: Path) -> None:
    frames = [np.random.default_rng(n).integers(0, 2, (5, 3), np.uint8) for n in range(4)]
    packed = np.packbits(np.concatenate([frame.ravel() for frame in frames]), bitorder="little").tobytes()
    dataset = small_dataset(
        Rows=5,
        Columns=3,
        BitsAllocated=1,
        BitsStored=1,
        HighBit=0,
        SamplesPerPixel=1,
        PixelRepresentation=0,
        PhotometricInterpretation="MONOCHROME2",
        NumberOfFrames=4,
        PixelData=packed,
    )
    dataset["PixelData"].VR = "OB"
    source = open_frames(write(tmp_path, dataset))
    for number, frame in enumerate(frames, 1):
        array, _ = source.decoded_array(number)
        np.testing.assert_array_equal(array, frame)


@pytest.mark.parametrize("number", [0, -1, 31])
def test_frame_that_does_not_exist(number: int) -> None:
    with pytest.raises(FrameNotFound, match="30"):
        open_frames(real_file("examples_ybr_color.dcm")).stored_frame(number)


def test_object_without_pixels() -> None:
    with pytest.raises(NoPixelData):
        open_frames(real_file("reportsi.dcm")).stored_frame(1)


def test_header_that_promises_more_than_the_pixel_data_holds(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(real_file("MR_small.dcm"))
    dataset.Rows = 65
    with pytest.raises(UndecodableFrame, match="bytes needed"):
        open_frames(write(tmp_path, dataset)).stored_frame(1)


def test_damaged_codestream_is_named() -> None:
    with pytest.raises(UndecodableFrame):
        decode_frame(real_file("JPEG2000-embedded-sequence-delimiter.dcm"), 1)


@pytest.mark.parametrize("path", [path for path, _ in _DECODABLE], ids=lambda path: path.name)
def test_every_decodable_file_renders_at_the_size_asked_for(path: Path) -> None:
    image = render_frame(path, size=(64, 48))
    assert image.mode in {"L", "RGB"}
    assert image.width <= 64
    assert image.height <= 48


def test_window_changes_the_picture_and_monochrome1_is_inverted(tmp_path: Path) -> None:
    ramp = np.arange(256, dtype=np.uint16).reshape(16, 16)

    def picture(photometric: str, window: Window) -> Image.Image:
        dataset = small_dataset(
            Rows=16,
            Columns=16,
            BitsAllocated=16,
            BitsStored=16,
            HighBit=15,
            SamplesPerPixel=1,
            PixelRepresentation=0,
            PhotometricInterpretation=photometric,
            PixelData=ramp.tobytes(),
        )
        dataset["PixelData"].VR = "OW"
        return render_frame(write(tmp_path, dataset), window=window)

    plain, inverse = (np.asarray(picture(kind, Window(128, 256))) for kind in ("MONOCHROME2", "MONOCHROME1"))
    np.testing.assert_array_equal(plain, ramp)
    np.testing.assert_array_equal(inverse, 255 - ramp)
    narrow = np.asarray(picture("MONOCHROME2", Window(128, 2)))
    assert set(np.unique(narrow)) == {0, 255}


def test_palette_and_colour_files_render_in_colour() -> None:
    for name in ("examples_palette.dcm", "examples_rgb_color.dcm", "examples_ybr_color.dcm", "examples_jpeg2k.dcm"):
        image = np.asarray(render_frame(real_file(name))).astype(int)
        assert image.ndim == 3
        assert np.abs(image[..., 0] - image[..., 2]).max() > 50, name
