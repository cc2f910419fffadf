"""Structured reports for tests: the parts of TID 1500 that a reader of measurements looks at."""

from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import EnhancedSRStorage

from pacs_core.archive.models import Instance, Study
from tests.pacs_core.network.dicomweb.archive import file_instance, make_dataset
from tests.story import in_hospital


def code(value: str, meaning: str, scheme: str = "DCM") -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def content(kind: str, *children: Dataset, concept: Dataset | None = None, **elements: Any) -> Dataset:
    """A content item of this value type."""
    item = Dataset()
    item.ValueType = kind
    if concept:
        item.ConceptNameCodeSequence = [concept]
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    if children:
        item.ContentSequence = list(children)
    return item


def number(name: str, value: float, unit: str, image: str, *, frame: int = 0) -> Dataset:
    """A measurement of a region of an image."""
    measured, reference = Dataset(), Dataset()
    measured.NumericValue = f"{value}"
    measured.MeasurementUnitsCodeSequence = [code(unit, unit, "UCUM")]
    reference.ReferencedSOPInstanceUID = image
    if frame:
        reference.ReferencedFrameNumber = frame
    region = content("SCOORD", content("IMAGE", ReferencedSOPSequence=[reference]))
    return content("NUM", region, concept=code("1", name), MeasuredValueSequence=[measured])


def group(*numbers: Dataset, finding: str = "", tracking: str = "Cornerstone3DTools@^0.1.0:Length") -> Dataset:
    """A measurement group (TID 1501), named as OHIF names its own."""
    name = content("TEXT", concept=code("112039", "Tracking Identifier"), TextValue=tracking)
    found = content("CODE", concept=code("121071", "Finding"), ConceptCodeSequence=[code("F", finding, "99X")])
    said = [name, found] if finding else [name]
    return content("CONTAINER", *said, *numbers, concept=code("125007", "Measurement Group"))


def file_report(study: Study, *groups: Dataset, number: int = 1, observer: str = "Roth^Ada") -> Instance:
    """File a measurement report as the study's second series."""
    measurements = content("CONTAINER", *groups, concept=code("126010", "Imaging Measurements"))
    who = content("PNAME", concept=code("121008", "Person Observer Name"), PersonName=observer)
    report = make_dataset(
        study_instance_uid=study.study_instance_uid,
        position=100 + number,
        SOPClassUID=EnhancedSRStorage,
        Modality="SR",
        ContentSequence=[who, measurements],
    )
    for keyword in ("PixelData", "Rows", "Columns"):
        delattr(report, keyword)
    with in_hospital(study.hospital):
        return file_instance(study.series.get(), report)
