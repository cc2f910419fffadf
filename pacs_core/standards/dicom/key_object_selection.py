"""Key object selections: which images of a study matter (PS3.3 A.35.4, TID 2010 of PS3.16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import groupby
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from pacs_core.standards.dicom.reading import quietly
from pacs_core.standards.dicom.rejection import KEY_OBJECT_SELECTION
from pacs_core.standards.dicom.uid import MERIDIAN_IMPLEMENTATION_CLASS_UID, MERIDIAN_IMPLEMENTATION_VERSION_NAME
from pacs_core.standards.dicom.writing import code_item, dataset_of

JsonObject = dict[str, Any]

# What tells patient and study, taken from an image of the study so that the selection is filed where the image is.
_OF_STUDY = """
00080020 00080030 00080050 00080051 00080090 00080201 00100010 00100020 00100021 00100030 00100040 0020000D 00200010
"""
_SERIES_NUMBER = 990


@dataclass(frozen=True)
class KeyReference:
    """An image that matters; `frame_number` is 0 for the whole instance."""

    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    frame_number: int = 0


def key_object_selection(
    *,
    image: JsonObject,
    references: Sequence[KeyReference],
    sop_instance_uid: str,
    series_instance_uid: str,
    observer: str,
    made_at: datetime,
) -> bytes:
    """Return a Part 10 file titled Of Interest; `image` is the metadata of any image of the study."""
    dataset = _of_study(image)
    dataset.update(
        dataset_of(
            {
                "SpecificCharacterSet": "ISO_IR 192",
                "SOPClassUID": KEY_OBJECT_SELECTION,
                "SOPInstanceUID": sop_instance_uid,
                "Modality": "KO",
                "Manufacturer": "Meridian",
                "SeriesInstanceUID": series_instance_uid,
                "SeriesNumber": _SERIES_NUMBER,
                "SeriesDescription": "Key images",
                "InstanceNumber": 1,
                "ReferencedPerformedProcedureStepSequence": [],
                "ContentDate": made_at.strftime("%Y%m%d"),
                "ContentTime": made_at.strftime("%H%M%S"),
                "ValueType": "CONTAINER",
                "ContinuityOfContent": "SEPARATE",
                "ConceptNameCodeSequence": [code_item("113000", "DCM", "Of Interest")],
                "ContentTemplateSequence": [dataset_of({"MappingResource": "DCMR", "TemplateIdentifier": "2010"})],
                "CurrentRequestedProcedureEvidenceSequence": [_evidence(dataset, references)],
                "ContentSequence": [*_observer(observer), *(_image(reference) for reference in references)],
            }
        )
    )
    return _part10(dataset)


def _of_study(image: JsonObject) -> Dataset:
    with quietly():
        known = Dataset.from_json({tag: image[tag] for tag in _OF_STUDY.split() if tag in image})
    empty = dataset_of(
        dict.fromkeys(("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID"))
    )
    empty.update(known)
    return empty


def _evidence(study: Dataset, references: Sequence[KeyReference]) -> Dataset:
    """Each instance once, by series (PS3.3 C.17.6.2)."""
    named = sorted({(one.series_instance_uid, one.sop_instance_uid, one.sop_class_uid) for one in references})
    series = [
        dataset_of(
            {
                "SeriesInstanceUID": uid,
                "ReferencedSOPSequence": [_reference(sop_class, instance) for _, instance, sop_class in instances],
            }
        )
        for uid, instances in groupby(named, key=lambda one: one[0])
    ]
    return dataset_of({"StudyInstanceUID": study.StudyInstanceUID, "ReferencedSeriesSequence": series})


def _observer(name: str) -> list[Dataset]:
    """The person observer (TID 1003), where there is one."""
    concept = [code_item("121008", "DCM", "Person Observer Name")]
    values = {"RelationshipType": "HAS OBS CONTEXT", "ValueType": "PNAME", "ConceptNameCodeSequence": concept}
    return [dataset_of({**values, "PersonName": name})] if name else []


def _image(reference: KeyReference) -> Dataset:
    named = _reference(reference.sop_class_uid, reference.sop_instance_uid)
    if reference.frame_number:
        named.update(dataset_of({"ReferencedFrameNumber": reference.frame_number}))
    return dataset_of({"RelationshipType": "CONTAINS", "ValueType": "IMAGE", "ReferencedSOPSequence": [named]})


def _reference(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    return dataset_of({"ReferencedSOPClassUID": sop_class_uid, "ReferencedSOPInstanceUID": sop_instance_uid})


def _part10(dataset: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = UID(KEY_OBJECT_SELECTION)
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.ImplementationClassUID = UID(MERIDIAN_IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = MERIDIAN_IMPLEMENTATION_VERSION_NAME
    dataset.file_meta = meta
    stream = BytesIO()
    with quietly():
        dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
