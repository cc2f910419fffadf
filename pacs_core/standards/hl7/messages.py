"""Imaging orders as they come by HL7 v2: ORM^O01 and OMI^O23 (IHE RAD TF-2, transaction RAD-4, Fill Order Management).

RAD-4 puts the identifiers of a requested procedure into OBR-18 (accession number), OBR-19 (requested procedure ID),
OBR-20 (scheduled procedure step ID) and ZDS-1 (Study Instance UID) of an ORM^O01, and into IPC-1 to IPC-4 of an
OMI^O23. A message may carry several orders, each beginning with its ORC; one ZDS serves all of them.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from pacs_core.standards.dicom.uid import unusable_uid_reason
from pacs_core.standards.hl7.errors import Hl7FieldError, Hl7MessageTypeNotSupported
from pacs_core.standards.hl7.order_fields import (
    body_site_of,
    event_of,
    laterality_of,
    modality_of,
    physician_of,
    priority_of,
    procedure_of,
    reason_of,
    requested_at_of,
)
from pacs_core.standards.hl7.order_group import OrderEvent, OrderGroup, divide_orders
from pacs_core.standards.hl7.patient_fields import other_identifiers_of, patient_identifier_of, sex_of
from pacs_core.standards.hl7.reader import MessageReader, SegmentReader, read_message
from pacs_core.standards.hl7.scheduling import Scheduling, scheduling_of
from pacs_core.standards.hl7.values import as_authority, as_birth_date, as_entity, as_patient_name, as_timestamp
from pacs_core.standards.identifiers import OtherIdentifier
from pacs_core.standards.vocabulary import Priority

MESSAGE_TYPES = frozenset({"ORM^O01", "OMI^O23"})


@dataclass(frozen=True, kw_only=True)
class ImagingOrderMessage:
    """One order. Text is "" when absent; times are aware when the sender gave an offset, else its local time.

    Names are DICOM person names; laterality is L, R, B or ""; modality is DICOM's code.
    """

    sending_application: str = ""
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    message_control_id: str
    message_type: str
    message_at: datetime | None = None
    event: OrderEvent
    order_control: str

    patient_id: str
    issuer_of_patient_id: str = ""
    other_patient_identifiers: tuple[OtherIdentifier, ...] = ()
    patient_name: str = ""
    birth_date: date | None = None
    sex: str = ""
    patient_class: str = ""

    placer_order_number: str = ""
    placer_authority: str = ""
    filler_order_number: str = ""
    filler_authority: str = ""
    accession_number: str = ""
    issuer_of_accession_number: str = ""
    study_instance_uid: str = ""

    procedure_code: str = ""
    procedure_scheme: str = ""
    procedure_text: str = ""
    modality: str = ""
    body_site: str = ""
    laterality: str = ""
    priority: Priority = "routine"
    reason_for_study: str = ""
    clinical_information: str = ""
    ordering_physician_id: str = ""
    ordering_physician_name: str = ""
    requested_at: datetime | None = None
    scheduling: Scheduling = field(default_factory=Scheduling)


def parse_order_message(data: bytes) -> list[ImagingOrderMessage]:
    """Read the orders of one message; raises Hl7SyntaxError, Hl7MessageTypeNotSupported or Hl7FieldError.

    A message with one unusable order is refused whole, so that the acknowledgement says the truth about all of it.
    """
    return orders_of(read_message(data))


def orders_of(message: MessageReader) -> list[ImagingOrderMessage]:
    header = message.header
    message_type = "^".join(header.components(9)[:2])
    if message_type not in MESSAGE_TYPES:
        raise Hl7MessageTypeNotSupported(message_type)
    if not header.component(10):
        raise Hl7FieldError("MSH", 10, "the message control ID is missing", error_code="101")
    patient = message.require("PID")
    groups = divide_orders(message)
    if not groups:
        raise Hl7FieldError("ORC", 0, "the segment is missing", error_code="100")
    return [_order(message, message_type, patient, group) for group in groups]


def _order(message: MessageReader, message_type: str, patient: SegmentReader, group: OrderGroup) -> ImagingOrderMessage:
    header = message.header
    visit = message.first("PV1")
    patient_id, issuer_of_patient_id = patient_identifier_of(patient)
    event, order_control = event_of(group)
    placer, filler = _order_number(group, 2), _order_number(group, 3)
    accession_number, issuer_of_accession_number = _accession_number(group)
    if not accession_number and (event == "new" or not (placer[0] or filler[0])):
        raise Hl7FieldError("OBR", 18, "there is no accession number, in IPC-1 and OBR-3 neither", error_code="101")
    procedure_code, procedure_text, procedure_scheme = procedure_of(group)
    physician_id, physician_name = physician_of(group)
    return ImagingOrderMessage(
        sending_application=as_authority(header, header.component(3)),
        sending_facility=as_authority(header, header.component(4)),
        receiving_application=as_authority(header, header.component(5)),
        receiving_facility=as_authority(header, header.component(6)),
        message_control_id=header.component(10),
        message_type=message_type,
        message_at=as_timestamp(header.component(7)),
        event=event,
        order_control=order_control,
        patient_id=patient_id,
        issuer_of_patient_id=issuer_of_patient_id,
        other_patient_identifiers=other_identifiers_of(patient),
        patient_name=as_patient_name(patient.repetitions(5)),
        birth_date=as_birth_date(patient.component(7)),
        sex=sex_of(patient),
        patient_class=visit.component(2) if visit else "",
        placer_order_number=placer[0],
        placer_authority=placer[1],
        filler_order_number=filler[0],
        filler_authority=filler[1],
        accession_number=accession_number,
        issuer_of_accession_number=issuer_of_accession_number,
        study_instance_uid=_study_instance_uid(group),
        procedure_code=procedure_code,
        procedure_scheme=procedure_scheme,
        procedure_text=procedure_text,
        modality=modality_of(group),
        body_site=body_site_of(group),
        laterality=laterality_of(group, procedure_text),
        priority=priority_of(group),
        reason_for_study=reason_of(group),
        clinical_information=group.request.text(13) if group.request else "",
        ordering_physician_id=physician_id,
        ordering_physician_name=physician_name,
        requested_at=requested_at_of(group),
        scheduling=scheduling_of(message, group),
    )


def _order_number(group: OrderGroup, field: int) -> tuple[str, str]:
    """Return (number, authority) of the placer (2) or filler (3) order number, the same field in ORC and OBR."""
    for segment in (group.common_order, group.request):
        if segment and (number := as_entity(segment, field))[0]:
            return number
    return "", ""


def _accession_number(group: OrderGroup) -> tuple[str, str]:
    """Return (accession number, issuer): IPC-1, OBR-18, else the filler order number, which often is the same."""
    if group.imaging_procedure and (number := as_entity(group.imaging_procedure, 1))[0]:
        return number
    if group.request and (number := as_entity(group.request, 18))[0]:
        return number
    return _order_number(group, 3)


def _study_instance_uid(group: OrderGroup) -> str:
    for segment, number in ((group.imaging_procedure, 3), (group.study, 1)):
        if segment and (uid := segment.component(number)):
            if reason := unusable_uid_reason(uid):
                raise Hl7FieldError(segment.name, number, f"the Study Instance UID is not valid: {reason}")
            return uid
    return ""
