"""Values that stand in for removed ones (PS3.15 E.3, action D), and dates that are moved."""

from datetime import timedelta
from typing import Any

from pydicom.dataelem import DataElement

from pacs_core.standards.dicom.values import as_date

# VR -> a value of it that means nothing.
_DUMMIES: dict[str, Any] = {
    "AE": "REMOVED",
    "AS": "000D",
    "CS": "REMOVED",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "IS": "0",
    "LO": "REMOVED",
    "LT": "REMOVED",
    "OB": b"\0\0",
    "PN": "REMOVED",
    "SH": "REMOVED",
    "ST": "REMOVED",
    "TM": "000000",
    "UC": "REMOVED",
    "UN": b"",
    "UR": "urn:removed",
    "UT": "REMOVED",
}


def dummy_of(vr: str) -> Any:
    """Return a value for a required element, None where the VR has none of which nothing could be told."""
    return _DUMMIES.get(vr)


def moved(element: DataElement, shift: timedelta) -> Any:
    """Return a DA or DT value moved by whole days, a value that is no date as empty; times of day stay as they are."""
    values = element.value if element.VM > 1 else [element.value]
    shifted = [_moved(str(value or ""), shift) for value in values]
    return shifted if len(shifted) > 1 else shifted[0]


def _moved(text: str, shift: timedelta) -> str:
    """Move YYYYMMDD at the head of a DA or DT; a DT of less than a day's precision is taken for its first day."""
    digits = text.strip()[:8]
    day = as_date(digits + "0101"[len(digits) - 4 :] if len(digits) in (4, 6) else digits)
    if day is None:
        return ""
    try:
        return (day + shift).strftime("%Y%m%d").zfill(8) + text.strip()[8:]
    except OverflowError:
        return ""
