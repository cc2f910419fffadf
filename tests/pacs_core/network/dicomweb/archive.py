"""Studies with real files in the archive, as the indexer would have filed them."""

from __future__ import annotations

import itertools
from datetime import timedelta
from io import BytesIO
from typing import Any

import numpy as np
from django.utils import timezone
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from hospitals.models import Hospital, User
from pacs_core.archive.files import sha256_of_dataset, stored_path
from pacs_core.archive.models import Instance, Patient, Series, Study, ViewingGrant
from pacs_core.standards.dicom.json_model import read_json
from tests.story import in_hospital, make_patient

_serial = itertools.count(1)


def make_dataset(
    *,
    study_instance_uid: str,
    position: int = 1,
    frames: int = 1,
    syntax: str = ExplicitVRLittleEndian,
    compress: bool = False,
    **elements: Any,
) -> Dataset:
    """A small CT (or with more frames a secondary capture) whose pixels differ from frame to frame."""
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage if frames == 1 else SecondaryCaptureImageStorage
    dataset.StudyInstanceUID = study_instance_uid
    dataset.SeriesInstanceUID = f"{study_instance_uid}.1"
    dataset.SOPInstanceUID = f"{study_instance_uid}.1.{position}"
    dataset.PatientID, dataset.PatientName, dataset.Modality = "P1", "Müller^Jürgen", "CT"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.StudyID, dataset.SeriesNumber, dataset.InstanceNumber = "S7", 1, position
    dataset.Rows, dataset.Columns, dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 24, 16, 12, 11
    dataset.PixelRepresentation, dataset.SamplesPerPixel = 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    if frames > 1:
        dataset.NumberOfFrames = frames
    pixels = pixels_of(position, frames)
    dataset.PixelData = (pixels.byteswap() if syntax == ExplicitVRBigEndian else pixels).tobytes()
    dataset["PixelData"].VR = "OW"
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if compress else syntax
    if compress:
        dataset.compress(syntax, generate_instance_uid=False)
    return dataset


def pixels_of(position: int = 1, frames: int = 1) -> np.ndarray:
    values = np.arange(frames * 16 * 24, dtype="<u2").reshape(frames, 16, 24)
    return (values * 7 + position * 13) % 4096


def part10(dataset: Dataset) -> bytes:
    stream = BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def file_study(hospital: Hospital, *, images: int = 1, patient: Patient | None = None, **options: Any) -> Study:
    """A study with rows and files; `options` go to make_dataset."""
    patient = patient or make_patient(hospital)
    uid = f"2.25.77{hospital.pk}{next(_serial):05}"
    with in_hospital(hospital):
        study = Study.objects.create(
            hospital=hospital,
            patient=patient,
            study_instance_uid=uid,
            accession_number=f"ACC{next(_serial)}",
            study_at=timezone.now(),
            description="CT head",
            modalities=["CT"],
            number_of_series=1,
            number_of_instances=images,
        )
        series = Series.objects.create(
            hospital=hospital,
            study=study,
            series_instance_uid=f"{uid}.1",
            modality="CT",
            series_number=1,
            number_of_instances=images,
        )
        for position in range(1, images + 1):
            file_instance(series, make_dataset(study_instance_uid=uid, position=position, **options))
    return study


def file_instance(series: Series, dataset: Dataset) -> Instance:
    """Write the file and its row; call inside the hospital's scope."""
    content = part10(dataset)
    relative_path = f"{series.hospital_id}/{dataset.SOPInstanceUID}.dcm"
    path = stored_path(relative_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    base = f"studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}/instances/{dataset.SOPInstanceUID}"
    metadata = read_json(path, lambda element: f"{base}/bulkdata/{element}")
    return Instance.objects.create(
        hospital=series.hospital,
        series=series,
        sop_instance_uid=dataset.SOPInstanceUID,
        sop_class_uid=dataset.SOPClassUID,
        transfer_syntax_uid=dataset.file_meta.TransferSyntaxUID,
        instance_number=dataset.InstanceNumber,
        number_of_frames=dataset.get("NumberOfFrames", 1),
        rows=dataset.get("Rows"),
        columns=dataset.get("Columns"),
        file_path=relative_path,
        size_bytes=len(content),
        sha256=sha256_of_dataset(path),
        metadata=metadata,
        received_at=timezone.now(),
    )


def make_grant(user: User, *studies: Study, minutes: int = 60, key: str = "") -> ViewingGrant:
    with in_hospital(studies[0].hospital):
        return ViewingGrant.objects.create(
            hospital=studies[0].hospital,
            key=key or f"key{next(_serial):040}",
            user=user,
            study_ids=[study.pk for study in studies],
            purpose="reading",
            expires_at=timezone.now() + timedelta(minutes=minutes),
        )
