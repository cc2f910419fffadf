"""What a scanner says of a performed procedure step (MPPS, PS3.4 F.7.2): read, and held to what its state must have."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal

from pydicom.dataset import Dataset

from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.uid import unusable_uid_reason
from pacs_core.standards.dicom.values import DatasetValues, as_date, as_time, as_utc_offset_minutes

IN_PROGRESS, COMPLETED, DISCONTINUED = "IN PROGRESS", "COMPLETED", "DISCONTINUED"

# PS3.4 table F.7.2-1: of type 1 when a step begins; scanners leave out those of type 2, and nothing is lost by it.
_AT_FIRST = ("PerformedProcedureStepID", "PerformedStationAETitle", "Modality")
# Set when a step begins and left alone by an N-SET.
FIXED = (
    *("ScheduledStepAttributesSequence", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate"),
    *("PatientSex", "ReferencedPatientSequence", "PerformedProcedureStepID", "PerformedStationAETitle", "Modality"),
    *("PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime", "StudyID"),
)
_NAMED_IN_SERIES = ("ReferencedImageSequence", "ReferencedNonImageCompositeSOPInstanceSequence")

Fault = Literal["absent", "empty", "invalid"]


class StepAttributeRefused(DicomError):
    """An attribute that the step's state must have is absent, empty or not valid."""

    def __init__(self, keyword: str, fault: Fault, reason: str = "") -> None:
        self.keyword, self.fault = keyword, fault
        super().__init__(f"{keyword} {reason or f'is {fault}'}")


@dataclass(frozen=True)
class ScheduledReference:
    """What a step was scheduled as (PS3.3 C.4.13); "" where it was not."""

    study_instance_uid: str
    accession_number: str
    issuer_of_accession_number: str
    requested_procedure_id: str
    scheduled_procedure_step_id: str


@dataclass(frozen=True)
class PerformedStep:
    """Times are aware when TimezoneOffsetFromUTC was given, else naive local times of the hospital."""

    status: str
    patient_id: str
    issuer_of_patient_id: str
    performed_station_ae_title: str
    modality: str
    started_at: datetime
    ended_at: datetime | None
    discontinuation_reason: str
    scheduled: tuple[ScheduledReference, ...]
    named_sop_instance_uids: tuple[str, ...]


def read_begun_step(dataset: Dataset) -> PerformedStep:
    """Read the attributes of an N-CREATE; raises StepAttributeRefused."""
    status = _required(dataset, "PerformedProcedureStepStatus")
    if status != IN_PROGRESS:
        raise StepAttributeRefused("PerformedProcedureStepStatus", "invalid", f"must begin as {IN_PROGRESS}")
    return read_step(dataset)


def read_step(dataset: Dataset) -> PerformedStep:
    """Read a step as it is now known; raises StepAttributeRefused for what its state must have and has not."""
    values = DatasetValues(dataset)
    status = _required(dataset, "PerformedProcedureStepStatus")
    if status not in (IN_PROGRESS, COMPLETED, DISCONTINUED):
        known = ", ".join((IN_PROGRESS, COMPLETED, DISCONTINUED))
        raise StepAttributeRefused("PerformedProcedureStepStatus", "invalid", f"is not one of {known}")
    for keyword in _AT_FIRST:
        _required(dataset, keyword)
    # A discontinued step may have made no series.
    if status == COMPLETED and not _items(dataset, "PerformedSeriesSequence"):
        raise StepAttributeRefused("PerformedSeriesSequence", _absent_or_empty(dataset, "PerformedSeriesSequence"))
    return PerformedStep(
        status=status,
        patient_id=values.line("PatientID"),
        issuer_of_patient_id=values.line("IssuerOfPatientID"),
        performed_station_ae_title=values.line("PerformedStationAETitle"),
        modality=values.line("Modality"),
        started_at=_moment(dataset, "PerformedProcedureStepStart"),
        ended_at=None if status == IN_PROGRESS else _moment(dataset, "PerformedProcedureStepEnd"),
        discontinuation_reason=_reason_of(values),
        scheduled=tuple(_scheduled(dataset)),
        named_sop_instance_uids=tuple(dict.fromkeys(_named_instances(dataset))),
    )


def _scheduled(dataset: Dataset) -> Iterator[ScheduledReference]:
    keyword = "ScheduledStepAttributesSequence"
    if not (items := _items(dataset, keyword)):
        raise StepAttributeRefused(keyword, _absent_or_empty(dataset, keyword))
    for item in items:
        values = DatasetValues(item)
        issuer = values.first_item("IssuerOfAccessionNumberSequence")
        yield ScheduledReference(
            study_instance_uid=_uid(item, "StudyInstanceUID"),
            accession_number=values.line("AccessionNumber"),
            issuer_of_accession_number=issuer.line("LocalNamespaceEntityID") or issuer.line("UniversalEntityID"),
            requested_procedure_id=values.line("RequestedProcedureID"),
            scheduled_procedure_step_id=values.line("ScheduledProcedureStepID"),
        )


def _named_instances(dataset: Dataset) -> Iterator[str]:
    for series in _items(dataset, "PerformedSeriesSequence"):
        _uid(series, "SeriesInstanceUID")
        for keyword in _NAMED_IN_SERIES:
            for reference in _items(series, keyword):
                yield _uid(reference, "ReferencedSOPInstanceUID")


def _reason_of(values: DatasetValues) -> str:
    """Return why a step was discontinued (CID 9300, 9301): the code's meaning, its value, or the step's comments."""
    code = values.first_item("PerformedProcedureStepDiscontinuationReasonCodeSequence")
    comments = values.line("CommentsOnThePerformedProcedureStep")
    return code.line("CodeMeaning") or code.line("CodeValue") or comments


def _required(dataset: Dataset, keyword: str) -> str:
    if not (value := DatasetValues(dataset).line(keyword)):
        raise StepAttributeRefused(keyword, _absent_or_empty(dataset, keyword))
    return value


def _uid(dataset: Dataset, keyword: str) -> str:
    uid = _required(dataset, keyword)
    if reason := unusable_uid_reason(uid):
        raise StepAttributeRefused(keyword, "invalid", reason)
    return uid


def _moment(dataset: Dataset, keyword: str) -> datetime:
    """Return what the attributes keyword + Date and Time say together."""
    day = as_date(_required(dataset, f"{keyword}Date"))
    clock = as_time(_required(dataset, f"{keyword}Time"))
    for part, value in (("Date", day), ("Time", clock)):
        if value is None:
            raise StepAttributeRefused(f"{keyword}{part}", "invalid")
    minutes = as_utc_offset_minutes(DatasetValues(dataset).line("TimezoneOffsetFromUTC"))
    zone = None if minutes is None else timezone(timedelta(minutes=minutes))
    return datetime.combine(day, clock, tzinfo=zone)  # type: ignore[arg-type]  # neither is None here


def _items(dataset: Dataset, keyword: str) -> list[Dataset]:
    return [item for item in dataset.get(keyword) or [] if isinstance(item, Dataset)]


def _absent_or_empty(dataset: Dataset, keyword: str) -> Fault:
    return "empty" if keyword in dataset else "absent"
