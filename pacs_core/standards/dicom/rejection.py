"""Rejection notes: key object selections whose title says why images are not to be seen (IHE RAD TF-3 4.66)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"
# Code values of PS3.16 CID 7011, coding scheme DCM.
REJECTION_TITLES = frozenset({"113001", "113037", "113038", "113039"})
DATA_RETENTION_EXPIRED = "113039"

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Rejection:
    """What a rejection note says: its title's code, and (StudyInstanceUID, SOPInstanceUID) of what it names."""

    code: str
    references: tuple[tuple[str, str], ...]


def rejection_of(metadata: JsonObject) -> Rejection | None:
    """Read a rejection note from an instance's JSON model (PS3.18 F); None for every other instance."""
    if _text(metadata, "00080016") != KEY_OBJECT_SELECTION:
        return None
    title = next(_items(metadata, "0040A043"), {})
    code = _text(title, "00080100")
    if code not in REJECTION_TITLES or _text(title, "00080102") != "DCM":
        return None
    # CurrentRequestedProcedureEvidenceSequence > ReferencedSeriesSequence > ReferencedSOPSequence (PS3.3 C.17.6.2)
    named = (
        (_text(study, "0020000D"), _text(reference, "00081155"))
        for study in _items(metadata, "0040A375")
        for series in _items(study, "00081115")
        for reference in _items(series, "00081199")
    )
    return Rejection(code, tuple(dict.fromkeys(pair for pair in named if all(pair))))


def _items(item: JsonObject, tag: str) -> Iterator[JsonObject]:
    yield from (found for found in item.get(tag, {}).get("Value", []) if isinstance(found, dict))


def _text(item: JsonObject, tag: str) -> str:
    values = item.get(tag, {}).get("Value") or [""]
    return str(values[0] or "")
