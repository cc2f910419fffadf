import base64
import json
import math
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from pacs_core.standards.dicom.errors import BulkDataNotFound
from pacs_core.standards.dicom.json_model import json_of, read_bulk_data, read_json
from pacs_core.standards.dicom.reading import quietly

from .dicom_files import error_of, real_file, real_files, small_dataset, write


def _whole_files() -> list[Path]:
    return [path for path in real_files() if error_of(lambda path=path: read_json(path)) is None]


@pytest.mark.parametrize("path", _whole_files(), ids=lambda path: path.name)
def test_every_file_gives_valid_json_whose_bulk_data_can_be_fetched(path: Path) -> None:
    uris: list[str] = []

    def uri(element_path: str) -> str:
        uris.append(element_path)
        return f"bulk/{element_path}"

    text = json.dumps(read_json(path, uri), allow_nan=False)
    with quietly():
        again = Dataset.from_json(text, lambda tag, vr, where: b"")
        original = pydicom.dcmread(path, stop_before_pixels=True)
    assert again.get("SOPInstanceUID") == original.get("SOPInstanceUID")
    assert str(again.get("PatientName")) == str(original.get("PatientName"))
    for element_path in uris:
        if element_path != "7FE00010":
            assert b"".join(read_bulk_data(path, element_path))


def test_pixels_are_a_bulk_data_uri_and_never_inline() -> None:
    model = read_json(real_file("MR_small.dcm"), lambda path: f"https://host/{path}")
    assert model["7FE00010"] == {"vr": "OW", "BulkDataURI": "https://host/7FE00010"}
    pixels = b"".join(read_bulk_data(real_file("MR_small.dcm"), "7FE00010"))
    assert pixels == pydicom.dcmread(real_file("MR_small.dcm")).PixelData


def test_palette_tables_are_inline_whatever_their_length() -> None:
    model = read_json(real_file("examples_palette.dcm"), lambda path: path)
    table = base64.b64decode(model["00281201"]["InlineBinary"])
    assert table == pydicom.dcmread(real_file("examples_palette.dcm")).RedPaletteColorLookupTableData


def test_big_endian_words_are_served_little_endian() -> None:
    little = b"".join(read_bulk_data(real_file("MR_small.dcm"), "7FE00010"))
    assert b"".join(read_bulk_data(real_file("MR_small_bigendian.dcm"), "7FE00010")) == little


def test_numbers_that_are_none_become_null(tmp_path: Path) -> None:
    content = write(tmp_path, small_dataset(WindowCenter=["10", "20"], SeriesNumber=3)).read_bytes()
    model = read_json(write(tmp_path, content.replace(b"10\\20 ", b"1x\\20 ")))
    assert model["00281050"]["Value"] == [None, 20.0]
    assert model["00200011"] == {"vr": "IS", "Value": [3]}
    dataset = Dataset()
    dataset.RealWorldValueSlope = math.nan
    dataset.RealWorldValueIntercept = math.inf
    assert json_of(dataset) == {"00409224": {"vr": "FD"}, "00409225": {"vr": "FD"}}


def test_names_are_divided_into_their_groups_and_text_is_utf8(tmp_path: Path) -> None:
    name = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    model = read_json(write(tmp_path, small_dataset(SpecificCharacterSet=["", "ISO 2022 IR 87"], PatientName=name)))
    expected = {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
    assert model["00100010"]["Value"] == [expected]
    assert model["00080005"]["Value"] == ["ISO_IR 192"]


def test_private_and_nested_values_keep_their_place(tmp_path: Path) -> None:
    inner = Dataset()
    inner.add_new(0x00091101, "OB", np.arange(2000, dtype=np.uint16).tobytes())
    inner.add_new(0x00090011, "LO", "TEST")
    dataset = small_dataset()
    dataset.add_new(0x00090010, "LO", "TEST")
    dataset.add_new(0x00091002, "SQ", [inner])
    path = write(tmp_path, dataset)
    model = read_json(path, lambda element_path: element_path)
    assert model["00091002"]["Value"][0]["00091101"] == {"vr": "OB", "BulkDataURI": "00091002/0/00091101"}
    assert b"".join(read_bulk_data(path, "00091002/0/00091101")) == inner[0x00091101].value


@pytest.mark.parametrize(
    "path", ["", "x", "00100010", "00091002/0", "00091002/0/00091101", "00091002/x/1", "FFFFFFFFF"]
)
def test_bulk_data_that_does_not_exist(path: str) -> None:
    with pytest.raises(BulkDataNotFound):
        read_bulk_data(real_file("MR_small.dcm"), path)
