"""CT, MR and PET studies: stacks of axial slices through one anatomy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pacs_core.standards.dicom.synthetic.anatomy import EXTENT_MM, FIELD_OF_VIEW_MM, Ellipsoid, anatomy_of, region_of
from pacs_core.standards.dicom.synthetic.attributes import add_monochrome_pixels, add_plane, base_dataset, code
from pacs_core.standards.dicom.synthetic.painting import Raster, paint_slice, smooth_noise
from pacs_core.standards.dicom.synthetic.spec import SyntheticStudySpec
from pacs_core.standards.dicom.synthetic.tissues import TISSUES

CT_IMAGE, MR_IMAGE, PET_IMAGE = (f"1.2.840.10008.5.1.4.1.1.{suffix}" for suffix in ("2", "4", "128"))
_WINDOWS = {"HEAD": (40, 80), "CHEST": (40, 400), "ABDOMEN": (50, 350), "KNEE": (300, 1500)}


@dataclass(frozen=True)
class _Stack:
    """What all slices of a study share; `grain` is fine noise of unit amplitude, shifted from slice to slice."""

    spec: SyntheticStudySpec
    region: str
    size: int
    shapes: list[Ellipsoid]
    texture: Raster
    grain: Raster

    def place(self, index: int, count: int) -> tuple[float, float, float]:
        """Return (z from -1 to 1, z in mm, thickness in mm) of a slice, feet first."""
        extent = EXTENT_MM[self.region]
        thickness = extent / count
        z_mm = -extent / 2 + (index + 0.5) * thickness
        return 2 * z_mm / extent, z_mm, thickness

    def paint(self, z: float, index: int, value_of: Callable[[str], float], uneven: float, noise: float) -> Raster:
        texture = np.roll(self.texture, index * 3, axis=1) * np.float32(uneven)
        image = paint_slice(self.shapes, z, self.size, value_of, texture)
        image += np.roll(self.grain, (index * 97, index * 53), axis=(0, 1)) * np.float32(noise)
        return image


def _stack(spec: SyntheticStudySpec, size: int) -> _Stack:
    rng = np.random.default_rng(spec.random_seed)
    region = region_of(spec.body_part)
    shapes = anatomy_of(region, rng, spec.laterality)
    grain = rng.standard_normal((size, size), dtype=np.float32)
    return _Stack(spec, region, size, shapes, smooth_noise(rng, size, size, 24, 60), grain)


def _series_lengths(total: int, series: int) -> list[int]:
    return [total // series + (number < total % series) for number in range(series)]


def ct_study(spec: SyntheticStudySpec) -> Iterator[Dataset]:
    """Give 512 x 512 slices in HU (stored with intercept -1024)."""
    stack = _stack(spec, 512)
    centre, width = _WINDOWS[stack.region]
    for index in range(spec.number_of_instances):
        z, z_mm, thickness = stack.place(index, spec.number_of_instances)
        image = stack.paint(z, index, lambda name: TISSUES[name].hounsfield, 4, 9)
        dataset = base_dataset(spec, CT_IMAGE, 1, index + 1, f"{spec.body_part} axial {thickness:.1f} mm")
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.KVP = "120"
        dataset.XRayTubeCurrent = 180
        dataset.ConvolutionKernel = "STANDARD"
        dataset.AcquisitionNumber = 1
        add_plane(
            dataset,
            spec,
            field_of_view_mm=FIELD_OF_VIEW_MM[stack.region],
            size=stack.size,
            z_mm=z_mm,
            thickness_mm=thickness,
        )
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "-1024", "1", "HU"
        dataset.WindowCenter, dataset.WindowWidth = str(centre), str(width)
        add_monochrome_pixels(dataset, np.clip(image + 1024, 0, 4095).astype(np.uint16), bits_stored=12)
        yield dataset


def mr_study(spec: SyntheticStudySpec) -> Iterator[Dataset]:
    """Give a T1 and, from four instances on, a T2 series of 256 x 256 slices."""
    stack = _stack(spec, 256)
    weightings = ["T1", "T2"] if spec.number_of_instances >= 4 else ["T2"]
    lengths = _series_lengths(spec.number_of_instances, len(weightings))
    for series_number, (weighting, count) in enumerate(zip(weightings, lengths, strict=True), 1):
        for index in range(count):
            z, z_mm, thickness = stack.place(index, count)
            image = stack.paint(z, index, _signal_of(weighting), 14, 11)
            dataset = base_dataset(spec, MR_IMAGE, series_number, index + 1, f"{weighting} axial {spec.body_part}")
            _add_mr_acquisition(dataset, weighting)
            add_plane(
                dataset,
                spec,
                field_of_view_mm=FIELD_OF_VIEW_MM[stack.region],
                size=stack.size,
                z_mm=z_mm,
                thickness_mm=thickness,
            )
            dataset.WindowCenter, dataset.WindowWidth = ("420", "880") if weighting == "T1" else ("480", "1000")
            add_monochrome_pixels(dataset, np.clip(np.abs(image), 0, 4095).astype(np.uint16), bits_stored=16)
            yield dataset


def _signal_of(weighting: str) -> Callable[[str], float]:
    return lambda name: TISSUES[name].t1 if weighting == "T1" else TISSUES[name].t2


def _add_mr_acquisition(dataset: Dataset, weighting: str) -> None:
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "SE"]
    dataset.ScanningSequence = "SE"
    dataset.SequenceVariant = "SK"
    dataset.ScanOptions = ""
    dataset.MRAcquisitionType = "2D"
    dataset.RepetitionTime, dataset.EchoTime = ("500", "12") if weighting == "T1" else ("4000", "95")
    dataset.EchoTrainLength = 1
    dataset.MagneticFieldStrength = "1.5"
    dataset.FlipAngle = "90"
    dataset.ProtocolName = f"{weighting} spin echo"


def pet_study(spec: SyntheticStudySpec) -> Iterator[Dataset]:
    """Give 144 x 144 slices in Bq/ml with what SUV by body weight needs (PS3.3 C.8.9)."""
    stack = _stack(spec, 144)
    becquerel_per_suv = 370e6 * 2 ** (-60 / 109.77) / 70_000
    for index in range(spec.number_of_instances):
        z, z_mm, thickness = stack.place(index, spec.number_of_instances)
        suv = stack.paint(z, index, lambda name: TISSUES[name].suv, 0.05, 0.0)
        suv *= 1 + 0.12 * np.roll(stack.grain, index * 31, axis=0)
        suv = _blur(np.maximum(suv, 0))
        dataset = base_dataset(spec, PET_IMAGE, 1, index + 1, f"{spec.body_part} FDG attenuation corrected")
        _add_pet_acquisition(dataset, spec, index)
        add_plane(
            dataset,
            spec,
            field_of_view_mm=FIELD_OF_VIEW_MM[stack.region],
            size=stack.size,
            z_mm=z_mm,
            thickness_mm=thickness,
        )
        slope = 2.5
        dataset.RescaleIntercept, dataset.RescaleSlope = "0", str(slope)
        dataset.WindowCenter = f"{becquerel_per_suv * 3.5:.1f}"
        dataset.WindowWidth = f"{becquerel_per_suv * 7:.1f}"
        stored = np.clip(suv * np.float32(becquerel_per_suv / slope), 0, 32767)
        add_monochrome_pixels(dataset, stored.astype(np.int16))
        yield dataset


def _blur(image: Raster) -> Raster:
    """Average over 3 x 3 twice: a PET image resolves about 6 mm."""
    for _ in range(2):
        for axis in (0, 1):
            image = (np.roll(image, 1, axis) + image + np.roll(image, -1, axis)) / np.float32(3)
    return image


def _add_pet_acquisition(dataset: Dataset, spec: SyntheticStudySpec, index: int) -> None:
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.SeriesType = ["WHOLE BODY", "IMAGE"]
    dataset.Units = "BQML"
    dataset.CountsSource = "EMISSION"
    dataset.DecayCorrection = "START"
    dataset.CorrectedImage = ["ATTN", "DECY", "SCAT", "RAN", "NORM"]
    dataset.CollimatorType = "NONE"
    dataset.NumberOfSlices = spec.number_of_instances
    dataset.ImageIndex = index + 1
    dataset.FrameReferenceTime = "0"
    dataset.ActualFrameDuration = 120000
    dataset.DecayFactor = "1"
    dataset.AttenuationCorrectionMethod = "CT"
    dataset.PatientWeight = "70"
    dataset.PatientSize = "1.75"
    tracer = Dataset()
    tracer.Radiopharmaceutical = "FDG"
    start = (spec.study_at.hour - 1) % 24
    tracer.RadiopharmaceuticalStartTime = f"{start:02d}{spec.study_at:%M%S}"
    tracer.RadionuclideTotalDose = "370000000"
    tracer.RadionuclideHalfLife = "6586.2"
    tracer.RadionuclidePositronFraction = "0.97"
    tracer.RadionuclideCodeSequence = Sequence([code("C-111A1", "SRT", "^18^Fluorine")])
    dataset.RadiopharmaceuticalInformationSequence = Sequence([tracer])
    dataset.PatientOrientationCodeSequence = Sequence([code("102538003", "SCT", "recumbent")])
    dataset.PatientGantryRelationshipCodeSequence = Sequence([code("102540008", "SCT", "headfirst")])
