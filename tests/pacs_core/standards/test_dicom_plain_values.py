"""Plain elements are read without pydicom's objects: the result is what pydicom's objects give."""

import json
from pathlib import Path
from typing import Any

import pydicom.data
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from pacs_core.standards.dicom import json_model, values
from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.header import header_of
from pacs_core.standards.dicom.reading import read_without_pixels

SHIPPED = sorted(path for path in Path(pydicom.data.__file__).parent.glob("test_files/*.dcm"))


def both_ways(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found = [read(path)]
    with monkeypatch.context() as through_pydicom:
        through_pydicom.setattr(json_model, "_plain_json", lambda raw: None)
        through_pydicom.setattr(values, "plain_texts", lambda dataset, keyword: None)
        found.append(read(path))
    return found


def read(path: Path) -> Any:
    try:
        dataset, layout = read_without_pixels(path)
        model = json_model.json_of(dataset, lambda element: element, is_little_endian=layout.is_little_endian)
        return model, header_of(*read_without_pixels(path))
    except DicomError as error:
        return str(error)


def test_every_shipped_file_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(SHIPPED) > 60
    for path in SHIPPED:
        plain, through_pydicom = both_ways(path, monkeypatch)
        assert plain == through_pydicom, path.name


@pytest.mark.parametrize(
    ("keyword", "vr", "content"),
    [
        ("InstanceNumber", "IS", b" 7 \\8 "),
        ("InstanceNumber", "IS", b"7.0 "),
        ("InstanceNumber", "IS", b"seven "),
        ("SliceThickness", "DS", b"1.5\\\\-2e3 "),
        ("SliceThickness", "DS", b"1e999 "),
        ("SliceThickness", "DS", b"1,5 "),
        ("PatientName", "PN", b"Doe^Jane^^=D\\Roe\0"),
        ("PatientName", "PN", b"D\xf6e^Jane "),
        ("StudyDescription", "LO", b" head\\ \\neck\x07 "),
        ("ImageComments", "LT", b"one\\two\r\nthree "),
        ("StudyDate", "DA", b"20261324"),
        ("SOPClassUID", "UI", b"1.2.3\0"),
        ("Rows", "US", b"\x01\x02\x03"),
        ("Rows", "US", b"\x01\x02\x03\x04"),
        ("TableTopPitchAngle", "FL", b"\x00\x00\xc0\x7f"),
        ("SpecificCharacterSet", "CS", b"ISO_IR 100"),
    ],
)
def test_odd_values_read_the_same(keyword: str, vr: str, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> Any:
        tag = BaseTag(tag_for_keyword(keyword) or 0)
        dataset = Dataset({tag: RawDataElement(tag, vr, len(content), content, 0, False, True)})
        lines = values.DatasetValues(dataset).lines(keyword)
        return lines, json.dumps(json_model.json_of(dataset))

    plain = found()
    monkeypatch.setattr(json_model, "_plain_json", lambda raw: None)
    monkeypatch.setattr(values, "plain_texts", lambda dataset, keyword: None)
    assert plain == found()
