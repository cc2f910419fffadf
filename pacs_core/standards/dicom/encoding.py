"""Frames in another transfer syntax than their own, without loss (PS3.5 8.2, A.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gdcm
import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.encoders.base import get_encoder
from pydicom.uid import UID

from pacs_core.standards.dicom.errors import UnencodableFrame
from pacs_core.standards.dicom.structure import EXPLICIT_VR_LITTLE_ENDIAN

JPEG_LOSSLESS_SV1 = "1.2.840.10008.1.2.4.70"
JPEG_LS_LOSSLESS = "1.2.840.10008.1.2.4.80"
JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90"
HTJ2K_LOSSLESS = "1.2.840.10008.1.2.4.201"
RLE_LOSSLESS = "1.2.840.10008.1.2.5"


@dataclass(frozen=True)
class PixelForm:
    """What PS3.3 C.7.6.3 says of decoded pixels, colour by pixel."""

    photometric_interpretation: str
    bits_allocated: int
    bits_stored: int
    is_signed: bool


def encode_frame(pixels: NDArray[np.generic], form: PixelForm, transfer_syntax_uid: str) -> bytes:
    """Return (rows, columns[, samples]) pixels encoded without loss; raises UnencodableFrame."""
    pixels = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("<"), copy=False))
    if transfer_syntax_uid == EXPLICIT_VR_LITTLE_ENDIAN:
        return pixels.tobytes()
    encoder = _ENCODERS.get(transfer_syntax_uid)
    if encoder is None:
        raise UnencodableFrame(transfer_syntax_uid, "it is not written here")
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.dtype.kind not in "iu" or samples not in (1, 3) or not 8 <= form.bits_allocated <= 16:
        raise UnencodableFrame(transfer_syntax_uid, f"{samples} x {form.bits_allocated} bits of {pixels.dtype.kind}")
    try:
        return encoder(pixels, form, transfer_syntax_uid)
    # the libraries raise their own types for what they don't take
    except Exception as error:
        raise UnencodableFrame(transfer_syntax_uid, type(error).__name__) from error


def _by_pydicom(pixels: NDArray[np.generic], form: PixelForm, transfer_syntax_uid: str) -> bytes:
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    # GDCM, pydicom's first choice for RLE, aborts the process on an odd number of pixels.
    plugin = {"encoding_plugin": "pylibjpeg"} if transfer_syntax_uid == RLE_LOSSLESS else {}
    return get_encoder(UID(transfer_syntax_uid)).encode(
        pixels.tobytes(),
        rows=pixels.shape[0],
        columns=pixels.shape[1],
        number_of_frames=1,
        samples_per_pixel=samples,
        photometric_interpretation=form.photometric_interpretation,
        bits_allocated=form.bits_allocated,
        bits_stored=form.bits_stored,
        pixel_representation=int(form.is_signed),
        **({"planar_configuration": 0} if samples > 1 else {}),
        **plugin,
    )


def _jpeg_2000(pixels: NDArray[np.generic], form: PixelForm, transfer_syntax_uid: str) -> bytes:
    """Encode by OpenJPEG; pylibjpeg, pydicom's way to it, refuses images of fewer than 32 pixels."""
    resolutions = max(1, min(6, min(pixels.shape[:2]).bit_length()))
    options = {"codecformat": "j2k", "reversible": True, "mct": False, "bitspersample": form.bits_stored}
    return bytes(imagecodecs.jpeg2k_encode(pixels, level=0, resolutions=resolutions, **options))


def _htj2k(pixels: NDArray[np.generic], form: PixelForm, transfer_syntax_uid: str) -> bytes:
    """Encode by OpenJPH; no component transform, so that the photometric interpretation stays true."""
    return bytes(imagecodecs.htj2k_encode(pixels, reversible=True, rgb=False))


def _jpeg_lossless(pixels: NDArray[np.generic], form: PixelForm, transfer_syntax_uid: str) -> bytes:
    """Encode by GDCM, the one free encoder of selection value 1."""
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    writer = gdcm.ImageWriter()  # owns the image
    image = writer.GetImage()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((pixels.shape[1], pixels.shape[0], 1))
    photometric = gdcm.PhotometricInterpretation.GetPIType(form.photometric_interpretation)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(photometric))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.ImplicitVRLittleEndian))
    bits = (form.bits_allocated, form.bits_stored, form.bits_stored - 1)
    image.SetPixelFormat(gdcm.PixelFormat(samples, *bits, int(form.is_signed)))
    if samples > 1:
        image.SetPlanarConfiguration(0)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetByteStringValue(pixels.tobytes())
    image.SetDataElement(element)
    converter = gdcm.ImageChangeTransferSyntax()
    converter.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(transfer_syntax_uid)))
    converter.SetInput(image)
    if not converter.Change():
        raise ValueError("GDCM refuses")
    fragments = converter.GetOutput().GetDataElement().GetSequenceOfFragments()
    content = b"".join(
        fragments.GetFragment(number).GetByteValue().GetBuffer().encode("utf-8", "surrogateescape")
        for number in range(fragments.GetNumberOfFragments())
    )
    if not content.startswith(b"\xff\xd8"):
        raise ValueError("no JPEG came out")
    return content


_ENCODERS: dict[str, Callable[[NDArray[np.generic], PixelForm, str], bytes]] = {
    RLE_LOSSLESS: _by_pydicom,
    JPEG_LOSSLESS_SV1: _jpeg_lossless,
    JPEG_LS_LOSSLESS: _by_pydicom,
    JPEG_2000_LOSSLESS: _jpeg_2000,
    HTJ2K_LOSSLESS: _htj2k,
}
WRITTEN_SYNTAXES = frozenset({EXPLICIT_VR_LITTLE_ENDIAN, *_ENCODERS})
