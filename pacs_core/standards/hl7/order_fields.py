"""Single facts of an order group: which of several fields holds each, by standard and by habit of the senders."""

import re
from datetime import datetime

from pacs_core.standards.hl7.errors import Hl7FieldError
from pacs_core.standards.hl7.order_group import OrderEvent, OrderGroup
from pacs_core.standards.hl7.reader import component_of
from pacs_core.standards.hl7.values import as_dicom_person_name, as_timestamp
from pacs_core.standards.vocabulary import Priority, priority_of_hl7

# HL7 table 0119; SN, NA, OK and other answers to a placer are no orders
_EVENTS: dict[str, OrderEvent] = {
    "NW": "new",
    "XO": "change",
    "XX": "change",
    "RP": "change",
    "SC": "change",
    "CA": "cancel",
    "OC": "cancel",
    "DC": "cancel",
    "OD": "cancel",
}
# HL7 table 0074 where it differs from DICOM's modalities; RAD and IMG name a department
_MODALITIES = {"NMR": "MR", "RUS": "US", "CUS": "US", "VUS": "US", "OUS": "US", "RX": "CR", "XRC": "RF", "NMS": "NM"}
_DEPARTMENTS = frozenset({"RAD", "IMG", "RADIOLOGY", "OTH"})
_SIDES = {
    "L": "L",
    "LT": "L",
    "LEFT": "L",
    "7771000": "L",
    "R": "R",
    "RT": "R",
    "RIGHT": "R",
    "24028007": "R",
    "B": "B",
    "BI": "B",
    "BIL": "B",
    "BILATERAL": "B",
    "BOTH": "B",
    "51440002": "B",
}
_SIDE_WORDS = re.compile(r"\b(LEFT|RIGHT|BILATERAL|BOTH)\b")


def event_of(group: OrderGroup) -> tuple[OrderEvent, str]:
    """Return the kind of event and ORC-1; a changed status (SC) whose ORC-5 says cancelled is a cancellation."""
    control = group.common_order.component(1).upper()
    if not control:
        raise Hl7FieldError("ORC", 1, "the order control is missing", error_code="101")
    if (event := _EVENTS.get(control)) is None:
        raise Hl7FieldError("ORC", 1, f"the order control is not one of {', '.join(_EVENTS)}", error_code="103")
    if control == "SC" and group.common_order.component(5).upper() in {"CA", "DC"}:
        return "cancel", control
    return event, control


def priority_of(group: OrderGroup) -> Priority:
    """Return TQ1-9, ORC-7.6, OBR-27.6 or the withdrawn OBR-5, whichever comes first; routine when none says."""
    request = group.request
    words = [
        group.timing.component(9) if group.timing else "",
        group.common_order.component(7, 6),
        request.component(27, 6) if request else "",
        request.component(5) if request else "",
    ]
    for word in words:
        if priority := priority_of_hl7(word):
            return priority
    return "routine"


def requested_at_of(group: OrderGroup) -> datetime | None:
    """Return when the examination is wanted; without one, when the order was placed (ORC-9)."""
    request = group.request
    candidates = [
        group.timing.component(7) if group.timing else "",
        group.common_order.component(7, 4),
        request.component(27, 4) if request else "",
        request.component(36) if request else "",
        request.component(6) if request else "",
        group.common_order.component(9),
    ]
    return next((moment for value in candidates if (moment := as_timestamp(value))), None)


def procedure_of(group: OrderGroup) -> tuple[str, str, str]:
    """Return (code, text, scheme) of OBR-4, or OBR-44 where OBR-4 is empty."""
    for field in (4, 44):
        components = group.request.components(field) if group.request else []
        code, text, scheme = (component_of(components, number) for number in (1, 2, 3))
        if code or text:
            return code, text or code, scheme
    return "", "", ""


def modality_of(group: OrderGroup) -> str:
    """Return IPC-5, or OBR-24 translated from HL7 table 0074."""
    code = group.imaging_procedure.component(5) if group.imaging_procedure else ""
    code = (code or (group.request.component(24) if group.request else "")).upper()
    return "" if code in _DEPARTMENTS else _MODALITIES.get(code, code)


def body_site_of(group: OrderGroup) -> str:
    """Return the text, or the code, of OBR-15.4 (body site of the specimen source)."""
    if group.request is None:
        return ""
    parts = group.request.subcomponents(group.request.component(15, 4))
    return next((part.strip().upper() for part in (parts[1:2] + parts[:1]) if part.strip()), "")


def laterality_of(group: OrderGroup, procedure_text: str) -> str:
    """Return the side: OBR-15.5 (site modifier), a lone side in OBR-15.1, OBR-46, else the words of the procedure."""
    if group.request is None:
        return ""
    coded = [*group.request.subcomponents(group.request.component(15, 5)), group.request.component(15, 1)]
    coded += [component for repetition in group.request.repetitions(46) for component in repetition[:2]]
    for word in coded:
        if side := _SIDES.get(word.strip().upper()):
            return side
    sides = {_SIDES[word] for word in _SIDE_WORDS.findall(procedure_text.upper())}
    return "B" if len(sides) > 1 else next(iter(sides), "")


def reason_of(group: OrderGroup) -> str:
    """Return the texts of OBR-31, one a line; a repetition without a text gives its code."""
    if group.request is None:
        return ""
    reasons = [component_of(parts, 2) or component_of(parts, 1) for parts in group.request.repetitions(31)]
    return "\n".join(reason for reason in reasons if reason)


def physician_of(group: OrderGroup) -> tuple[str, str]:
    """Return (ID, DICOM name) of the ordering provider, OBR-16 or ORC-12."""
    for segment, field in ((group.request, 16), (group.common_order, 12)):
        if segment and any(components := segment.components(field)):
            return _physician(components)
    return "", ""


def _physician(components: list[str]) -> tuple[str, str]:
    return component_of(components, 1), as_dicom_person_name(components, family_first=2)
