"""What an order says for the scanner's worklist: the scheduled step, where and by whom, the visit, what to heed.

An OMI^O23 has it in IPC, an ORM^O01 in OBR (IHE RAD TF-2, RAD-4, and its mapping to the Modality Worklist, appendix B).
"""

from dataclasses import dataclass

from pacs_core.standards.hl7.order_group import OrderGroup
from pacs_core.standards.hl7.reader import MessageReader, SegmentReader, component_of
from pacs_core.standards.hl7.values import as_dicom_person_name

# PV1-15 (HL7 table 0009) -> PregnancyStatus (0010,21C0), PS3.3 C.7.1.3: only "pregnant" has a code.
_PREGNANT, _DEFINITELY_PREGNANT = "B6", 3


@dataclass(frozen=True, kw_only=True)
class Scheduling:
    """Text is "" when absent; the name is a DICOM person name; allergies stand one a line."""

    requested_procedure_id: str = ""
    scheduled_procedure_step_id: str = ""
    scheduled_station_ae_title: str = ""
    scheduled_station_name: str = ""
    scheduled_location: str = ""
    performing_physician_name: str = ""
    protocol_code: str = ""
    protocol_scheme: str = ""
    protocol_text: str = ""
    admission_id: str = ""
    patient_location: str = ""
    patient_transport: str = ""
    patient_state: str = ""
    pregnancy_status: int | None = None
    allergies: str = ""


def scheduling_of(message: MessageReader, group: OrderGroup) -> Scheduling:
    request, step, visit = group.request, group.imaging_procedure, message.first("PV1")
    protocol_code, protocol_text, protocol_scheme = _protocol_of(group)
    return Scheduling(
        requested_procedure_id=_first((step, 2), (request, 19)),
        scheduled_procedure_step_id=_first((step, 4), (request, 20)),
        # RAD-4 gives an ORM^O01 no field for the station.
        scheduled_station_ae_title=_first((step, 9)),
        scheduled_station_name=_first((step, 7)),
        scheduled_location=_first((step, 8)),
        performing_physician_name=_performing_physician_of(request),
        protocol_code=protocol_code,
        protocol_scheme=protocol_scheme,
        protocol_text=protocol_text,
        admission_id=_first((visit, 19), (message.first("PID"), 18)),
        patient_location=" ".join(part for part in visit.components(3)[:3] if part) if visit else "",
        patient_transport=_first((request, 30)),
        patient_state=request.component(12, 2) or request.component(12) if request else "",
        pregnancy_status=_pregnancy_of(visit),
        allergies="\n".join(_allergies_of(message)),
    )


def _first(*fields: tuple[SegmentReader | None, int]) -> str:
    """Return the first component of the first of these fields that has one."""
    return next((value for segment, field in fields if segment and (value := segment.component(field))), "")


def _protocol_of(group: OrderGroup) -> tuple[str, str, str]:
    """Return (code, text, scheme) of IPC-6, or the second triple of OBR-4 (RAD-4: the scheduled action item)."""
    step = group.imaging_procedure.components(6) if group.imaging_procedure else []
    request = group.request.components(4)[3:] if group.request else []
    for components in (step, request):
        code, text, scheme = (component_of(components, number) for number in (1, 2, 3))
        if code or text:
            return code, text or code, scheme
    return "", "", ""


def _performing_physician_of(request: SegmentReader | None) -> str:
    """Return OBR-34, whose first component is a whole name in its subcomponents (NDL), or an XCN as many send it."""
    if request is None or not (components := request.components(34)):
        return ""
    parts = request.subcomponents(components[0])
    return as_dicom_person_name(parts if len(parts) > 1 else components, family_first=2)


def _pregnancy_of(visit: SegmentReader | None) -> int | None:
    codes = {component_of(parts, 1).upper() for parts in visit.repetitions(15)} if visit else set()
    return _DEFINITELY_PREGNANT if _PREGNANT in codes else None


def _allergies_of(message: MessageReader) -> list[str]:
    """Return the texts of AL1-3, or their codes."""
    segments = [segment for segment in message.segments if segment.name == "AL1"]
    texts = [segment.component(3, 2) or segment.component(3) for segment in segments]
    return [text for text in texts if text]
