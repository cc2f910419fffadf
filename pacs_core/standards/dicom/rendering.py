"""Frames as 8 bit images for thumbnails and rendered resources (PS3.18 8.3.5; PS3.4 N.2)."""

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

Window = tuple[float, float]


def render_frame(
    path: Path | str, frame_number: int = 1, window: Window | None = None, size: tuple[int, int] | None = None
) -> Image.Image:
    """Return the frame as an 8 bit grey (L) or RGB image.

    `window` is (centre, width) in the units of the modality LUT; without it the header's first VOI applies, else the
    range of the values. `size` is the largest (width, height): the aspect ratio stays, an image is never enlarged.
    Oblong pixels are made square. Raises what `FrameSource.decoded_array` raises.
    """
    return render(open_frames(path), frame_number, window, size)


def render(
    source: FrameSource, frame_number: int = 1, window: Window | None = None, size: tuple[int, int] | None = None
) -> Image.Image:
    array, photometric_interpretation = source.decoded_array(frame_number)
    with quietly():
        if photometric_interpretation == "PALETTE COLOR":
            array = apply_color_lut(array, source.dataset)
        if array.ndim == 3:
            image = Image.fromarray(_eight_bit_colour(array))
        else:
            image = Image.fromarray(_grey(array, source.dataset, frame_number, photometric_interpretation, window))
    image = _with_square_pixels(image, source.dataset)
    if size is not None:
        image.thumbnail(size, Image.Resampling.BILINEAR)
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
        window = (0.5, 1.0)
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
            return centres[0], widths[0]
    return None


def _range_window(values: NDArray[np.floating]) -> Window:
    low, high = np.percentile(values, (0.5, 99.5)) if values.size else (0.0, 1.0)
    if high <= low:
        low, high = float(values.min(initial=low)), float(values.max(initial=high))
    return float(low + high) / 2, max(float(high - low), 1e-6)


def _windowed(values: NDArray[np.floating], window: Window) -> NDArray[np.uint8]:
    """Apply the linear function of PS3.3 C.11.2.1.2.1, which puts the centre half a step lower."""
    centre, width = window
    if width > 1:
        centre, width = centre - 0.5, width - 1
    scaled = (values - np.float32(centre)) * np.float32(255 / max(width, 1e-6)) + np.float32(127.5)
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
