"""The Native DICOM Model (PS3.19 A.1): the DICOM JSON model's data sets as XML, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydicom.datadict import dictionary_keyword

from pacs_core.standards.dicom.errors import UnreadableDataset
from pacs_core.standards.dicom.json_model import DECIMAL_VRS, INTEGER_VRS, JsonObject

NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_NAME_PARTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
# What XML 1.0 has no form for.
_ILLEGAL = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}
_MAXIMUM_DEPTH = 48


def xml_of(model: JsonObject) -> bytes:
    """Return a data set of the DICOM JSON model as an XML document in UTF-8."""
    root = Element("NativeDicomModel", {"xml:space": "preserve", "xmlns": NAMESPACE})
    _add_attributes(root, model)
    return tostring(root, encoding="utf-8", xml_declaration=True)


def json_of_xml(document: bytes) -> JsonObject:
    """Return the data set of an XML document in the DICOM JSON model; raises UnreadableDataset."""
    try:
        root = fromstring(document, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise UnreadableDataset(f"the XML is not well-formed or has a DTD ({type(error).__name__})") from error
    if _name(root) != "NativeDicomModel":
        raise UnreadableDataset("the XML is no NativeDicomModel")
    return _model_of(root, depth=0)


def _add_attributes(parent: Element, model: JsonObject) -> None:
    for tag, element in sorted(model.items()):
        vr = element.get("vr", "UN")
        attributes = {"tag": tag, "vr": vr}
        try:
            keyword = dictionary_keyword(int(tag, 16))
        except KeyError:
            keyword = ""
        if keyword:
            attributes["keyword"] = keyword
        elif int(tag[:4], 16) % 2 and (creator := _creator_of(tag, model)):
            attributes["privateCreator"] = creator
        _add_values(SubElement(parent, "DicomAttribute", attributes), vr, element)


def _creator_of(tag: str, model: JsonObject) -> str:
    """Return who reserved a private element's block (PS3.5 7.8.1)."""
    if int(tag[4:], 16) < 0x1000:
        return ""
    values = model.get(f"{tag[:4]}00{tag[4:6]}", {}).get("Value") or [""]
    return str(values[0] or "").translate(_ILLEGAL)


def _add_values(parent: Element, vr: str, element: dict[str, Any]) -> None:
    if "BulkDataURI" in element:
        SubElement(parent, "BulkData", {"uri": element["BulkDataURI"]})
    elif "InlineBinary" in element:
        SubElement(parent, "InlineBinary").text = element["InlineBinary"]
    for number, value in enumerate(element.get("Value") or (), 1):
        numbered = {"number": str(number)}
        if vr == "SQ":
            _add_attributes(SubElement(parent, "Item", numbered), value or {})
        elif vr == "PN":
            _add_name(SubElement(parent, "PersonName", numbered), value or {})
        elif value is not None:
            SubElement(parent, "Value", numbered).text = str(value).translate(_ILLEGAL)


def _add_name(parent: Element, name: dict[str, str]) -> None:
    for kind in _NAME_GROUPS:
        if name.get(kind):
            group = SubElement(parent, kind)
            for part, text in zip(_NAME_PARTS, name[kind].split("^"), strict=False):
                if text:
                    SubElement(group, part).text = text.translate(_ILLEGAL)


def _model_of(parent: Element, *, depth: int) -> JsonObject:
    if depth > _MAXIMUM_DEPTH:
        raise UnreadableDataset(f"sequences are nested more than {_MAXIMUM_DEPTH} deep")
    model: JsonObject = {}
    for attribute in _children(parent, "DicomAttribute"):
        tag, vr = attribute.get("tag", "").upper(), attribute.get("vr", "")
        if len(tag) != 8 or any(digit not in "0123456789ABCDEF" for digit in tag) or len(vr) != 2:
            raise UnreadableDataset("a DicomAttribute has no tag or no VR")
        model[tag] = {"vr": vr} | _values_of(attribute, vr, depth)
    return model


def _values_of(attribute: Element, vr: str, depth: int) -> dict[str, Any]:
    for bulk in _children(attribute, "BulkData"):
        return {"BulkDataURI": bulk.get("uri") or bulk.get("uuid") or ""}
    for inline in _children(attribute, "InlineBinary"):
        return {"InlineBinary": "".join((inline.text or "").split())}
    if vr == "SQ":
        values: list[Any] = [_model_of(item, depth=depth + 1) for item in _children(attribute, "Item")]
    elif vr == "PN":
        values = [_name_of(name) for name in _children(attribute, "PersonName")]
    else:
        values = [_value_of(value.text or "", vr) for value in _children(attribute, "Value")]
    return {"Value": values} if values else {}


def _name_of(name: Element) -> dict[str, str]:
    groups = {}
    for kind in _NAME_GROUPS:
        for group in _children(name, kind):
            parts = {_name(part): part.text or "" for part in group}
            groups[kind] = "^".join(parts.get(part, "") for part in _NAME_PARTS).rstrip("^")
    return groups


def _value_of(text: str, vr: str) -> str | int | float | None:
    try:
        if vr in INTEGER_VRS:
            return int(text)
        if vr in DECIMAL_VRS:
            return float(text)
    except ValueError:
        raise UnreadableDataset(f"a value of VR {vr} is no number") from None
    return text or None


def _children(parent: Element, name: str) -> Iterator[Element]:
    return (child for child in parent if _name(child) == name)


def _name(element: Element) -> str:
    """Return a name without its namespace: senders leave it out."""
    return str(element.tag).rpartition("}")[2]
