"""Which orders a scanner is offered (PS3.4 K): those still to be examined, matched by the keys it asks with."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.db.models import Case, CharField, F, Func, Q, QuerySet, TimeField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat

from hospitals.models import Hospital
from pacs_core.archive.errors import MatchRefused
from pacs_core.archive.names import GROUPS, FoldedGroup
from pacs_core.archive.selectors.matching import day_range, match_by_vr, time_range
from worklist.models import Order, Priority

Matches = Mapping[str, tuple[str, ...]]

STEP = "ScheduledProcedureStepSequence."
STATION, START_DATE, START_TIME, STATUS = (
    f"{STEP}{name}"
    for name in (
        "ScheduledStationAETitle",
        "ScheduledProcedureStepStartDate",
        "ScheduledProcedureStepStartTime",
        "ScheduledProcedureStepStatus",
    )
)
PRIORITY = "RequestedProcedurePriority"
# PS3.3 C.4.10: what an order that is offered is called there.
STATUS_TERMS = {Order.Status.ORDERED: "SCHEDULED", Order.Status.IN_PROGRESS: "STARTED"}
PRIORITY_TERMS = {Priority.STAT: "STAT", Priority.URGENT: "HIGH", Priority.ROUTINE: "ROUTINE"}

# Key, in a sequence by its path -> where an order has it.
PATHS = {
    "PatientName": "patient__name",
    "PatientID": "patient__patient_id",
    "IssuerOfPatientID": "patient__issuer_of_patient_id",
    "PatientBirthDate": "patient__birth_date",
    "PatientSex": "patient__sex",
    "AccessionNumber": "accession_number",
    "IssuerOfAccessionNumberSequence.LocalNamespaceEntityID": "issuer_of_accession_number",
    "PlacerOrderNumberImagingServiceRequest": "placer_order_number",
    "FillerOrderNumberImagingServiceRequest": "filler_order_number",
    "ReferringPhysicianName": "referring_physician_name",
    "RequestingPhysician": "referring_physician_name",
    "StudyInstanceUID": "study_instance_uid",
    "RequestedProcedureID": "shown_procedure_id",
    "RequestedProcedureDescription": "procedure_description",
    "RequestedProcedureCodeSequence.CodeValue": "procedure_code",
    "RequestedProcedureCodeSequence.CodingSchemeDesignator": "procedure_scheme",
    "AdmissionID": "admission_id",
    "CurrentPatientLocation": "patient_location",
    f"{STEP}Modality": "modality",
    f"{STEP}ScheduledStationName": "scheduled_station_name",
    f"{STEP}ScheduledProcedureStepLocation": "scheduled_location",
    f"{STEP}ScheduledPerformingPhysicianName": "performing_physician_name",
    f"{STEP}ScheduledProcedureStepDescription": "procedure_description",
    f"{STEP}ScheduledProcedureStepID": "shown_step_id",
    f"{STEP}ScheduledProtocolCodeSequence.CodeValue": "protocol_code",
    f"{STEP}ScheduledProtocolCodeSequence.CodingSchemeDesignator": "protocol_scheme",
}
MATCHABLE = frozenset({*PATHS, STATION, START_DATE, START_TIME, STATUS, PRIORITY})


def offered_orders(*, hospital: Hospital, matches: Matches) -> QuerySet[Order]:
    """Return the hospital's orders that wait or are being examined, by their time `scheduled_at`.

    An order whose RIS names no station is offered to each one that asks; one without a time counts from when it came.
    Raises MatchRefused.
    """
    orders = (
        Order.objects.filter(hospital=hospital, status__in=STATUS_TERMS)
        .select_related("patient")
        .annotate(
            scheduled_at=Coalesce("requested_at", "created_at"),
            shown_procedure_id=_own_or_made("requested_procedure_id", "R"),
            shown_step_id=_own_or_made("scheduled_procedure_step_id", "S"),
        )
        .alias(**_folded_groups("referring_physician_name"), **_folded_groups("performing_physician_name"))
    )
    for key, values in matches.items():
        if key in PATHS:
            orders = orders.filter(match_by_vr(PATHS[key], key.split(".")[-1], values))
    if titles := matches.get(STATION):
        named = match_by_vr("scheduled_station_ae_title", "ScheduledStationAETitle", titles)
        orders = orders.filter(Q(scheduled_station_ae_title="") | named)
    orders = _with_term(orders, "status", STATUS_TERMS, matches.get(STATUS))
    orders = _with_term(orders, "priority", PRIORITY_TERMS, matches.get(PRIORITY))
    return _at_time(orders, matches, hospital).order_by("scheduled_at", "pk")


def _folded_groups(field: str) -> dict[str, FoldedGroup]:
    """Return the groups of a name as they are matched; few orders wait at a time, so they need no columns."""
    return {f"{field}_{group}": FoldedGroup(field, Value(number)) for number, group in enumerate(GROUPS, start=1)}


def _own_or_made(field: str, letter: str) -> Case:
    """Return the RIS's own identifier, else one made of the order's number: both are of type 1."""
    made = Concat(Value(letter), Cast("pk", CharField()), output_field=CharField())
    return Case(When(**{field: "", "then": made}), default=field, output_field=CharField())


def _with_term(
    orders: QuerySet[Order], field: str, terms: Mapping[Any, str], wanted: tuple[str, ...] | None
) -> QuerySet[Order]:
    if wanted is None:
        return orders
    return orders.filter(**{f"{field}__in": [word for word, term in terms.items() if term in wanted]})


def _at_time(orders: QuerySet[Order], matches: Matches, hospital: Hospital) -> QuerySet[Order]:
    """Match date and time by the hospital's clock; two ranges are one, from date and time to date and time (K.6.1.2.2).

    Otherwise they are matched each for itself, as a single time is a time of each day.
    """
    day, clock = _one_value(matches, START_DATE), _one_value(matches, START_TIME)
    first_day, last_day = day_range("ScheduledProcedureStepStartDate", day) if day else (None, None)
    earliest, latest = time_range("ScheduledProcedureStepStartTime", clock) if clock else (None, None)
    is_combined = "-" in day and "-" in clock
    if first_day:
        start = earliest if is_combined and earliest else time.min
        orders = orders.filter(scheduled_at__gte=datetime.combine(first_day, start, hospital.zone))
    if last_day:
        end = latest if is_combined and latest else time.max
        orders = orders.filter(scheduled_at__lte=datetime.combine(last_day, end, hospital.zone))
    if is_combined or not clock:
        return orders
    return _at_clock(orders, earliest, latest, hospital)


def _one_value(matches: Matches, key: str) -> str:
    values = matches.get(key, ())
    if len(values) > 1:
        raise MatchRefused(f"{key.removeprefix(STEP)} has several values, expected one or a range.")
    return "".join(values)


def _at_clock(
    orders: QuerySet[Order], earliest: time | None, latest: time | None, hospital: Hospital
) -> QuerySet[Order]:
    local = Func(
        Value(hospital.time_zone),
        F("scheduled_at"),
        template="(timezone(%(expressions)s))::time",
        output_field=TimeField(),
    )
    orders = orders.annotate(local_time=local)
    if earliest:
        orders = orders.filter(local_time__gte=earliest)
    return orders.filter(local_time__lte=latest) if latest else orders
