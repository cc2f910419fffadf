"""CR radiographs and mammograms: projections on 12 bits."""

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pacs_core.standards.dicom.synthetic.anatomy import FIELD_OF_VIEW_MM, Ellipsoid, anatomy_of, region_of
from pacs_core.standards.dicom.synthetic.attributes import add_monochrome_pixels, base_dataset, code
from pacs_core.standards.dicom.synthetic.painting import Raster, paint_projection, smooth_noise
from pacs_core.standards.dicom.synthetic.spec import SyntheticStudySpec
from pacs_core.standards.dicom.synthetic.tissues import TISSUES

CR_IMAGE = "1.2.840.10008.5.1.4.1.1.1"
MG_IMAGE_FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.2"
_CR_SIZE = (1280, 1024)
_MG_SIZE = (1280, 1024)
# what a high kilovoltage does to bone, and enough heart and diaphragm to see their edges
_CHEST_WEIGHTS = {"skin": 0.75, "bone": 0.45, "marrow": 0.3, "soft": 0.6, "heart": 1.8, "liver": 4.0, "vessel": 3.0}
_MG_VIEWS = (("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO"))
_MG_VIEW_CODES = {"CC": ("399162004", "cranio-caudal"), "MLO": ("399368009", "medio-lateral oblique")}


def cr_study(spec: SyntheticStudySpec) -> Iterator[Dataset]:
    rng = np.random.default_rng(spec.random_seed)
    region = region_of(spec.body_part)
    width = _CR_SIZE[1]
    for index in range(spec.number_of_instances):
        image = _radiograph(spec, region, rng)
        dataset = base_dataset(
            spec, CR_IMAGE, 1, index + 1, f"{spec.body_part} {'AP' if index == 0 else 'additional view'}"
        )
        dataset.ImageType = ["ORIGINAL", "PRIMARY"]
        dataset.ViewPosition = "AP"
        dataset.PatientOrientation = ["L", "F"]
        dataset.AcquisitionDeviceProcessingDescription = "standard"
        dataset.PhotometricInterpretation = "MONOCHROME2"
        spacing = f"{FIELD_OF_VIEW_MM[region] / width:.4f}"
        dataset.ImagerPixelSpacing = [spacing, spacing]
        dataset.KVP = "110" if region == "CHEST" else "70"
        dataset.WindowCenter, dataset.WindowWidth = "2048", "3600"
        add_monochrome_pixels(dataset, image, bits_stored=12)
        yield dataset


def _radiograph(spec: SyntheticStudySpec, region: str, rng: np.random.Generator) -> np.ndarray:
    height, width = _CR_SIZE
    anatomy = anatomy_of(region, rng, spec.laterality)
    shapes = [shape for shape in anatomy if shape.tissue not in {"fat", "muscle"}]
    weights: dict[str, float] = {}
    if region == "CHEST":
        # the ribs of the cross section are columns; on the projection they are drawn as arches
        shapes = [shape for shape in shapes if not (shape.tissue == "bone" and abs(shape.x) > 0.1)]
        shapes.append(Ellipsoid("liver", 0.36, 0.02, -1.2, 0.36, 0.42, 0.48))
        weights = _CHEST_WEIGHTS
    density = paint_projection(shapes, height, width, lambda name: TISSUES[name].density * weights.get(name, 1.0))
    if region == "CHEST":
        density += _ribs(height, width)
    density += smooth_noise(rng, height, width, 14, 40, 120) * np.float32(0.012)
    low, high = np.percentile(density[::8, ::8], (2, 99.5))
    scaled = np.clip((density - low) / max(high - low, 1e-3), 0, 1.15) ** np.float32(0.8) * 3300 + 150
    scaled += rng.standard_normal((height, width), dtype=np.float32) * 22
    return np.clip(scaled, 0, 4095).astype(np.uint16)


def _ribs(height: int, width: int) -> Raster:
    """Draw ten pairs of arches, the posterior part falling outwards, and the clavicles."""
    x = np.abs((np.arange(width, dtype=np.float32) + 0.5) * (2.0 / width) - 1)
    y = (np.arange(height, dtype=np.float32) + 0.5) * (2.0 / height) - 1
    total = np.zeros((height, width), np.float32)
    for number in range(10):
        reach = 0.52 + 0.25 * np.sin(min(number + 2, 9) / 9 * np.pi / 2)
        centre_line = -0.86 + 0.155 * number + 0.3 * (x / reach) ** 2 - 0.08 * np.sin(np.pi * x / reach)
        visible = np.clip((reach - x) * 30, 0, 1) * np.clip((x - 0.07) * 25, 0, 1)
        first = max(int((centre_line.min() + 1 - 0.05) * height / 2), 0)
        last = min(int((centre_line[x < reach].max() + 1 + 0.05) * height / 2), height)
        distance = (y[first:last, None] - centre_line) / np.float32(0.024)
        total[first:last] += np.maximum(1 - distance * distance, 0) * visible * np.float32(0.14)
    clavicle = (y[:, None] + 0.78 + 0.12 * x) / np.float32(0.024)
    visible = np.clip((x - 0.08) * 25, 0, 1) * np.clip((0.62 - x) * 25, 0, 1)
    return total + np.maximum(1 - clavicle * clavicle, 0) * visible * np.float32(0.22)


