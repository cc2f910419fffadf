"""Read the identifier of a query or retrieval (PS3.4 C.4.1.1.3): its level, what it matches, what it wants answered."""

from dataclasses import dataclass

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pynetdicom.sop_class import (
    PatientRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelGet,
    PatientRootQueryRetrieveInformationModelMove,
)

from pacs_core.archive.selectors.matching import matchable

# QueryRetrieveLevel -> the archive's name of the level (PS3.4 C.3.1, C.3.2).
LEVELS = {"PATIENT": "patient", "STUDY": "study", "SERIES": "series", "IMAGE": "instance"}
UNIQUE_KEYS = {
    "patient": "PatientID",
    "study": "StudyInstanceUID",
    "series": "SeriesInstanceUID",
    "instance": "SOPInstanceUID",
}
_PATIENT_ROOT = (
    PatientRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelMove,
    PatientRootQueryRetrieveInformationModelGet,
)
# What says how to answer, and is neither matched nor looked up.
_ABOUT_THE_QUERY = frozenset({"SpecificCharacterSet", "QueryRetrieveLevel", "RetrieveAETitle", "TimezoneOffsetFromUTC"})


class IdentifierRefused(Exception):
    """The identifier does not fit its SOP class (0xA900); `keyword` names the offending element."""

    def __init__(self, keyword: str, reason: str) -> None:
        self.keyword = keyword
        super().__init__(f"{keyword} {reason}")


@dataclass(frozen=True)
class Keys:
    """`matches`: keyword to the wanted values, any of them; `wanted_tags` are hexadecimal, as asked; `ignored`: keys
    with values that this level cannot match.
    """

    level: str
    matches: dict[str, tuple[str, ...]]
    wanted_tags: tuple[str, ...]
    ignored: tuple[str, ...]
    character_set: tuple[str, ...]


def read_keys(identifier: Dataset, *, sop_class_uid: str, is_relational: bool = False) -> Keys:
    """Return the keys, or raise IdentifierRefused.

    Unless relational queries were negotiated, each level above the one asked for must be named by one value of its
    unique key.
    """
    is_patient_root = sop_class_uid in _PATIENT_ROOT
    level = _level(identifier, is_patient_root=is_patient_root)
    for above in () if is_relational else _levels_above(level, is_patient_root=is_patient_root):
        _require_one(identifier, UNIQUE_KEYS[above])
    matches: dict[str, tuple[str, ...]] = {}
    ignored = []
    for element in identifier:
        keyword = keyword_for_tag(element.tag)
        values = values_of(element)
        if keyword in _ABOUT_THE_QUERY or not values:
            continue
        if keyword in matchable(level):
            matches[keyword] = values
        else:
            ignored.append(keyword or str(element.tag))
    return Keys(
        level=level,
        matches=matches,
        wanted_tags=tuple(f"{element.tag:08X}" for element in identifier if element.tag.element != 0),
        ignored=tuple(ignored),
        character_set=character_set_of(identifier),
    )


def read_retrieved(
    identifier: Dataset, *, sop_class_uid: str, is_relational: bool = False
) -> dict[str, tuple[str, ...]]:
    """Return the unique keys of what is to be retrieved (PS3.4 C.4.2.1.4), or raise IdentifierRefused.

    At its own level an identifier may list several values. Beside unique keys only the patient's issuer selects.
    """
    keys = read_keys(identifier, sop_class_uid=sop_class_uid, is_relational=is_relational)
    own = UNIQUE_KEYS[keys.level]
    if any("*" in value or "?" in value for value in keys.matches.get(own, ("*",))):
        raise IdentifierRefused(own, "must have a value: it names what to retrieve")
    selecting = {*UNIQUE_KEYS.values(), "IssuerOfPatientID"}
    return {keyword: values for keyword, values in keys.matches.items() if keyword in selecting}


def _level(identifier: Dataset, *, is_patient_root: bool) -> str:
    named = str(identifier.get("QueryRetrieveLevel", "") or "").strip()
    level = LEVELS.get(named)
    if level is None or (level == "patient" and not is_patient_root):
        allowed = [name for name in LEVELS if is_patient_root or name != "PATIENT"]
        raise IdentifierRefused("QueryRetrieveLevel", f"is {named[:16]!r}, expected {', '.join(allowed)}")
    return level


def _levels_above(level: str, *, is_patient_root: bool) -> list[str]:
    levels = list(UNIQUE_KEYS)[0 if is_patient_root else 1 :]
    return levels[: levels.index(level)]


def _require_one(identifier: Dataset, keyword: str) -> None:
    element = identifier.data_element(keyword) if keyword in identifier else None
    values = values_of(element) if element is not None else ()
    if len(values) != 1 or "*" in values[0] or "?" in values[0]:
        raise IdentifierRefused(keyword, "must have one value, as the level asked for lies below it")


def values_of(element: DataElement) -> tuple[str, ...]:
    """Return the values to match; none for universal matching (PS3.4 C.2.2.2.3) and for sequences."""
    if element.VR == "SQ" or element.value is None or isinstance(element.value, bytes):
        return ()
    several = element.value if isinstance(element.value, MultiValue | list) else [element.value]
    return tuple(text for value in several if (text := str(value).strip()) not in ("", "*"))


def character_set_of(identifier: Dataset) -> tuple[str, ...]:
    value = identifier.get("SpecificCharacterSet") or ""
    return tuple(value) if isinstance(value, MultiValue | list) else (str(value),)
