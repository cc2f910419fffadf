"""Small DICOM files for the tests of the standards."""

from collections.abc import Callable
from pathlib import Path

from pydicom.data import get_testdata_file, get_testdata_files
from pydicom.dataset import Dataset, FileMetaDataset

from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.reading import quietly
from pacs_core.standards.dicom.synthetic.study import part10_bytes
from pacs_core.standards.dicom.uid import uid_of_name


def real_file(name: str) -> Path:
    return Path(str(get_testdata_file(name, download=False)))


def real_files() -> list[Path]:
    return sorted(Path(name) for name in get_testdata_files() if Path(name).is_file())


def small_dataset(**values: object) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = uid_of_name("test", "instance")
    dataset.StudyInstanceUID = uid_of_name("test", "study")
    dataset.SeriesInstanceUID = uid_of_name("test", "series")
    dataset.Modality = "OT"
    with quietly():
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
    return dataset


def write(directory: Path, content: bytes | Dataset, name: str = "instance.dcm") -> Path:
    path = directory / name
    with quietly():
        path.write_bytes(content if isinstance(content, bytes) else part10_bytes(content))
    return path


def error_of(action: Callable[[], object]) -> DicomError | None:
    """Return the named error of an action; any other exception fails the test."""
    try:
        action()
    except DicomError as error:
        return error
    return None