def mg_study(spec: SyntheticStudySpec) -> Iterator[Dataset]:
    """Give the four standard views in turn, or the two of one side, each a series of its own."""
    rng = np.random.default_rng(spec.random_seed)
    views = [view for view in _MG_VIEWS if spec.laterality in ("", "B", view[0])]
    lesion_side = spec.laterality if spec.laterality in {"L", "R"} else str(rng.choice(["L", "R"]))
    for index in range(spec.number_of_instances):
        side, view = views[index % len(views)]
        dataset = base_dataset(spec, MG_IMAGE_FOR_PRESENTATION, index + 1, 1, f"{side} {view}")
        _add_mammography(dataset, side, view)
        image = _mammogram(rng, view, has_lesion=side == lesion_side)
        pixels = image if side == "L" else image[:, ::-1]
        add_monochrome_pixels(dataset, np.ascontiguousarray(pixels), bits_stored=12)
        yield dataset


def _mammogram(rng: np.random.Generator, view: str, has_lesion: bool) -> np.ndarray:
    """Draw a breast with the chest wall at the left edge."""
    height, width = _MG_SIZE
    x = ((np.arange(width, dtype=np.float32) + 0.5) / width)[None, :]
    y = ((np.arange(height, dtype=np.float32) + 0.5) * (2.0 / height) - 1)[:, None]
    if view == "MLO":
        y = y - 0.12
    radius = np.sqrt((x / 0.72) ** 2 + (y / (0.78 if view == "CC" else 0.84)) ** 2)
    thickness = np.sqrt(np.clip((1 - radius) * 6, 0, 1))
    gland = smooth_noise(rng, height, width, 7, 18, 45, 110, 260)
    spread = np.exp(-(((x - 0.33) / 0.22) ** 2) - (y / 0.42) ** 2)
    image = thickness * (900 + spread * (900 + 520 * gland) + 90 * gland)
    strands = np.abs(smooth_noise(rng, height, width, 30, 80))
    image += thickness * np.clip(0.12 - strands, 0, 1) * 1800
    nipple = np.exp(-(((x - 0.715) / 0.018) ** 2) - (y / 0.03) ** 2)
    image += 1300 * nipple
    if view == "MLO":
        muscle = np.clip((0.42 - x - (y + 1.12) * 0.34) * 40, 0, 1) * np.clip((0.6 - y) * 9, 0, 1)
        image += muscle * (1500 - image * 0.5)
    if has_lesion:
        where_x, where_y = rng.uniform(0.25, 0.45), rng.uniform(-0.3, 0.3)
        mass = np.exp(-((((x - where_x) / 0.035) ** 2 + ((y - where_y) / 0.05) ** 2) ** 2))
        image += mass * (1100 + 300 * gland) * (thickness > 0.5)
    image += rng.standard_normal((height, width), dtype=np.float32) * (8 + 14 * (thickness > 0))
    return np.clip(image, 0, 4095).astype(np.uint16)


def _add_mammography(dataset: Dataset, side: str, view: str) -> None:
    """Add what PS3.3 C.8.11.7 demands of a mammogram."""
    dataset.ImageType = ["ORIGINAL", "PRIMARY", ""]
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.BodyPartExamined = "BREAST"
    dataset.ImageLaterality = side
    dataset.ViewPosition = view
    dataset.PatientOrientation = (
        ["A", {"R": "L", "L": "R"}[side]] if view == "CC" else ["A", "FR" if side == "L" else "FL"]
    )
    if side == "R":
        dataset.PatientOrientation = ["P", dataset.PatientOrientation[1]]
    dataset.ViewCodeSequence = Sequence([code(_MG_VIEW_CODES[view][0], "SCT", _MG_VIEW_CODES[view][1])])
    dataset.ViewCodeSequence[0].ViewModifierCodeSequence = Sequence([])
    dataset.AnatomicRegionSequence = Sequence([code("76752008", "SCT", "Breast")])
    dataset.AcquisitionContextSequence = Sequence([])
    dataset.PositionerType = "MAMMOGRAPHIC"
    dataset.PositionerPrimaryAngle = "0" if view == "CC" else "45"
    dataset.OrganExposed = "BREAST"
    dataset.BreastImplantPresent = "NO"
    dataset.PartialView = "NO"
    dataset.DetectorType = "DIRECT"
    dataset.ImagerPixelSpacing = ["0.18", "0.18"]
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = 1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"
    dataset.PresentationLUTShape = "IDENTITY"
    dataset.LossyImageCompression = "00"
    dataset.BurnedInAnnotation = "NO"
    dataset.KVP = "28"
    dataset.BodyPartThickness = "52"
    dataset.CompressionForce = "110"
    dataset.WindowCenter, dataset.WindowWidth = "1750", "3300"
