"""Synthetic CT images for the benchmark: one encoded file a size, copied with other UIDs of the same length."""

from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path
from random import Random
from uuid import uuid4

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

# Pixels a side -> a file of 33 kB, one of 525 kB.
SMALL, LARGE = 128, 512
# No component of a UID begins with 0 (PS3.5 9.1).
_ROOT = f"2.25.1{int(uuid4().hex[:12], 16):015d}"
_serial = count(1)


@dataclass(frozen=True)
class StudyFiles:
    """One series of encoded files."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uids: list[str]
    contents: list[bytes]

    @property
    def size_bytes(self) -> int:
        return sum(len(content) for content in self.contents)

    def write(self, folder: Path) -> Path:
        """Write the files into a new folder below `folder`; return it."""
        place = folder / self.study_instance_uid
        place.mkdir(parents=True)
        for uid, content in zip(self.sop_instance_uids, self.contents, strict=True):
            (place / f"{uid}.dcm").write_bytes(content)
        return place


def make_study(*, instances: int, pixels: int, study_date: str = "20260301") -> StudyFiles:
    """Make a study of one series; every UID is new in this process."""
    serial = next(_serial)
    study, series = (f"{_ROOT}.{kind}.9{serial:08d}" for kind in (1, 2))
    uids = [f"{_ROOT}.3.9{serial:08d}.9{number:06d}" for number in range(1, instances + 1)]
    template = _encoded(pixels)
    replaced = (
        template.replace(_placeholder(1), study.encode())
        .replace(_placeholder(2), series.encode())
        .replace(b"PATIENT00000000", f"PATIENT{serial:08d}".encode())
        .replace(b"20260301", study_date.encode())
    )
    marked = _placeholder(3) + b".9000000"
    contents = [
        replaced.replace(marked, uid.encode()).replace(b"000777", f"{number:06d}".encode())
        for number, uid in enumerate(uids, start=1)
    ]
    return StudyFiles(study, series, uids, contents)


def _placeholder(kind: int) -> bytes:
    return f"{_ROOT}.{kind}.900000000".encode()


_kept: dict[int, bytes] = {}


def _encoded(pixels: int) -> bytes:
    if pixels not in _kept:
        _kept[pixels] = _encode(pixels)
    return _kept[pixels]


def _encode(pixels: int) -> bytes:
    """Encode an image whose UIDs and numbers are placeholders; its pixels do not compress."""
    dataset = Dataset()
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, f"{_placeholder(3).decode()}.9000000"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = _placeholder(1).decode(), _placeholder(2).decode()
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = "20260301"
    dataset.StudyTime = dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = "101500.000000"
    dataset.AccessionNumber, dataset.Modality, dataset.Manufacturer = "ACC1", "CT", "Meridian bench"
    dataset.ReferringPhysicianName, dataset.StudyDescription = "REFERRER^ANNA", "CT head without contrast"
    dataset.SeriesDescription, dataset.ManufacturerModelName = "AXIAL 1.0 B30", "SYNTHETIC"
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "BENCH^SYNTHETIC", "PATIENT00000000", "19700102"
    dataset.PatientSex, dataset.PatientAge, dataset.BodyPartExamined = "F", "056Y", "HEAD"
    dataset.ScanOptions, dataset.SliceThickness, dataset.KVP = "HELICAL", "1.0", "120"
    dataset.DataCollectionDiameter, dataset.SoftwareVersions, dataset.ProtocolName = "500", "1.0", "HeadRoutine"
    dataset.ReconstructionDiameter, dataset.DistanceSourceToDetector = "250", "1085.6"
    dataset.GantryDetectorTilt, dataset.TableHeight, dataset.RotationDirection = "0", "150", "CW"
    dataset.ExposureTime, dataset.XRayTubeCurrent, dataset.Exposure = "1000", "220", "220"
    dataset.FilterType, dataset.GeneratorPower, dataset.FocalSpots = "0", "26", "1.2"
    dataset.ConvolutionKernel, dataset.PatientPosition = "B30f", "HFS"
    dataset.StudyID, dataset.SeriesNumber, dataset.AcquisitionNumber = "1", "2", "1"
    dataset.InstanceNumber = "000777"
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [-125, -125, 0], [1, 0, 0, 0, 1, 0]
    dataset.FrameOfReferenceUID, dataset.SliceLocation = f"{_ROOT}.4", "0"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = pixels
    dataset.PixelSpacing, dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = [0.5, 0.5], 16, 12, 11
    dataset.PixelRepresentation, dataset.WindowCenter, dataset.WindowWidth = 0, "40", "80"
    dataset.RescaleIntercept, dataset.RescaleSlope = "-1024", "1"
    dataset.PixelData = Random(pixels).randbytes(pixels * pixels * 2)
    dataset["PixelData"].VR = "OW"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    stream = BytesIO()
    FileDataset(stream, dataset, preamble=b"\0" * 128, file_meta=meta).save_as(stream, enforce_file_format=True)
    return stream.getvalue()
