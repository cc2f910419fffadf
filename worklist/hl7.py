"""Imaging orders by HL7 v2 (ORM^O01, OMI^O23; IHE RAD-4) into orders; named in flow.HL7_MESSAGES."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from hospitals.models import Hospital
from pacs_core.standards.hl7.errors import Hl7FieldError
from pacs_core.standards.hl7.messages import ImagingOrderMessage, orders_of
from pacs_core.standards.hl7.reader import MessageReader
from pacs_core.standards.hl7.scheduling import Scheduling
from worklist.errors import OrderNotUsable
from worklist.models import Order
from worklist.services.orders import OrderDetails, OrderedPatient, cancel_order, change_order, place_order

_SERVICES = {"new": place_order, "change": change_order, "cancel": cancel_order}


@transaction.atomic
def receive_imaging_orders(message: MessageReader, hospital_id: int) -> list[Order]:
    """Apply all orders of one message or none; Hl7FieldError names the segment and field that cannot be used."""
    hospital = Hospital.objects.get(pk=hospital_id)
    return [_apply(order, hospital) for order in orders_of(message)]


def _apply(order: ImagingOrderMessage, hospital: Hospital) -> Order:
    details = OrderDetails(
        accession_number=_short(order.accession_number, 64, "OBR", 18),
        issuer_of_accession_number=order.issuer_of_accession_number[:64] or hospital.issuer_of_accession_number,
        placer_order_number=_short(order.placer_order_number, 100, "ORC", 2),
        filler_order_number=_short(order.filler_order_number, 100, "ORC", 3),
        study_instance_uid=order.study_instance_uid,
        priority=order.priority,
        procedure_code=order.procedure_code[:64],
        procedure_description=order.procedure_text[:200],
        modality=order.modality[:16],
        body_part=order.body_site[:40],
        laterality=order.laterality,
        patient_class=order.patient_class[:10].upper(),
        clinical_information=order.clinical_information,
        reason_for_study=order.reason_for_study,
        referring_physician_name=order.ordering_physician_name[:324],
        referring_physician_identifier=order.ordering_physician_id[:64],
        requested_at=_aware(order.requested_at, hospital.zone),
        procedure_scheme=order.procedure_scheme[:16],
        **_scheduling(order.scheduling),
    )
    patient = OrderedPatient(
        patient_id=_short(order.patient_id, 64, "PID", 3),
        issuer=order.issuer_of_patient_id[:64] or hospital.issuer_of_patient_id,
        name=order.patient_name[:324],
        birth_date=order.birth_date,
        sex=order.sex,
        identifiers=order.other_patient_identifiers,
    )
    try:
        return _SERVICES[order.event](
            hospital_id=hospital.pk,
            patient=patient,
            details=details,
            message_at=_aware(order.message_at, hospital.zone),
        )
    except OrderNotUsable as error:
        raise Hl7FieldError("OBR", 18, str(error).rstrip("."), error_code="101") from error


def _scheduling(scheduling: Scheduling) -> dict[str, Any]:
    """Return the scheduled step as OrderDetails names it, text cut to what an order holds."""
    text = {name: value for name, value in asdict(scheduling).items() if isinstance(value, str)}
    cut = {name: value[: Order._meta.get_field(name).max_length] for name, value in text.items()}
    return cut | {
        "requested_procedure_id": _short(scheduling.requested_procedure_id, 64, "OBR", 19),
        "scheduled_procedure_step_id": _short(scheduling.scheduled_procedure_step_id, 64, "OBR", 20),
        "scheduled_station_ae_title": _short(scheduling.scheduled_station_ae_title, 16, "IPC", 9),
        "pregnancy_status": scheduling.pregnancy_status,
    }


def _short(value: str, limit: int, segment: str, field: int) -> str:
    """Return an identifier; one that would have to be cut is refused, since a cut one names something else."""
    if len(value) > limit:
        raise Hl7FieldError(segment, field, f"the identifier is longer than {limit} characters")
    return value


def _aware(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Read a time without offset as the hospital's local time (2.A.22)."""
    return moment.replace(tzinfo=zone) if moment is not None and moment.tzinfo is None else moment
