"""Rejection notes for tests: key object selections with one of the titles of IHE RAD-66."""

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"


def make_note(*named: str, code: str = "113001", study: str = "2.25.1", number: int = 1) -> Dataset:
    """A note in series 900 of the study that names these instances of it."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = KEY_OBJECT_SELECTION, f"{study}.900.{number}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, f"{study}.900"
    dataset.PatientID, dataset.PatientName, dataset.Modality = "P1", "ROE^RICHARD", "KO"
    dataset.ContentDate, dataset.ContentTime, dataset.InstanceNumber = "20260110", "100000", number
    dataset.ValueType, dataset.ContinuityOfContent = "CONTAINER", "SEPARATE"
    title = Dataset()
    title.CodeValue, title.CodingSchemeDesignator, title.CodeMeaning = code, "DCM", "Rejected"
    dataset.ConceptNameCodeSequence = [title]
    evidence, series = Dataset(), Dataset()
    evidence.StudyInstanceUID, series.SeriesInstanceUID = study, f"{study}.1"
    series.ReferencedSOPSequence = [_reference(uid) for uid in named]
    evidence.ReferencedSeriesSequence = [series]
    dataset.CurrentRequestedProcedureEvidenceSequence = [evidence]
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = KEY_OBJECT_SELECTION
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def _reference(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", uid
    return item
