"""One match of a C-FIND as the identifier that is answered: what was asked for and no more (PS3.4 C.4.1.1.3.2)."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from pacs_core.archive.selectors.attributes import Result
from pacs_core.network.dimse.answers import IN_CHARACTER_SET, add_empty, character_set_for
from pacs_core.network.dimse.identifier import LEVELS, Keys
from pacs_core.standards.dicom.plain_encoding import Element, NotPlain, encode_plainly, text_of

_CHARACTER_SET, _LEVEL, _RETRIEVE_AE_TITLE, _RETRIEVE_URL = "00080005", "00080052", "00080054", "00081190"
_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_PLAIN = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UI", "US", "UT"})
_UNICODE = "ISO_IR 192"
_ESCAPE = "\x1b"  # begins a code extension (PS3.5 6.1.2.5)
# Character sets of which ASCII is a part as it is: not ISO_IR 13, which has a yen sign for the backslash.
_HAVE_ASCII = frozenset({"", "ISO_IR 6", "ISO_IR 192", *(f"ISO_IR {number}" for number in (100, 101, 109, 110, 144))})
_LEVEL_NAMES = {level: name for name, level in LEVELS.items()}


def encoded_match(result: Result, keys: Keys, *, is_implicit_vr: bool) -> bytes | None:
    """Return the identifier in little endian as match_dataset's would be encoded, None where only pydicom can.

    That is: texts that are not ASCII in another character set than Unicode, sequences, decimal strings, bytes.
    """
    if len(keys.character_set) != 1 or keys.character_set[0] not in _HAVE_ASCII:
        return None
    elements, asked = _answered(result, keys), keys.character_set[0]
    texts = [text_of(element) for element in elements.values() if element["vr"] in IN_CHARACTER_SET]
    is_ascii = all(text.isascii() and _ESCAPE not in text for text in texts)
    if not is_ascii and asked not in ("", "ISO_IR 6", _UNICODE):
        return None
    named = asked if is_ascii else _UNICODE
    elements[_CHARACTER_SET] = {"vr": "CS", "Value": [named] if named else []}
    ordered = [(int(tag, 16), elements[tag]) for tag in sorted(elements)]
    try:
        return encode_plainly(ordered, is_implicit_vr=is_implicit_vr, encoding="utf-8")
    except NotPlain:
        return None


def _answered(result: Result, keys: Keys) -> dict[str, Element]:
    elements = {tag: result[tag] if tag in result and tag != _RETRIEVE_URL else _empty(tag) for tag in keys.wanted_tags}
    elements[_LEVEL] = {"vr": "CS", "Value": [_LEVEL_NAMES[keys.level]]}
    elements[_RETRIEVE_AE_TITLE] = {"vr": "AE", "Value": [settings.DIMSE_AE_TITLE]}
    return elements


@lru_cache(1000)
def _empty(tag: str) -> Element:
    try:
        return {"vr": dictionary_VR(int(tag, 16))}
    except KeyError:
        return {"vr": "UN"}


def match_dataset(result: Result, keys: Keys) -> Dataset:
    """Return the identifier, in the caller's character set where it serves."""
    identifier = Dataset()
    for tag in keys.wanted_tags:
        if tag in result and tag != _RETRIEVE_URL:
            identifier.add(_element(tag, result[tag]))
        else:
            add_empty(identifier, int(tag, 16))
    identifier.QueryRetrieveLevel = _LEVEL_NAMES[keys.level]
    identifier.RetrieveAETitle = settings.DIMSE_AE_TITLE
    identifier.SpecificCharacterSet = character_set_for(identifier, keys.character_set)
    return identifier


def _element(tag: str, found: dict[str, Any]) -> DataElement:
    """Return an element of the JSON model; sequences and bytes are left to pydicom, which is slower."""
    vr, values = found["vr"], found.get("Value", [])
    if vr not in _PLAIN:
        return Dataset.from_json({tag: found})[int(tag, 16)]
    if vr == "PN":
        groups = ([value.get(kind, "") for kind in _NAME_GROUPS] if value else [] for value in values)
        values = ["=".join(group).rstrip("=") for group in groups]
    return DataElement(int(tag, 16), vr, values[0] if len(values) == 1 else values or None)
