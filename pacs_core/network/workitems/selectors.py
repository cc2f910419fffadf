"""Find workitems (PS3.4 CC.2.8) and say what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from django.db.models import Func, Q, QuerySet, TextField, Value

from pacs_core.access.errors import NotVisible
from pacs_core.network.workitems import attributes
from pacs_core.network.workitems.errors import WorkitemInvalid
from pacs_core.network.workitems.models import Workitem
from pacs_core.standards.dicom.json_model import JsonObject
from pacs_core.standards.dicom.values import as_date, as_date_time

# Keyword, or path into a sequence -> where its value is in the JSON model; those that people and AI services search by.
_IN_DATASET: dict[str, tuple[str, ...]] = {
    "PatientID": ("00100020", "Value", "0"),
    "IssuerOfPatientID": ("00100021", "Value", "0"),
    "StudyInstanceUID": ("0020000D", "Value", "0"),
    "ProcedureStepLabel": ("00741204", "Value", "0"),
    "WorklistLabel": ("00741202", "Value", "0"),
    "ScheduledProcedureStepPriority": ("00741200", "Value", "0"),
    "InputReadinessState": ("00404041", "Value", "0"),
    "AdmissionID": ("00380010", "Value", "0"),
    "ScheduledWorkitemCodeSequence.CodeValue": ("00404018", "Value", "0", "00080100", "Value", "0"),
    "ScheduledStationNameCodeSequence.CodeValue": ("00404025", "Value", "0", "00080100", "Value", "0"),
    "ScheduledStationClassCodeSequence.CodeValue": ("00404026", "Value", "0", "00080100", "Value", "0"),
    "ReferencedRequestSequence.AccessionNumber": ("0040A370", "Value", "0", "00080050", "Value", "0"),
    "ReferencedRequestSequence.RequestedProcedureID": ("0040A370", "Value", "0", "00401001", "Value", "0"),
}
_COLUMNS = {"ProcedureStepState": "state", "SOPInstanceUID": "workitem_uid"}
_STARTS_AT = "ScheduledProcedureStepStartDateTime"
_MOMENT = r"\d{8}[\d.]*(?:[+-]\d{4})?"
_RANGE = re.compile(rf"({_MOMENT})?(?:(-)({_MOMENT})?)?")
_PATIENT_NAME = ("00100010", "Value", "0", "Alphabetic")
MATCHABLE = frozenset({*_IN_DATASET, *_COLUMNS, _STARTS_AT, "PatientName"})


def workitem(workitem_uid: str) -> Workitem:
    """Return the workitem or raise NotVisible."""
    found = Workitem.objects.filter(workitem_uid=workitem_uid).first()
    if found is None:
        raise NotVisible("No such workitem is visible.")
    return found


def find_workitems(matches: Mapping[str, tuple[str, ...]]) -> QuerySet[Workitem]:
    """Return the visible workitems that match all of these, in the order they are to begin; raises WorkitemInvalid."""
    rows = Workitem.objects.order_by("scheduled_at", "pk")
    for keyword, values in matches.items():
        if any("\0" in value for value in values):
            raise WorkitemInvalid(f"{keyword} has a NUL character, which no value has.")
        if keyword in _COLUMNS:
            rows = rows.filter(**{f"{_COLUMNS[keyword]}__in": values})
        elif keyword == _STARTS_AT:
            rows = rows.filter(_any(_within(value) for value in values))
        elif keyword == "PatientName":
            rows = rows.annotate(patient_name=_text(_PATIENT_NAME)).filter(_any(_named(value) for value in values))
        else:
            name = "value_of_" + keyword.replace(".", "_").lower()
            pattern = _any(Q(**{f"{name}__regex": f"^{_regex(value)}$"}) for value in values)
            rows = rows.annotate(**{name: _text(_IN_DATASET[keyword])}).filter(pattern)
    return rows


def model_of(found: Workitem) -> JsonObject:
    """Return the workitem's data set; the transaction UID is nobody's but its owner's."""
    own = {
        attributes.SOP_CLASS_UID: {"vr": "UI", "Value": [attributes.SOP_CLASS]},
        attributes.SOP_INSTANCE_UID: {"vr": "UI", "Value": [found.workitem_uid]},
        attributes.STATE: {"vr": "CS", "Value": [found.state]},
    }
    return dict(sorted((found.dataset | own).items()))


def _text(path: tuple[str, ...]) -> Func:
    return Func(
        "dataset", *(Value(step) for step in path), function="jsonb_extract_path_text", output_field=TextField()
    )


def _regex(value: str) -> str:
    escaped = {"*": ".*", "?": "."}
    return "".join(escaped.get(letter) or ("\\" + letter if not letter.isalnum() else letter) for letter in value)


def _named(value: str) -> Q:
    """Match a name without case; components left out at the end are the same as empty ones."""
    return Q(patient_name__iregex=f"^{_regex(value.rstrip('^'))}\\^*$")


def _any(parts: Iterable[Q]) -> Q:
    found = Q()
    for part in parts:
        found |= part
    return found


def _within(value: str) -> Q:
    match = _RANGE.fullmatch(value)
    first, dash, last = match.groups() if match else (None, None, None)
    start, end = _instant(first, at_end=False), _instant(last if dash else first, at_end=True)
    if start is None and end is None:
        raise WorkitemInvalid(f"{_STARTS_AT} is {value!r}, expected a date and time or a range of two.")
    found = Q()
    if start is not None:
        found &= Q(scheduled_at__gte=start)
    return found if end is None else found & Q(scheduled_at__lte=end)


def _instant(text: str | None, *, at_end: bool) -> datetime | None:
    """Read a day or a date and time in UTC; the end of a day when it closes a range."""
    if not text:
        return None
    day = as_date(text)
    if day is not None:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return start + timedelta(days=1, microseconds=-1) if at_end else start
    found = as_date_time(text)
    if found is None:
        raise WorkitemInvalid(f"{_STARTS_AT} has {text!r}, which is no date and time.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
