"""Synthetic studies as data sets and as Part 10 files."""

from collections.abc import Callable, Iterator
from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite

from pacs_core.standards.dicom.synthetic.cross_sections import ct_study, mr_study, pet_study
from pacs_core.standards.dicom.synthetic.radiographs import cr_study, mg_study
from pacs_core.standards.dicom.synthetic.spec import SyntheticModality, SyntheticStudySpec
from pacs_core.standards.dicom.synthetic.ultrasound import us_study

_STUDIES: dict[SyntheticModality, Callable[[SyntheticStudySpec], Iterator[Dataset]]] = {
    "CT": ct_study,
    "MR": mr_study,
    "MG": mg_study,
    "US": us_study,
    "CR": cr_study,
    "PT": pet_study,
}


def synthetic_study(spec: SyntheticStudySpec) -> Iterator[Dataset]:
    """Give the study's instances one at a time, each with `file_meta` (Explicit VR Little Endian)."""
    return _STUDIES[spec.modality](spec)


def part10_bytes(dataset: Dataset) -> bytes:
    """Write a data set with `file_meta` as a DICOM file (PS3.10)."""
    stream = BytesIO()
    dcmwrite(stream, dataset, enforce_file_format=True)
    return stream.getvalue()
