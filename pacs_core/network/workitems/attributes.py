"""The attributes of unified procedure steps that are judged here (PS3.4 CC.2.5), in the DICOM JSON model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydicom.datadict import dictionary_VR, keyword_for_tag

from pacs_core.network.workitems.errors import WorkitemInvalid
from pacs_core.standards.dicom.json_model import JsonObject
from pacs_core.standards.dicom.values import as_date_time

SOP_CLASS = "1.2.840.10008.5.1.4.34.6.1"
SOP_CLASS_UID, SOP_INSTANCE_UID, TRANSACTION_UID = "00080016", "00080018", "00081195"
STATE, LABEL, PRIORITY = "00741000", "00741204", "00741200"
STARTS_AT, READINESS, PROGRESS, PERFORMED = "00404005", "00404041", "00741002", "00741216"
REASON_FOR_CANCELLATION, DISCONTINUATION_REASON, CONTACT_URI, CONTACT_NAME = (
    *("00741238", "0074100E", "0074100A", "0074100C"),
)
PRIORITIES = ("HIGH", "MEDIUM", "LOW")
READINESSES = ("READY", "INCOMPLETE", "UNAVAILABLE")
# Said by columns, or never changed by who updates.
_OURS = frozenset({SOP_CLASS_UID, SOP_INSTANCE_UID, TRANSACTION_UID, STATE})
# What a performed procedure must tell before it is over (PS3.4 table CC.2.5-3, final state R).
_FINAL = {"00404019": "PerformedWorkitemCodeSequence", "00404050": "start", "00404051": "end"}


def value_of(model: JsonObject, tag: str) -> Any:
    """Return the first value, None when there is none."""
    values = model.get(tag, {}).get("Value") or [None]
    return values[0]


def checked_new(model: JsonObject) -> JsonObject:
    """Return the attributes to keep of a workitem that is created; raises WorkitemInvalid."""
    if value_of(model, STATE) != "SCHEDULED":
        raise WorkitemInvalid("ProcedureStepState (0074,1000) must be SCHEDULED in a new workitem.")
    if value_of(model, TRANSACTION_UID):
        raise WorkitemInvalid("TransactionUID (0008,1195) must be empty in a new workitem.")
    for tag in (LABEL, PRIORITY, STARTS_AT, READINESS):
        if value_of(model, tag) in (None, ""):
            raise WorkitemInvalid(f"{_named(tag)} is missing.")
    kept = {tag: element for tag, element in model.items() if tag not in _OURS}
    _check_values(kept)
    return kept


def checked_changes(model: JsonObject) -> JsonObject:
    """Return the attributes of an update; raises WorkitemInvalid for those that it must not have."""
    if forbidden := [_named(tag) for tag in (STATE, SOP_CLASS_UID, SOP_INSTANCE_UID) if tag in model]:
        raise WorkitemInvalid(f"An update does not change {', '.join(forbidden)}.")
    changes = {tag: element for tag, element in model.items() if tag not in _OURS}
    if not changes:
        raise WorkitemInvalid("The update holds no attribute to change.")
    _check_values(changes)
    return changes


def starts_at(model: JsonObject) -> datetime:
    """Return when the step is to begin; without an offset the time is UTC."""
    found = as_date_time(str(value_of(model, STARTS_AT)))
    if found is None:
        raise WorkitemInvalid(f"{_named(STARTS_AT)} is no date and time.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def missing_at_the_end(dataset: JsonObject) -> str:
    """Name what a performed procedure does not tell yet, empty when nothing is missing."""
    first = value_of(dataset, PERFORMED)
    performed = first if isinstance(first, dict) else {}
    return ", ".join(_named(tag) for tag in _FINAL if not value_of(performed, tag))


def _check_values(model: JsonObject) -> None:
    for tag, allowed in ((PRIORITY, PRIORITIES), (READINESS, READINESSES)):
        if tag in model and value_of(model, tag) not in allowed:
            raise WorkitemInvalid(f"{_named(tag)} must be one of {', '.join(allowed)}.")
    if STARTS_AT in model:
        starts_at(model)
    for tag, element in model.items():
        if not isinstance(element, dict) or not isinstance(element.get("Value", []), list):
            raise WorkitemInvalid(f"{tag} is no element of the DICOM JSON model.")
        if "BulkDataURI" in element:
            raise WorkitemInvalid(f"{_named(tag)} is bulk data, which a workitem does not keep.")


def _named(tag: str) -> str:
    try:
        name = keyword_for_tag(int(tag, 16))
        return f"{name or dictionary_VR(int(tag, 16))} ({tag[:4]},{tag[4:]})"
    except (KeyError, ValueError):
        return tag
