"""Who a message is about: PID, and in a merge MRG (HL7 v2 3.4.2, 3.4.9)."""

from dataclasses import dataclass
from datetime import date

from pacs_core.standards.hl7.errors import Hl7FieldError
from pacs_core.standards.hl7.reader import SegmentReader, component_of
from pacs_core.standards.hl7.values import as_authority, as_birth_date, as_patient_name
from pacs_core.standards.identifiers import OtherIdentifier

# Medical record number and patient internal identifier (HL7 table 0203): a hospital's own numbers.
_PATIENT_ID_TYPES = frozenset({"MR", "PI"})
_SEXES = {"M": "M", "F": "F", "O": "O", "A": "O"}


@dataclass(frozen=True, kw_only=True)
class PatientFields:
    """A patient as PID gives it; `identifiers` are its other numbers. Text is "" when absent; the name is DICOM's.

    `cleared` names fields that the sender gave as the HL7 null (two double quotes): to be emptied, not left alone.
    """

    patient_id: str
    issuer_of_patient_id: str
    identifiers: tuple[OtherIdentifier, ...]
    name: str
    birth_date: date | None
    sex: str
    cleared: frozenset[str] = frozenset()


def patient_of(segment: SegmentReader) -> PatientFields:
    """Read PID; Hl7FieldError when it names nobody."""
    fields = {"name": 5, "birth_date": 7, "sex": 8}
    patient_id, issuer = patient_identifier_of(segment)
    return PatientFields(
        patient_id=patient_id,
        issuer_of_patient_id=issuer,
        identifiers=other_identifiers_of(segment),
        name=as_patient_name(segment.repetitions(5)),
        birth_date=as_birth_date(segment.component(7)),
        sex=sex_of(segment),
        cleared=frozenset(name for name, field in fields.items() if segment.is_null(field)),
    )


def patient_identifier_of(segment: SegmentReader) -> tuple[str, str]:
    """Return (ID, assigning authority) of PID-3: the first of type MR or PI, else the first at all."""
    identifiers = own_identifiers_of(segment, 3)
    if not identifiers:
        raise Hl7FieldError("PID", 3, "the patient ID is missing", error_code="101")
    return identifiers[0].value, identifiers[0].issuer


def own_identifiers_of(segment: SegmentReader, field: int) -> tuple[OtherIdentifier, ...]:
    """Return the field's numbers of type MR or PI; where there is none, the first at all."""
    identifiers = identifiers_of(segment, field)
    return tuple(found for found in identifiers if found.type_code in _PATIENT_ID_TYPES) or identifiers[:1]


def other_identifiers_of(segment: SegmentReader) -> tuple[OtherIdentifier, ...]:
    """Return the numbers of PID-3 beside the one that identifies the patient here."""
    own = patient_identifier_of(segment)
    return tuple(found for found in identifiers_of(segment, 3) if found[:2] != own)


def identifiers_of(segment: SegmentReader, field: int) -> tuple[OtherIdentifier, ...]:
    """Return every number of a field of CX (2.A.14)."""
    return tuple(
        OtherIdentifier(value, as_authority(segment, component_of(parts, 4)), component_of(parts, 5).upper())
        for parts in segment.repetitions(field)
        if (value := component_of(parts, 1))
    )


def sex_of(segment: SegmentReader) -> str:
    """Map PID-8 (HL7 table 0001) to DICOM's M, F, O; unknown and not applicable are ""."""
    return _SEXES.get(segment.component(8).upper(), "")
