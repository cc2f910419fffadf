"""Imaging orders as an order filler sends them, for the demonstration network and the tests (IHE RAD-4)."""

from datetime import datetime

from pacs_core.standards.hl7.building import components, escape, segment, timestamp
from pacs_core.standards.hl7.messages import ImagingOrderMessage
from pacs_core.standards.vocabulary import Priority

_PRIORITY_CODES: dict[Priority, str] = {"stat": "S", "urgent": "A", "routine": "R"}
_NAME_KINDS = ("A", "I", "P")


def build_order_message(*orders: ImagingOrderMessage) -> bytes:
    """Build one ORM^O01 or OMI^O23, by the first order's `message_type`, in UTF-8 and unframed.

    Sender, patient and control ID are the first order's too. The same orders give the same bytes.
    """
    first = orders[0]
    is_omi = first.message_type == "OMI^O23"
    segments = [_header(first), _patient(first)]
    if first.patient_class:
        segments.append(segment("PV1", {2: escape(first.patient_class)}))
    for order in orders:
        segments += _omi_order(order) if is_omi else _orm_order(order)
    return ("\r".join(segments) + "\r").encode()


def _header(order: ImagingOrderMessage) -> str:
    return segment(
        "MSH",
        {
            3: escape(order.sending_application),
            4: escape(order.sending_facility),
            5: escape(order.receiving_application),
            6: escape(order.receiving_facility),
            7: _moment(order.message_at),
            9: "OMI^O23^OMI_O23" if order.message_type == "OMI^O23" else "ORM^O01^ORM_O01",
            10: escape(order.message_control_id),
            11: "P",
            12: "2.5.1" if order.message_type == "OMI^O23" else "2.3.1",
            18: "UNICODE UTF-8",
        },
    )


def _patient(order: ImagingOrderMessage) -> str:
    return segment(
        "PID",
        {
            1: "1",
            3: components(order.patient_id, "", "", order.issuer_of_patient_id, "MR"),
            5: _patient_name(order.patient_name),
            7: order.birth_date.strftime("%Y%m%d") if order.birth_date else "",
            8: escape(order.sex),
        },
    )


def _patient_name(name: str) -> str:
    repetitions = []
    for kind, group in zip(_NAME_KINDS, name.split("="), strict=False):
        if group:
            family, given, middle, prefix, suffix = (group.split("^") + [""] * 5)[:5]
            kind_and_type = ("", "L", kind) if "=" in name else ()
            repetitions.append(components(family, given, middle, suffix, prefix, *kind_and_type))
    return "~".join(repetitions)


def _orm_order(order: ImagingOrderMessage) -> list[str]:
    timing = components("", "", "", _moment(order.requested_at), "", _PRIORITY_CODES[order.priority])
    request = _request(order) | {
        18: _entity(order.accession_number, order.issuer_of_accession_number),
        19: escape(order.scheduling.requested_procedure_id),
        20: escape(order.scheduling.scheduled_procedure_step_id),
        24: escape(order.modality),
        27: timing,
    }
    segments = [_common_order(order, timing), segment("OBR", request)]
    if order.study_instance_uid:
        segments.append(segment("ZDS", {1: components(order.study_instance_uid, "MERIDIAN", "Application", "DICOM")}))
    return segments


def _omi_order(order: ImagingOrderMessage) -> list[str]:
    timing = {1: "1", 7: _moment(order.requested_at), 9: _PRIORITY_CODES[order.priority]}
    procedure = {
        1: _entity(order.accession_number, order.issuer_of_accession_number),
        2: escape(order.scheduling.requested_procedure_id),
        3: escape(order.study_instance_uid),
        4: escape(order.scheduling.scheduled_procedure_step_id),
        5: escape(order.modality),
    }
    return [
        _common_order(order, ""),
        segment("TQ1", timing),
        segment("OBR", _request(order)),
        segment("IPC", procedure),
    ]


def _common_order(order: ImagingOrderMessage, timing: str) -> str:
    return segment(
        "ORC",
        {
            1: escape(order.order_control),
            2: _entity(order.placer_order_number, order.placer_authority),
            3: _entity(order.filler_order_number, order.filler_authority),
            7: timing,
            9: _moment(order.message_at),
            12: _physician(order),
        },
    )


def _request(order: ImagingOrderMessage) -> dict[int, str]:
    site = f"{escape(order.body_site)}" if order.body_site else ""
    specimen = f"^^^{site}^{escape(order.laterality)}".rstrip("^")
    return {
        1: "1",
        2: _entity(order.placer_order_number, order.placer_authority),
        3: _entity(order.filler_order_number, order.filler_authority),
        4: components(order.procedure_code, order.procedure_text, order.procedure_scheme),
        13: escape(order.clinical_information),
        15: specimen,
        16: _physician(order),
        31: "~".join(f"^{escape(reason)}" for reason in order.reason_for_study.split("\n") if reason),
    }


def _physician(order: ImagingOrderMessage) -> str:
    family, given, middle, prefix, suffix = (order.ordering_physician_name.split("^") + [""] * 5)[:5]
    return components(order.ordering_physician_id, family, given, middle, suffix, prefix)


def _entity(number: str, authority: str) -> str:
    return components(number, authority) if number else ""


def _moment(moment: datetime | None) -> str:
    return timestamp(moment) if moment else ""
