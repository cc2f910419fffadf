"""Matches that are encoded without pydicom are the bytes that pydicom would have written."""

from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.dsutils import encode
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

from pacs_core.archive.selectors.attributes import Result
from pacs_core.network.dimse.identifier import Keys, read_keys
from pacs_core.network.dimse.matches import encoded_match, match_dataset

STUDY: Result = {
    "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
    "00080020": {"vr": "DA", "Value": ["20260301"]},
    "00080030": {"vr": "TM"},
    "00080050": {"vr": "SH", "Value": ["ACC1"]},
    "00080056": {"vr": "CS", "Value": ["ONLINE"]},
    "00080061": {"vr": "CS", "Value": ["CT", "SR"]},
    "00080090": {"vr": "PN", "Value": [{"Alphabetic": "REFERRER^ANNA"}]},
    "00081030": {"vr": "LO", "Value": ["CT head"]},
    "00081190": {"vr": "UR", "Value": ["/studies/1.2"]},
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "MEYER^ANNA"}]},
    "00100020": {"vr": "LO", "Value": ["P1"]},
    "0020000D": {"vr": "UI", "Value": ["1.2.3"]},
    "00201208": {"vr": "IS", "Value": [12]},
    "00280010": {"vr": "US", "Value": [512]},
}


def keys_of(character_set: str | list[str] = "", **asked: Any) -> Keys:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "STUDY"
    if character_set:
        identifier.SpecificCharacterSet = character_set
    for keyword in (
        *("StudyDate", "StudyTime", "AccessionNumber", "InstanceAvailability", "ModalitiesInStudy", "PatientName"),
        *("ReferringPhysicianName", "StudyDescription", "PatientID", "StudyInstanceUID", "Rows", "RetrieveURL"),
        *("NumberOfStudyRelatedInstances", "PatientComments", "RequestAttributesSequence"),
    ):
        setattr(identifier, keyword, None)
    identifier.update(asked)
    identifier.add_new(0x00110010, "LO", None)
    return read_keys(identifier, sop_class_uid=StudyRootQueryRetrieveInformationModelFind)


def named(name: dict[str, str], **others: Any) -> Result:
    return STUDY | {"00100010": {"vr": "PN", "Value": [name]}} | others


UNICODE = named({"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"})


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
@pytest.mark.parametrize(
    ("result", "character_set"),
    [
        (STUDY, ""),
        (STUDY, "ISO_IR 100"),
        (STUDY, "ISO_IR 192"),
        (UNICODE, ""),
        (UNICODE, "ISO_IR 192"),
        (named({}), "ISO_IR 100"),
        (named({"Alphabetic": "A" * 63}), "ISO_IR 6"),
        ({}, ""),
    ],
)
def test_match_is_encoded_as_by_pydicom(result: Result, character_set: str, syntax: Any) -> None:
    keys = keys_of(character_set)
    slowly = encode(match_dataset(result, keys), syntax.is_implicit_VR, True)
    assert encoded_match(result, keys, is_implicit_vr=syntax.is_implicit_VR) == slowly


@pytest.mark.parametrize(
    ("result", "character_set"),
    [
        (named({"Alphabetic": "Müller"}), "ISO_IR 100"),
        (STUDY, ["", "ISO 2022 IR 87"]),
        (STUDY, "ISO_IR 13"),
        (STUDY | {"00180050": {"vr": "DS", "Value": [1.25]}}, ""),
    ],
)
def test_what_only_pydicom_encodes_is_left_to_it(result: Result, character_set: str | list[str]) -> None:
    keys = keys_of(character_set, SliceThickness=None)
    assert encoded_match(result, keys, is_implicit_vr=True) is None
    assert encode(match_dataset(result, keys), True, True)
