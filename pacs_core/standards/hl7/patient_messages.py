"""Patient administration as it comes by HL7 v2: A08 and A31 update, A40 merges, A45 moves (IHE RAD TF-2, RAD-12)."""

from dataclasses import dataclass
from datetime import datetime

from pacs_core.standards.hl7.errors import Hl7FieldError
from pacs_core.standards.hl7.patient_fields import PatientFields, own_identifiers_of, patient_of
from pacs_core.standards.hl7.reader import MessageReader, SegmentReader
from pacs_core.standards.hl7.values import as_timestamp
from pacs_core.standards.identifiers import OtherIdentifier


@dataclass(frozen=True, kw_only=True)
class PatientMerge:
    """`prior` (MRG-1) is from now on the patient that `survivor` (PID-3) names; `patient` is what PID says of it."""

    patient: PatientFields
    survivor: OtherIdentifier
    prior: OtherIdentifier


@dataclass(frozen=True, kw_only=True)
class VisitMove:
    """A visit that was registered for `prior` (MRG-1) is the patient's whom PID-3 names."""

    patient: PatientFields
    prior: OtherIdentifier
    visit_number: str


def message_at_of(message: MessageReader) -> datetime | None:
    """Return MSH-7: aware when the sender gave an offset, else its local time."""
    return as_timestamp(message.header.component(7))


def updated_patient_of(message: MessageReader) -> PatientFields:
    """Read whom an A08 or A31 is about."""
    _require_control_id(message)
    return patient_of(message.require("PID"))


def merges_of(message: MessageReader) -> list[PatientMerge]:
    """Read the merges of an A40; a message may carry several PID, each with its MRG (3.3.40).

    MRG-1 may name numbers of several authorities: each goes to the number of PID-3 of the same authority, or to the
    patient's first number where PID-3 has none of it.
    """
    _require_control_id(message)
    merges: list[PatientMerge] = []
    patient: SegmentReader | None = None
    for segment in message.segments:
        if segment.name == "PID":
            patient = segment
        elif segment.name == "MRG":
            if patient is None:
                raise Hl7FieldError("PID", 0, "the segment is missing before MRG", error_code="100")
            merges += _merges(patient, segment)
            patient = None
    if not merges or patient is not None:
        raise Hl7FieldError("MRG", 0, "the segment is missing", error_code="100")
    return merges


def visit_moves_of(message: MessageReader) -> list[VisitMove]:
    """Read the visits that an A45 moves: each MRG with the PV1 after it (3.3.45); MRG-5, or PV1-19, names the visit."""
    _require_control_id(message)
    patient = message.require("PID")
    moves, segments = [], message.segments
    for place, segment in enumerate(segments):
        if segment.name != "MRG":
            continue
        visit = next((later for later in segments[place + 1 : place + 2] if later.name == "PV1"), None)
        number = segment.component(5) or (visit.component(19) if visit else "")
        priors = own_identifiers_of(segment, 1)
        if not priors:
            raise Hl7FieldError("MRG", 1, "the prior patient ID is missing", error_code="101")
        if not number:
            raise Hl7FieldError("MRG", 5, "the visit number is missing, in PV1-19 too", error_code="101")
        moves.append(VisitMove(patient=patient_of(patient), prior=priors[0], visit_number=number))
    if not moves:
        raise Hl7FieldError("MRG", 0, "the segment is missing", error_code="100")
    return moves


def _merges(patient: SegmentReader, prior: SegmentReader) -> list[PatientMerge]:
    fields = patient_of(patient)
    surviving, priors = own_identifiers_of(patient, 3), own_identifiers_of(prior, 1)
    if not priors:
        raise Hl7FieldError("MRG", 1, "the prior patient ID is missing", error_code="101")
    by_issuer = {identifier.issuer: identifier for identifier in reversed(surviving)}
    return [PatientMerge(patient=fields, survivor=by_issuer.get(old.issuer, surviving[0]), prior=old) for old in priors]


def _require_control_id(message: MessageReader) -> None:
    if not message.header.component(10):
        raise Hl7FieldError("MSH", 10, "the message control ID is missing", error_code="101")
