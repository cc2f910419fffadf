"""Small DICOM files and received instances for the archive's tests."""

import itertools
import warnings
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from hospitals.models import Hospital
from pacs_core.archive.errors import InstanceRefused
from pacs_core.archive.models import ReceivedInstance
from pacs_core.archive.services.index import index_study
from pacs_core.archive.services.receive import receive_instance
from tests.story import in_hospital

_serial = itertools.count(1)


def make_dataset(*, study: str = "2.25.1", series: int = 1, number: int = 1, **elements: Any) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = f"{study}.{series}.{number}"
    dataset.StudyInstanceUID = study
    dataset.SeriesInstanceUID = f"{study}.{series}"
    dataset.PatientID = "P1"
    dataset.PatientName = "ROE^RICHARD"
    dataset.Modality = "CT"
    dataset.SeriesNumber = series
    dataset.InstanceNumber = number
    dataset.StudyDate, dataset.StudyTime = "20260110", "093000"
    dataset.Rows = dataset.Columns = 2
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation, dataset.SamplesPerPixel = 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    with warnings.catch_warnings(action="ignore"):  # some tests want values that break their VR
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)
    dataset.PixelData = b"\x01\x02\x03\x04\x05\x06\x07\x08"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID or "2.25.9"
    return dataset


def spool(content: Dataset | bytes) -> Path:
    """Write a data set, or bytes as they are, where the network would."""
    path = settings.INCOMING_ROOT / f"test-{next(_serial)}.dcm"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content.save_as(path, enforce_file_format=True)
    return path


def receive(
    hospital: Hospital,
    content: Dataset | bytes | None = None,
    *,
    sender: str = "NORTH_CT",
    source: str = "dimse",
    **elements: Any,
) -> ReceivedInstance:
    path = spool(content if content is not None else make_dataset(**elements))
    with in_hospital(hospital):
        return receive_instance(spool_path=path, hospital_id=hospital.pk, calling_ae_title=sender, source=source)


def refused(hospital: Hospital, content: Dataset | bytes | None = None, **elements: Any) -> InstanceRefused:
    """Receive what is refused and return why; what was set aside stays, as at the edges."""
    path = spool(content if content is not None else make_dataset(**elements))
    with in_hospital(hospital), pytest.raises(InstanceRefused) as refusal:
        receive_instance(spool_path=path, hospital_id=hospital.pk, calling_ae_title="NORTH_CT", source="dimse")
    assert not path.exists()
    return refusal.value


def index_all(hospital: Hospital, study: str = "2.25.1") -> None:
    """Index like the task does: a run that took too long comes again."""
    while index_study(study_instance_uid=study, hospital_id=hospital.pk):
        pass
