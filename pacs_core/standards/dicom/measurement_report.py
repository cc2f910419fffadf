"""Measurements of a structured report that follows TID 1500 (PS3.16), read from its JSON model (PS3.18 F)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]

# Enhanced SR, Comprehensive SR, Comprehensive 3D SR
REPORT_CLASSES = frozenset(f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in (22, 33, 34))
MEASUREMENT_GROUP, TRACKING_IDENTIFIER, FINDING, PERSON_OBSERVER_NAME = "125007", "112039", "121071", "121008"
FINDING_SITES = frozenset({"363698007", "G-C0E3"})
# A group's name by which OHIF finds its own tool again says nothing to a reader.
_TOOL_NAMES = ("Cornerstone",)
_UNITS = {"mm2": "mm²", "mm3": "mm³", "cm2": "cm²", "cm3": "cm³", "[hnsf'U]": "HU", "deg": "°", "1": "", "{ratio}": ""}


@dataclass(frozen=True)
class Measurement:
    """One number of a measurement group; `unit` is a UCUM code, `frame_number` is 0 where none is named."""

    label: str
    name: str
    value: float
    unit: str
    sop_instance_uid: str
    frame_number: int

    @property
    def number(self) -> str:
        """The value to three digits, as OHIF shows it."""
        decimals = 2 if abs(self.value) < 10 else 1 if abs(self.value) < 100 else 0
        return f"{self.value:.{decimals}f}"

    @property
    def words(self) -> str:
        """The measurement as a report says it: `Lesion: Length 12.4 mm`."""
        unit = _UNITS.get(self.unit, self.unit)
        said = f"{self.name} {self.number}{'' if unit == '°' else ' '}{unit}".strip()
        return f"{self.label}: {said}" if self.label else said


def measurements_of(metadata: JsonObject) -> list[Measurement]:
    """Return the numbers of every measurement group (TID 1410, 1411, 1501), in the report's order."""
    return [found for group in _groups(metadata) for found in _of_group(group)]


def observer_of(metadata: JsonObject) -> str:
    """Return the person observer's name (TID 1003) as a DICOM person name, "" where none is given."""
    for item in _children(metadata):
        if _concept(item) == PERSON_OBSERVER_NAME:
            name = _first(item, "0040A123")
            return str(name.get("Alphabetic", "")) if isinstance(name, dict) else ""
    return ""


def _groups(metadata: JsonObject) -> Iterator[JsonObject]:
    waiting = [metadata]
    while waiting:
        item = waiting.pop()
        if _concept(item) == MEASUREMENT_GROUP:
            yield item
        else:
            waiting += reversed(list(_children(item)))


def _of_group(group: JsonObject) -> Iterator[Measurement]:
    children = list(_children(group))
    label = _label(children)
    image = next(_images(children), ("", 0))
    for item in children:
        number = _number(item) if _text(item, "0040A040") == "NUM" else None
        if number is not None:
            value, unit = number
            uid, frame = next(_images(list(_children(item))), image)
            yield Measurement(label, _meaning(item, "0040A043"), value, unit, uid, frame)


def _label(children: list[JsonObject]) -> str:
    """Return what is measured: the finding and where it is, or the group's own name."""
    said = [_meaning(item, "0040A168") for item in children if _concept(item) == FINDING]
    said += [_meaning(item, "0040A168") for item in children if _concept(item) in FINDING_SITES]
    if not any(said):
        said = [_text(item, "0040A160") for item in children if _concept(item) == TRACKING_IDENTIFIER]
    return ", ".join(dict.fromkeys(text for text in said if text and not text.startswith(_TOOL_NAMES)))


def _number(item: JsonObject) -> tuple[float, str] | None:
    measured = _first(item, "0040A300")
    if not isinstance(measured, dict):
        return None
    try:
        value = float(_first(measured, "0040A30A"))
    except (TypeError, ValueError):
        return None
    units = _first(measured, "004008EA")
    return (value, _text(units, "00080100") if isinstance(units, dict) else "") if math.isfinite(value) else None


def _images(items: list[JsonObject]) -> Iterator[tuple[str, int]]:
    """Yield (SOPInstanceUID, frame) of the images that items refer to, directly or below a region of them."""
    for item in items:
        if _text(item, "0040A040") == "IMAGE" and isinstance(reference := _first(item, "00081199"), dict):
            frame = _first(reference, "00081160")
            yield _text(reference, "00081155"), frame if isinstance(frame, int) else 0
        elif _text(item, "0040A040") in ("SCOORD", "SCOORD3D"):
            yield from _images(list(_children(item)))


def _children(item: JsonObject) -> Iterator[JsonObject]:
    yield from (child for child in item.get("0040A730", {}).get("Value", []) if isinstance(child, dict))


def _concept(item: JsonObject) -> str:
    name = _first(item, "0040A043")
    return _text(name, "00080100") if isinstance(name, dict) else ""


def _meaning(item: JsonObject, tag: str) -> str:
    code = _first(item, tag)
    return _text(code, "00080104") if isinstance(code, dict) else ""


def _text(item: JsonObject, tag: str) -> str:
    return str(_first(item, tag) or "")


def _first(item: JsonObject, tag: str) -> Any:
    return (item.get(tag, {}).get("Value") or [None])[0]
