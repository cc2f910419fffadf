"""Orders as scheduled procedure steps of the Modality Worklist (PS3.4 K.6.1.2.2); named in flow.RESOLVERS."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydicom.dataset import Dataset

from hospitals.models import Hospital
from pacs_core.standards.dicom.writing import code_item, dataset_of
from worklist.models import Order
from worklist.selectors.modality_worklist import MATCHABLE, PRIORITY_TERMS, STATION, STATUS_TERMS, offered_orders


def scheduled_steps(
    matches: Mapping[str, tuple[str, ...]], *, hospital_id: int, calling_ae_title: str, limit: int
) -> tuple[list[Dataset], list[str]]:
    """Return up to `limit` matches, each with everything that can be asked for, and the keys that were not matched.

    Runs in the hospital's scope; raises MatchRefused.
    """
    hospital = Hospital.objects.get(pk=hospital_id)
    understood = {key: values for key, values in matches.items() if key in MATCHABLE}
    titles = understood.get(STATION, ())
    # An order for any station is for the one that asks.
    station = titles[0] if len(titles) == 1 and not set(titles[0]) & {"*", "?"} else calling_ae_title
    orders = offered_orders(hospital=hospital, matches=understood)[:limit]
    return [_step_of(order, hospital, station) for order in orders], sorted(set(matches) - MATCHABLE)


def _step_of(order: Any, hospital: Hospital, station: str) -> Dataset:
    return dataset_of(
        _patient(order)
        | _visit(order)
        | {
            "AccessionNumber": order.accession_number,
            "IssuerOfAccessionNumberSequence": [
                dataset_of({"LocalNamespaceEntityID": order.issuer_of_accession_number})
            ],
            "PlacerOrderNumberImagingServiceRequest": order.placer_order_number,
            "FillerOrderNumberImagingServiceRequest": order.filler_order_number,
            "ReferringPhysicianName": order.referring_physician_name,
            "RequestingPhysician": order.referring_physician_name,
            "StudyInstanceUID": order.study_instance_uid,
            "RequestedProcedureID": order.shown_procedure_id,
            "RequestedProcedureDescription": (order.procedure_description or order.procedure_code)[:64],
            "RequestedProcedureCodeSequence": _codes(
                order.procedure_code, order.procedure_scheme, order.procedure_description
            ),
            "RequestedProcedurePriority": PRIORITY_TERMS[order.priority],
            "ReasonForTheRequestedProcedure": " ".join(order.reason_for_study.split())[:64],
            "RequestedProcedureComments": order.clinical_information[:10_240],
            "PatientTransportArrangements": order.patient_transport,
            "ScheduledProcedureStepSequence": [_scheduled(order, hospital, station)],
        }
    )


def _scheduled(order: Any, hospital: Hospital, station: str) -> Dataset:
    local = order.scheduled_at.astimezone(hospital.zone)
    return dataset_of(
        {
            "ScheduledStationAETitle": order.scheduled_station_ae_title or station,
            "ScheduledProcedureStepStartDate": _day(local.date()),
            "ScheduledProcedureStepStartTime": local.strftime("%H%M%S"),
            "Modality": order.modality or "OT",
            "ScheduledPerformingPhysicianName": order.performing_physician_name,
            "ScheduledProcedureStepDescription": (order.protocol_text or order.procedure_description)[:64],
            "ScheduledStationName": order.scheduled_station_name[:16],
            "ScheduledProcedureStepLocation": order.scheduled_location[:16],
            "ScheduledProtocolCodeSequence": _codes(order.protocol_code, order.protocol_scheme, order.protocol_text),
            "ScheduledProcedureStepID": order.shown_step_id,
            "ScheduledProcedureStepStatus": STATUS_TERMS[order.status],
        }
    )


def _patient(order: Order) -> dict[str, Any]:
    patient = order.patient
    return {
        "PatientName": patient.name,
        "PatientID": patient.patient_id,
        "IssuerOfPatientID": patient.issuer_of_patient_id,
        "PatientBirthDate": _day(patient.birth_date),
        "PatientSex": patient.sex,
        "PregnancyStatus": order.pregnancy_status,
        "Allergies": [line[:64] for line in order.allergies.split("\n") if line],
        "PatientState": order.patient_state,
    }


def _visit(order: Order) -> dict[str, Any]:
    return {"AdmissionID": order.admission_id, "CurrentPatientLocation": order.patient_location}


def _codes(value: str, scheme: str, meaning: str) -> list[Dataset]:
    return [code_item(value, scheme, meaning)] if value else []


def _day(day: date | None) -> str:
    return day.strftime("%Y%m%d") if day else ""
