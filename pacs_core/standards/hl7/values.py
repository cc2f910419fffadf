"""HL7 v2 data types as Python and DICOM values."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

from pacs_core.standards.hl7.reader import SegmentReader, component_of

_TIMESTAMP = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6})\d*)?)?)?)?)?)?([+-]\d{4})?"
)


def as_timestamp(value: str) -> datetime | None:
    """Read TS/DTM (2.A.22) at any precision; aware when it carries an offset, else naive: the sender's local time."""
    if not (match := _TIMESTAMP.fullmatch(value.strip())):
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    zone = None
    if offset:
        minutes = int(offset[1:3]) * 60 + int(offset[3:])
        zone = UTC if not minutes else timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    try:
        moment = (int(hour or 0), int(minute or 0), min(int(second or 0), 59), int((fraction or "").ljust(6, "0")))
        return datetime(int(year), int(month or 1), int(day or 1), *moment, tzinfo=zone)
    except ValueError:
        return None


def as_birth_date(value: str) -> date | None:
    moment = as_timestamp(value)
    return moment.date() if moment and len(value) >= 8 else None


def as_dicom_person_name(components: list[str], family_first: int = 1) -> str:
    """Turn XPN (2.A.88), or XCN from its second component, into a DICOM name: family^given^middle^prefix^suffix."""
    family, given, middle, suffix, prefix = (component_of(components, family_first + i) for i in range(5))
    # FN: the surname is the first subcomponent, an own prefix ("van der") is part of it
    parts = [family.split("&")[0], given, middle, prefix, suffix]
    return "^".join(part.replace("^", " ").replace("=", " ") for part in parts).rstrip("^")


def as_patient_name(repetitions: list[list[str]]) -> str:
    """Join the alphabetic, ideographic and phonetic forms of PID-5 (XPN-8 A, I, P) into one DICOM name."""
    groups: dict[str, str] = {}
    for components in repetitions:
        kind = component_of(components, 8).upper()[:1]
        groups.setdefault(kind if kind in {"I", "P"} else "A", as_dicom_person_name(components))
    return "=".join(groups.get(kind, "") for kind in "AIP").rstrip("=")


def as_authority(segment: SegmentReader, component: str) -> str:
    """Return the namespace of an HD (2.A.36), its universal ID where there is no namespace."""
    parts = segment.subcomponents(component)
    return next((part for part in parts[:2] if part), "")


def as_entity(segment: SegmentReader, field: int) -> tuple[str, str]:
    """Return (identifier, authority) of an EI (2.A.28)."""
    components = segment.components(field)
    authority = component_of(components, 2) or component_of(components, 3)
    return component_of(components, 1), as_authority(segment, authority)
