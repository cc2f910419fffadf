"""An instance's DICOM JSON (PS3.18 F) as WADO-RS metadata needs it: complete but for bulk data."""

from pydicom.dataset import Dataset

from pacs_core.standards.dicom.header import InstanceHeader
from pacs_core.standards.dicom.json_model import JsonObject, json_of
from pacs_core.standards.dicom.structure import UNDEFINED, DatasetLayout

_PIXEL_VRS = frozenset({"OB", "OD", "OF", "OW"})


def metadata_of(dataset: Dataset, layout: DatasetLayout, header: InstanceHeader) -> JsonObject:
    """Return the JSON model; each BulkDataURI is relative to the DICOMweb root (`studies/...`)."""
    instance = (
        f"studies/{header.study_instance_uid}/series/{header.series_instance_uid}/instances/{header.sop_instance_uid}"
    )

    def bulk_data_uri(element_path: str) -> str:
        return f"{instance}/bulkdata/{element_path}"

    model = json_of(dataset, bulk_data_uri, is_little_endian=layout.is_little_endian)
    pixels = layout.pixel_data
    if pixels is not None:
        # Encapsulated pixel data is OB whatever is in it (PS3.5 A.4).
        vr = "OB" if pixels.length == UNDEFINED else pixels.vr
        tag = f"{pixels.tag:08X}"
        model[tag] = {"vr": vr if vr in _PIXEL_VRS else "OW", "BulkDataURI": bulk_data_uri(tag)}
    return model
