"""Attributes of every synthetic instance: patient, study, series, equipment, image plane, pixels (PS3.3 C.7)."""

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence

from pacs_core.standards.dicom.structure import EXPLICIT_VR_LITTLE_ENDIAN
from pacs_core.standards.dicom.synthetic.spec import SyntheticStudySpec
from pacs_core.standards.dicom.uid import (
    MERIDIAN_IMPLEMENTATION_CLASS_UID,
    MERIDIAN_IMPLEMENTATION_VERSION_NAME,
    uid_of_name,
)

_PRIORITY_WORDS = {"stat": "STAT", "urgent": "HIGH", "routine": "ROUTINE"}


def code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def base_dataset(
    spec: SyntheticStudySpec, sop_class_uid: str, series_number: int, instance_number: int, series_description: str
) -> Dataset:
    """Return a data set with file meta, patient, study, series and equipment; text is UTF-8."""
    study_instance_uid = spec.effective_study_instance_uid
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = sop_class_uid
    dataset.SOPInstanceUID = uid_of_name("instance", study_instance_uid, series_number, instance_number)
    dataset.InstanceNumber = instance_number
    _add_patient(dataset, spec)
    _add_study(dataset, spec, study_instance_uid)
    dataset.Modality = spec.modality
    dataset.SeriesInstanceUID = uid_of_name("series", study_instance_uid, series_number)
    dataset.SeriesNumber = series_number
    dataset.SeriesDescription = series_description
    dataset.SeriesDate = dataset.StudyDate
    dataset.SeriesTime = dataset.StudyTime
    dataset.BodyPartExamined = spec.body_part
    dataset.PatientPosition = "HFS"
    if spec.laterality and spec.modality != "MG":
        dataset.Laterality = spec.laterality
    dataset.Manufacturer = "Meridian"
    dataset.ManufacturerModelName = f"Synthetic {spec.modality}"
    dataset.DeviceSerialNumber = "0001"
    dataset.SoftwareVersions = "1"
    dataset.InstitutionName = spec.institution_name
    dataset.StationName = spec.station_name
    dataset.file_meta = _file_meta(dataset)
    return dataset


def _add_patient(dataset: Dataset, spec: SyntheticStudySpec) -> None:
    dataset.PatientName = spec.patient_name
    dataset.PatientID = spec.patient_id
    dataset.IssuerOfPatientID = spec.issuer_of_patient_id
    dataset.PatientBirthDate = spec.birth_date.strftime("%Y%m%d") if spec.birth_date else ""
    dataset.PatientSex = spec.sex
    if spec.birth_date:
        studied = spec.study_at.date()
        had_birthday = (studied.month, studied.day) >= (spec.birth_date.month, spec.birth_date.day)
        years = studied.year - spec.birth_date.year - (not had_birthday)
        dataset.PatientAge = f"{min(max(years, 0), 999):03d}Y"


def _add_study(dataset: Dataset, spec: SyntheticStudySpec, study_instance_uid: str) -> None:
    dataset.StudyInstanceUID = study_instance_uid
    dataset.StudyDate = dataset.ContentDate = dataset.AcquisitionDate = spec.study_at.strftime("%Y%m%d")
    dataset.StudyTime = dataset.ContentTime = dataset.AcquisitionTime = spec.study_at.strftime("%H%M%S")
    dataset.StudyID = spec.accession_number[:16]
    dataset.AccessionNumber = spec.accession_number
    dataset.ReferringPhysicianName = spec.referring_physician_name
    dataset.StudyDescription = spec.study_description
    if spec.issuer_of_accession_number:
        issuer = Dataset()
        issuer.LocalNamespaceEntityID = spec.issuer_of_accession_number
        dataset.IssuerOfAccessionNumberSequence = Sequence([issuer])
    if spec.utc_offset_minutes is not None:
        sign = "-" if spec.utc_offset_minutes < 0 else "+"
        hours, minutes = divmod(abs(spec.utc_offset_minutes), 60)
        dataset.TimezoneOffsetFromUTC = f"{sign}{hours:02d}{minutes:02d}"
    if spec.priority:
        dataset.RequestedProcedurePriority = _PRIORITY_WORDS[spec.priority]


def _file_meta(dataset: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = EXPLICIT_VR_LITTLE_ENDIAN
    meta.ImplementationClassUID = MERIDIAN_IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = MERIDIAN_IMPLEMENTATION_VERSION_NAME
    return meta


def add_monochrome_pixels(dataset: Dataset, pixels: NDArray[np.generic], bits_stored: int = 16) -> None:
    """Add a (rows, columns) array of int16 or uint16 as MONOCHROME2."""
    signed = pixels.dtype == np.int16
    if not signed and pixels.dtype != np.uint16:
        raise ValueError(f"Pixels of type {pixels.dtype}. Maybe int16 or uint16 was meant.")
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated = 16
    dataset.BitsStored = bits_stored
    dataset.HighBit = bits_stored - 1
    dataset.PixelRepresentation = int(signed)
    dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()
    dataset["PixelData"].VR = "OW"


def add_rgb_pixels(dataset: Dataset, pixels: NDArray[np.uint8]) -> None:
    """Add a (rows, columns, 3) array as RGB by pixel; an odd length is padded (PS3.5 8.1.1)."""
    dataset.SamplesPerPixel = 3
    dataset.PhotometricInterpretation = "RGB"
    dataset.PlanarConfiguration = 0
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    raw = pixels.tobytes()
    dataset.PixelData = raw + b"\0" * (len(raw) % 2)
    dataset["PixelData"].VR = "OB"


def add_plane(
    dataset: Dataset, spec: SyntheticStudySpec, *, field_of_view_mm: float, size: int, z_mm: float, thickness_mm: float
) -> None:
    """Add the image plane module (PS3.3 C.7.6.2) of an axial slice, centred on the patient's axis."""
    spacing = field_of_view_mm / size
    corner = -field_of_view_mm / 2 + spacing / 2
    dataset.FrameOfReferenceUID = uid_of_name("frame of reference", spec.effective_study_instance_uid)
    dataset.PositionReferenceIndicator = ""
    dataset.ImagePositionPatient = [_decimal(corner), _decimal(corner), _decimal(z_mm)]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = [_decimal(spacing), _decimal(spacing)]
    dataset.SliceThickness = _decimal(thickness_mm)
    dataset.SpacingBetweenSlices = _decimal(thickness_mm)
    dataset.SliceLocation = _decimal(z_mm)


def _decimal(number: float) -> str:
    """Write a DS of at most 16 characters (PS3.5 6.2)."""
    return f"{number:.5f}".rstrip("0").rstrip(".")
