"""The Native DICOM Model and back."""

from pathlib import Path

import pytest

from pacs_core.standards.dicom.errors import DicomError, UnreadableDataset
from pacs_core.standards.dicom.json_model import read_json
from pacs_core.standards.dicom.xml_model import NAMESPACE, json_of_xml, xml_of

from .dicom_files import real_files


def model_of(path: Path) -> dict | None:
    try:
        return read_json(path, lambda element: f"bulk/{element}")
    except DicomError:
        return None


def normal(model: dict) -> dict:
    """What XML does not tell apart: empty values, trailing empty parts of a name, control characters."""
    plain = {}
    for tag, element in model.items():
        values = [one for one in element.get("Value", []) if one not in (None, "", {})]
        if element["vr"] == "SQ":
            values = [normal(item) for item in element.get("Value", [])]
        elif element["vr"] == "PN":
            values = [{kind: "^".join(text.split("^")[:5]).rstrip("^") for kind, text in one.items()} for one in values]
        elif values and isinstance(values[0], str):
            values = ["".join(letter for letter in one if letter.isprintable()) for one in values]
        plain[tag] = {key: value for key, value in element.items() if key != "Value"}
        if values:
            plain[tag]["Value"] = values
    return plain


def test_every_shipped_file_comes_back_equal() -> None:
    models = [model for path in real_files() if (model := model_of(path))]
    assert len(models) > 100
    for model in models:
        assert normal(json_of_xml(xml_of(model))) == normal(model)


def test_names_sequences_and_private_creators_are_written_as_the_standard_says() -> None:
    document = xml_of(
        {
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎"}]},
            "00090010": {"vr": "LO", "Value": ["MAKER & CO"]},
            "00091001": {"vr": "LO", "Value": ["a\x0bb"]},
            "00081115": {"vr": "SQ", "Value": [{"0020000E": {"vr": "UI", "Value": ["1.2"]}}]},
        }
    ).decode()
    assert f'xmlns="{NAMESPACE}"' in document
    assert '<DicomAttribute tag="00091001" vr="LO" privateCreator="MAKER &amp; CO"><Value number="1">ab<' in document
    assert "<Ideographic><FamilyName>山田</FamilyName><GivenName>太郎</GivenName></Ideographic>" in document
    assert '<Item number="1"><DicomAttribute tag="0020000E" vr="UI" keyword="SeriesInstanceUID">' in document


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><NativeDicomModel>&b;</NativeDicomModel>'


@pytest.mark.parametrize(
    "document",
    [
        *("", "no XML", "<other/>", BOMB),
        '<NativeDicomModel><DicomAttribute vr="UI"/></NativeDicomModel>',
        '<NativeDicomModel><DicomAttribute tag="00200013" vr="IS"><Value>x</Value></DicomAttribute></NativeDicomModel>',
        "<NativeDicomModel>"
        + '<DicomAttribute tag="00081115" vr="SQ"><Item>' * 60
        + "</Item></DicomAttribute>" * 60
        + "</NativeDicomModel>",
    ],
)
def test_what_is_no_data_set_is_refused(document: str) -> None:
    with pytest.raises(UnreadableDataset):
        json_of_xml(document.encode())
