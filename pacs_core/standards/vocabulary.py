"""How the standards' words for urgency map to the network's three priorities."""

from typing import Literal

Priority = Literal["stat", "urgent", "routine"]
PRIORITIES: tuple[Priority, ...] = ("stat", "urgent", "routine")

# RequestedProcedurePriority (0040,1003), PS3.3 C.4.11; LOW, MEDIUM and HIGH are ScheduledProcedureStepPriority's too
_DICOM: dict[str, Priority] = {
    "STAT": "stat",
    "EMERGENCY": "stat",
    "HIGH": "urgent",
    "URGENT": "urgent",
    "ASAP": "urgent",
    "ROUTINE": "routine",
    "MEDIUM": "routine",
    "MED": "routine",
    "LOW": "routine",
}
# HL7 table 0485 (TQ1-9) and the older TQ.6 of ORC-7 and OBR-27.
_HL7: dict[str, Priority] = {
    "S": "stat",
    "STAT": "stat",
    "A": "urgent",
    "ASAP": "urgent",
    "T": "urgent",
    "TS": "urgent",
    "TM": "urgent",
    "TH": "urgent",
    "TD": "urgent",
    "R": "routine",
    "ROUTINE": "routine",
    "C": "routine",
    "P": "routine",
    "PRN": "routine",
}


def priority_of_dicom(value: str | None) -> Priority | None:
    """Map a DICOM priority; None when the value is absent or not one the standard defines."""
    return _DICOM.get((value or "").strip().upper())


def priority_of_hl7(value: str | None) -> Priority | None:
    """Map HL7 table 0485; timing critical with an interval (`TM5`) counts as its letter."""
    word = (value or "").strip().upper()
    return _HL7.get(word) or _HL7.get(word.rstrip("0123456789"))
