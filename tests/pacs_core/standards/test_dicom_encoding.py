"""Frames and files in other transfer syntaxes keep every pixel."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder
from pydicom.uid import UID

from pacs_core.standards.dicom.encoding import WRITTEN_SYNTAXES, PixelForm, encode_frame
from pacs_core.standards.dicom.errors import DicomError, UnencodableFrame
from pacs_core.standards.dicom.frames import open_frames
from pacs_core.standards.dicom.reading import quietly
from pacs_core.standards.dicom.structure import EXPLICIT_VR_LITTLE_ENDIAN
from pacs_core.standards.dicom.transcoding import transcode_file

from .dicom_files import real_file

COMPRESSED = sorted(WRITTEN_SYNTAXES - {EXPLICIT_VR_LITTLE_ENDIAN})
FORMS = [
    (np.uint8, 8, (33, 46)),
    (np.uint16, 12, (33, 47)),
    (np.uint16, 16, (9, 7)),
    (np.int16, 12, (33, 47)),
    (np.int16, 16, (33, 47)),
    (np.uint8, 8, (33, 46, 3)),
    (np.uint16, 16, (33, 47, 3)),
]


def decoded(content: bytes, form: PixelForm, syntax: str, shape: tuple[int, ...]) -> np.ndarray:
    """What pydicom makes of it, by whichever of its plug-ins."""
    colour = {"planar_configuration": 0} if len(shape) == 3 else {}
    array, _ = get_decoder(UID(syntax)).as_array(
        encapsulate([content]),
        index=0,
        number_of_frames=1,
        pixel_keyword="PixelData",
        rows=shape[0],
        columns=shape[1],
        samples_per_pixel=shape[2] if len(shape) == 3 else 1,
        bits_allocated=form.bits_allocated,
        bits_stored=form.bits_stored,
        pixel_representation=int(form.is_signed),
        photometric_interpretation=form.photometric_interpretation,
        **colour,
    )
    return array


@pytest.mark.parametrize("syntax", COMPRESSED)
@pytest.mark.parametrize(("kind", "bits", "shape"), FORMS)
def test_every_pixel_survives(syntax: str, kind: type, bits: int, shape: tuple[int, ...]) -> None:
    signed = np.issubdtype(kind, np.signedinteger)
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if signed else (0, 1 << bits)
    pixels = np.random.default_rng(bits).integers(low, high, shape).astype(kind)
    form = PixelForm("RGB" if len(shape) == 3 else "MONOCHROME2", pixels.itemsize * 8, bits, signed)
    content = encode_frame(pixels, form, syntax)
    np.testing.assert_array_equal(decoded(content, form, syntax, shape), pixels)


@pytest.mark.parametrize("syntax", COMPRESSED)
def test_what_has_no_form_is_refused_and_never_cut(syntax: str) -> None:
    doses = np.zeros((8, 8), np.uint32)
    with pytest.raises(UnencodableFrame, match="32 bits"):
        encode_frame(doses, PixelForm("MONOCHROME2", 32, 32, False), syntax)


# single and several frames, colour by plane and by pixel, big endian, deflated, implicit, each kind of compression
SHIPPED = (
    "CT_small.dcm",
    "MR_small_bigendian.dcm",
    "rtdose.dcm",
    "SC_rgb_small_odd.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "MR_small_jp2klossless.dcm",
    "image_dfl.dcm",
    "JPGExtended.dcm",
    "liver_expb_1frame.dcm",
    "ExplVR_BigEnd.dcm",
)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("syntax", sorted(WRITTEN_SYNTAXES))
def test_file_keeps_elements_and_pixels(name: str, syntax: str, tmp_path: Path) -> None:
    path, target = real_file(name), tmp_path / "other.dcm"
    try:
        transcode_file(path, target, syntax)
    except UnencodableFrame:
        assert syntax != EXPLICIT_VR_LITTLE_ENDIAN
        assert name in ("rtdose.dcm", "SC_rgb_small_odd.dcm", "liver_expb_1frame.dcm")
        return
    before, after = open_frames(path), open_frames(target)
    assert after.layout.transfer_syntax_uid == syntax
    for number in {1, before.number_of_frames}:
        np.testing.assert_array_equal(after.decoded_array(number)[0], before.decoded_array(number)[0])
    with quietly():
        changed = {"PhotometricInterpretation", "PlanarConfiguration", "PixelData", "DataSetTrailingPadding"}
        one, other = (pydicom.dcmread(file, force=True) for file in (path, target))
        # Group lengths are retired and are not written again (PS3.5 7.2).
        tags = {element.tag for element in one if element.tag.element and element.keyword not in changed}
        assert tags == {element.tag for element in other if element.keyword not in changed}
        for tag in tags:
            assert one[tag].value == other[tag].value, tag


def test_object_without_pixels_comes_uncompressed(tmp_path: Path) -> None:
    transcode_file(real_file("reportsi.dcm"), tmp_path / "sr.dcm", COMPRESSED[0])
    assert pydicom.dcmread(tmp_path / "sr.dcm").file_meta.TransferSyntaxUID == EXPLICIT_VR_LITTLE_ENDIAN


def test_error_crosses_processes_whole() -> None:
    import pickle

    error = UnencodableFrame("1.2", "because")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.transfer_syntax_uid, type(again)) == (str(error), "1.2", UnencodableFrame)
    assert isinstance(again, DicomError)
