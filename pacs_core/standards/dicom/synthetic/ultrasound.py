"""Ultrasound images: a convex sector of speckle with an organ, cysts and a vessel."""

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pacs_core.standards.dicom.synthetic.attributes import add_rgb_pixels, base_dataset
from pacs_core.standards.dicom.synthetic.painting import Raster, smooth_noise
from pacs_core.standards.dicom.synthetic.spec import SyntheticStudySpec

US_IMAGE = "1.2.840.10008.5.1.4.1.1.6.1"
_HEIGHT, _WIDTH = 480, 640
_DEPTH_CM = 15.0


def us_study(spec: SyntheticStudySpec) -> Iterator[Dataset]:
    """Give 640 x 480 RGB images; every fourth shows flow in colour."""
    rng = np.random.default_rng(spec.random_seed)
    for index in range(spec.number_of_instances):
        dataset = base_dataset(spec, US_IMAGE, 1, index + 1, f"{spec.body_part} ultrasound")
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"]
        dataset.PatientOrientation = ["", ""]
        dataset.LossyImageCompression = "00"
        dataset.BurnedInAnnotation = "NO"
        dataset.TransducerData = ["C5-1", "", ""]
        dataset.SequenceOfUltrasoundRegions = Sequence([_region()])
        add_rgb_pixels(dataset, _image(rng, with_flow=index % 4 == 3))
        yield dataset


def _image(rng: np.random.Generator, with_flow: bool) -> np.ndarray:
    x = (np.arange(_WIDTH, dtype=np.float32)[None, :] - _WIDTH / 2) / _HEIGHT
    y = np.arange(_HEIGHT, dtype=np.float32)[:, None] / _HEIGHT
    apex = np.float32(-0.22)
    radius = np.hypot(x, y - apex)
    angle = np.arctan2(x, y - apex)
    depth = radius - np.float32(0.3)
    inside = (np.abs(angle) < 0.6) & (depth > 0) & (depth < 0.86)
    echo = _echo(rng, x, y, depth)
    echo *= _speckle(rng, angle, depth)
    grey = np.clip(echo * 255, 0, 255) * inside
    rgb = np.repeat(grey[:, :, None], 3, axis=2)
    if with_flow:
        vessel = (np.hypot((x - 0.08) / 0.16, (y - 0.62 - 0.15 * x) / 0.035) < 1) & inside
        velocity = np.clip(np.sin(x * 14) * 0.5 + 0.5, 0.15, 1)
        rgb[vessel] = np.stack([225 * velocity, 60 * velocity, 40 * (1 - velocity)], axis=-1).repeat(_HEIGHT, 0)[vessel]
    return rgb.astype(np.uint8)


def _echo(rng: np.random.Generator, x: Raster, y: Raster, depth: Raster) -> Raster:
    echo = np.full((_HEIGHT, _WIDTH), 0.46, np.float32) + smooth_noise(rng, _HEIGHT, _WIDTH, 6, 15) * np.float32(0.045)
    echo += np.float32(0.28) * np.exp(-((np.sin(depth * 75 + x * 3)) ** 2) * 8) * (depth < 0.14)
    organ = np.hypot((x + 0.04) / 0.36, (y - 0.52) / 0.26)
    echo = np.where(organ < 1, echo * 0.8, echo)
    echo += 0.3 * np.exp(-(((organ - 1) / 0.025) ** 2))
    for _ in range(int(rng.integers(1, 4))):
        where_x, where_y, size = rng.uniform(-0.22, 0.2), rng.uniform(0.4, 0.62), rng.uniform(0.025, 0.06)
        cyst = np.hypot((x - where_x) / size, (y - where_y) / (size * 0.85))
        # fluid weakens sound less, so the tissue behind a cyst is brighter
        echo *= 1 + 0.45 * ((np.abs(x - where_x) < size * 0.8) & (y > where_y))
        echo = np.where(cyst < 1, 0.03, echo + 0.2 * np.exp(-(((cyst - 1.06) / 0.07) ** 2)))
    return np.maximum(echo * np.exp(-0.7 * depth), 0).astype(np.float32)


def _speckle(rng: np.random.Generator, angle: Raster, depth: Raster) -> Raster:
    """Return Rayleigh-like speckle that widens with depth, as beams do."""
    field = np.hypot(
        rng.standard_normal((420, 260), dtype=np.float32), rng.standard_normal((420, 260), dtype=np.float32)
    )
    rows = np.clip(depth * 480, 0, 419).astype(np.intp)
    columns = np.clip((angle + 0.65) * 199, 0, 259).astype(np.intp)
    return (0.35 + 0.55 * field)[rows, columns]


def _region() -> Dataset:
    """Return the calibration of the whole image (PS3.3 C.8.5.5): 2D tissue, in cm."""
    region = Dataset()
    region.RegionSpatialFormat = 1
    region.RegionDataType = 1
    region.RegionFlags = 0
    region.RegionLocationMinX0 = region.RegionLocationMinY0 = 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = _WIDTH - 1, _HEIGHT - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = _DEPTH_CM / _HEIGHT
    return region
