"""Frames as 8 bit images for thumbnails and rendered resources (PS3.18 8.3.5; PS3.4 N.2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi

from pacs_core.standards.dicom.frames import FrameSource, open_frames
from pacs_core.standards.dicom.reading import quietly
from pacs_core.standards.dicom.values import DatasetValues

# VOILUTFunction (0028,1056) -> the names of PS3.18 8.3.5.1.4
_FUNCTIONS = {"LINEAR": "linear", "LINEAR_EXACT": "linear-exact", "SIGMOID": "sigmoid"}


@dataclass(frozen=True)
class Window:
    """A VOI window in the units of the modality LUT; `function` is linear, linear-exact or sigmoid."""

    center: float
    width: float
    function: str = "linear"


@dataclass(frozen=True)
class Region:
    """A part of the source image in its pixels; what lies outside of it is cut off, a flip turns it over."""

    left: float
    top: float
    width: float
    height: float
    flips_horizontally: bool = False
    flips_vertically: bool = False


def render_frame(
    path: Path | str, frame_number: int = 1, window: Window | None = None, size: tuple[int, int] | None = None
) -> Image.Image:
    """Return the frame as an 8 bit grey (L) or RGB image, never larger than it is; see `render`."""
    return render(open_frames(path), frame_number, window, size, enlarges=False)


def render(
    source: FrameSource,
    frame_number: int = 1,
    window: Window | None = None,
    size: tuple[int, int] | None = None,
    region: Region | None = None,
    *,
    enlarges: bool = False,
) -> Image.Image:
    """Return the frame, or `region` of it, as an 8 bit grey (L) or RGB image.

    Without a window the header's first VOI applies, else the range of the values. `size` is the (width, height) that
    it has to fit; the aspect ratio stays. Oblong pixels are made square. Raises what `decoded_array` raises.
    """
    array, photometric_interpretation = source.decoded_array(frame_number)
    with quietly():
        if photometric_interpretation == "PALETTE COLOR":
            array = apply_color_lut(array, source.dataset)
        if array.ndim == 3:
            image = Image.fromarray(_eight_bit_colour(array))
        else:
            image = Image.fromarray(_grey(array, source.dataset, frame_number, photometric_interpretation, window))
    if region is not None:
        image = _cut(image, region)
    image = _with_square_pixels(image, source.dataset)
    return image if size is None else _fitted(image, size, enlarges=enlarges)


def _cut(image: Image.Image, region: Region) -> Image.Image:
    right, bottom = min(region.left + region.width, image.width), min(region.top + region.height, image.height)
    left, top = min(max(region.left, 0), image.width - 1), min(max(region.top, 0), image.height - 1)
    image = image.crop(
        (round(left), round(top), max(round(right), round(left) + 1), max(round(bottom), round(top) + 1))
    )
    if region.flips_horizontally:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM) if region.flips_vertically else image


def _fitted(image: Image.Image, size: tuple[int, int], *, enlarges: bool) -> Image.Image:
    factor = min(size[0] / image.width, size[1] / image.height)
    if factor < 1:
        image.thumbnail(size, Image.Resampling.BILINEAR)
    elif enlarges and factor > 1:
        fitting = (max(round(image.width * factor), 1), max(round(image.height * factor), 1))
        image = image.resize(fitting, Image.Resampling.BILINEAR)
    return image


def _eight_bit_colour(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array[..., :3])
    shift = np.iinfo(array.dtype).bits - 8
    return np.ascontiguousarray((array >> shift)[..., :3].astype(np.uint8))


def _grey(
    array: NDArray[np.generic], dataset: Dataset, frame_number: int, photometric: str, window: Window | None
) -> NDArray[np.uint8]:
    functional = _frame_groups(dataset, frame_number)
    values = _modality_values(array, dataset, functional)
    window = window or _header_window(dataset, functional)
    # a segmentation's single bits need no window
    if window is None and DatasetValues(dataset).integer("BitsAllocated") == 1:
        window = Window(0.5, 1.0)
    grey = None if window else _voi_lut(array, dataset)
    if grey is None:
        grey = _windowed(values, window or _range_window(values))
    inverse = DatasetValues(dataset).line("PresentationLUTShape") == "INVERSE"
    return 255 - grey if photometric == "MONOCHROME1" or inverse else grey


def _modality_values(array: NDArray[np.generic], dataset: Dataset, functional: Dataset) -> NDArray[np.floating]:
    transformation = DatasetValues(functional).first_item("PixelValueTransformationSequence").dataset
    rescaled = transformation if "RescaleSlope" in transformation else dataset
    try:
        values = apply_modality_lut(array, rescaled)
    # a modality LUT or slope that can't be used must not cost the picture
    except Exception:
        values = array
    return np.nan_to_num(np.asarray(values, np.float32), posinf=0, neginf=0)


def _header_window(dataset: Dataset, functional: Dataset) -> Window | None:
    for source in (DatasetValues(functional).first_item("FrameVOILUTSequence"), DatasetValues(dataset)):
        centres, widths = source.numbers("WindowCenter"), source.numbers("WindowWidth")
        if centres and widths and widths[0] >= 1:
            function = _FUNCTIONS.get(source.line("VOILUTFunction"), "linear")
            return Window(centres[0], widths[0], function)
    return None


def _range_window(values: NDArray[np.floating]) -> Window:
    low, high = np.percentile(values, (0.5, 99.5)) if values.size else (0.0, 1.0)
    if high <= low:
        low, high = float(values.min(initial=low)), float(values.max(initial=high))
    return Window(float(low + high) / 2, max(float(high - low), 1e-6))


def _windowed(values: NDArray[np.floating], window: Window) -> NDArray[np.uint8]:
    """Apply a VOI LUT function (PS3.3 C.11.2.1.2, C.11.2.1.3)."""
    center, width = window.center, window.width
    if window.function == "sigmoid":
        with np.errstate(over="ignore"):
            shown = np.float32(255) / (1 + np.exp(np.float32(-4 / width) * (values - np.float32(center))))
        return (shown + 0.5).astype(np.uint8)
    # The linear function puts the centre half a step lower.
    if window.function == "linear" and width > 1:
        center, width = center - 0.5, width - 1
    scaled = (values - np.float32(center)) * np.float32(255 / max(width, 1e-6)) + np.float32(127.5)
    return np.clip(scaled + 0.5, 0, 255).astype(np.uint8)


def _voi_lut(array: NDArray[np.generic], dataset: Dataset) -> NDArray[np.uint8] | None:
    if not dataset.get("VOILUTSequence"):
        return None
    try:
        shown = apply_voi(apply_modality_lut(array, dataset).astype(array.dtype), dataset)
        bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
    # damaged tables: fall back to the range of the values
    except Exception:
        return None
    return np.clip(shown.astype(np.float32) * (255 / (2**bits - 1)), 0, 255).astype(np.uint8)


def _frame_groups(dataset: Dataset, frame_number: int) -> Dataset:
    """Return the functional groups (PS3.3 C.7.6.16) that hold for one frame, its own over the shared ones."""
    merged = Dataset()
    shared = DatasetValues(dataset).first_item("SharedFunctionalGroupsSequence").dataset
    own = dataset.get("PerFrameFunctionalGroupsSequence") or []
    for group in (shared, own[frame_number - 1] if frame_number <= len(own) else Dataset()):
        merged.update({element.tag: element for element in group if element.VR == "SQ"})
    return merged


def _with_square_pixels(image: Image.Image, dataset: Dataset) -> Image.Image:
    values = DatasetValues(dataset)
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"):
        numbers = values.numbers(keyword)
        if len(numbers) == 2 and min(numbers) > 0:
            ratio = numbers[0] / numbers[1]
            if abs(ratio - 1) > 0.01 and 0.1 < ratio < 10:
                tall, wide = (image.height * ratio, image.width) if ratio > 1 else (image.height, image.width / ratio)
                return image.resize((round(wide), round(tall)), Image.Resampling.BILINEAR)
            break
    return image
