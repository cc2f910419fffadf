"""The part of an instance's header that identifies, describes and routes it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

from pydicom.dataset import Dataset

from pacs_core.standards.dicom.identifiers import checked_identifiers, refuse_missing_pixels, refuse_wrong_encoding
from pacs_core.standards.dicom.reading import quietly, read_without_pixels
from pacs_core.standards.dicom.structure import DatasetLayout
from pacs_core.standards.dicom.values import (
    DatasetValues,
    as_date,
    as_time,
    as_utc_offset_minutes,
)
from pacs_core.standards.identifiers import OtherIdentifier
from pacs_core.standards.vocabulary import Priority, priority_of_dicom


@dataclass(frozen=True)
class Code:
    """A coded concept (PS3.3 8.8); `scheme` is the coding scheme designator."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True)
class InstanceHeader:
    """Text is Unicode without padding, "" when absent; numbers, dates and times are None when absent or not readable.

    Person names keep their DICOM form (`FAMILY^GIVEN`, groups divided by `=`); dates and times are the hospital's local
    ones.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str

    patient_id: str
    issuer_of_patient_id: str
    patient_name: str
    birth_date: date | None
    sex: str
    other_patient_ids: tuple[str, ...]
    other_identifiers: tuple[OtherIdentifier, ...]

    accession_number: str
    issuer_of_accession_number: str
    study_id: str
    study_date: date | None
    study_time: time | None
    utc_offset_minutes: int | None
    study_description: str
    referring_physician_name: str
    institution_name: str
    procedure_code: Code | None
    requested_procedure_description: str

    series_number: int | None
    series_description: str
    modality: str
    body_part_examined: str
    laterality: str
    protocol_name: str
    station_name: str
    manufacturer: str

    instance_number: int | None
    number_of_study_related_instances: int | None
    number_of_frames: int
    rows: int | None
    columns: int | None
    has_pixel_data: bool

    requested_procedure_priority: str
    priority: Priority | None

    @property
    def study_date_time(self) -> datetime | None:
        """Return when the study began: aware when TimezoneOffsetFromUTC (0008,0201) is given, else naive local time.

        A study without a time counts from midnight.
        """
        if self.study_date is None:
            return None
        zone = None
        if self.utc_offset_minutes is not None:
            zone = timezone(timedelta(minutes=self.utc_offset_minutes))
        return datetime.combine(self.study_date, self.study_time or time(), tzinfo=zone)


def read_header(path: Path | str) -> InstanceHeader:
    """Read a Part 10 file's header and check that the file is whole, without reading pixel data.

    Raises NotDicom, TruncatedDataset, UnreadableDataset, MissingIdentifier or InvalidIdentifier.
    """
    dataset, layout = read_without_pixels(path)
    header = header_of(dataset, layout)
    refuse_wrong_encoding(layout)
    refuse_missing_pixels(layout)
    return header


def header_of(dataset: Dataset, layout: DatasetLayout) -> InstanceHeader:
    values = DatasetValues(dataset)
    identifiers = checked_identifiers(values.line)
    request = values.first_item("RequestAttributesSequence")
    issuer = values.first_item("IssuerOfAccessionNumberSequence")
    priority = _priority_words(values, request)
    with quietly():
        return InstanceHeader(
            study_instance_uid=identifiers.study_instance_uid,
            series_instance_uid=identifiers.series_instance_uid,
            sop_instance_uid=identifiers.sop_instance_uid,
            sop_class_uid=identifiers.sop_class_uid,
            transfer_syntax_uid=layout.transfer_syntax_uid,
            patient_id=values.line("PatientID"),
            issuer_of_patient_id=values.line("IssuerOfPatientID"),
            patient_name=values.line("PatientName"),
            birth_date=as_date(values.line("PatientBirthDate")),
            sex=_sex(values.line("PatientSex")),
            other_patient_ids=values.lines("OtherPatientIDs"),
            other_identifiers=_other_identifiers(values),
            accession_number=values.line("AccessionNumber") or request.line("AccessionNumber"),
            issuer_of_accession_number=issuer.line("LocalNamespaceEntityID") or issuer.line("UniversalEntityID"),
            study_id=values.line("StudyID"),
            study_date=as_date(values.line("StudyDate")) or as_date(values.line("AcquisitionDateTime")[:8]),
            study_time=as_time(values.line("StudyTime")),
            utc_offset_minutes=as_utc_offset_minutes(values.line("TimezoneOffsetFromUTC")),
            study_description=values.line("StudyDescription"),
            referring_physician_name=values.line("ReferringPhysicianName"),
            institution_name=values.line("InstitutionName"),
            procedure_code=_procedure_code(values, request),
            requested_procedure_description=values.line("RequestedProcedureDescription")
            or request.line("RequestedProcedureDescription"),
            series_number=values.integer("SeriesNumber"),
            series_description=values.line("SeriesDescription"),
            modality=values.line("Modality").upper(),
            body_part_examined=_body_part(values),
            laterality=_laterality(values),
            protocol_name=values.line("ProtocolName"),
            station_name=values.line("StationName"),
            manufacturer=values.line("Manufacturer"),
            instance_number=values.integer("InstanceNumber"),
            number_of_study_related_instances=max(values.integer("NumberOfStudyRelatedInstances") or 0, 0) or None,
            number_of_frames=max(values.integer("NumberOfFrames") or 1, 1),
            rows=values.integer("Rows"),
            columns=values.integer("Columns"),
            has_pixel_data=layout.pixel_data is not None,
            requested_procedure_priority=priority[0] if priority else "",
            priority=next((found for word in priority if (found := priority_of_dicom(word))), None),
        )


def _priority_words(values: DatasetValues, request: DatasetValues) -> list[str]:
    """Return every hint at urgency, the most authoritative first.

    The standard keeps RequestedProcedurePriority in the modality worklist; scanners copy it into their images, some to
    the request's item. StudyPriorityID (0032,000C) is retired and still sent.
    """
    keywords = ("RequestedProcedurePriority", "ScheduledProcedureStepPriority", "StudyPriorityID", "ReportingPriority")
    words = [source.line(keyword) for keyword in keywords for source in (values, request)]
    return [word for word in words if word]


def _sex(value: str) -> str:
    return value.upper() if value.upper() in {"M", "F", "O"} else ""


def _other_identifiers(values: DatasetValues) -> tuple[OtherIdentifier, ...]:
    """Return OtherPatientIDsSequence (PS3.3 10.14); an issuer without a namespace gives its universal ID."""
    found = []
    for item in values.items("OtherPatientIDsSequence"):
        qualifiers = item.first_item("IssuerOfPatientIDQualifiersSequence")
        issuer = item.line("IssuerOfPatientID") or qualifiers.line("UniversalEntityID")
        found.append(OtherIdentifier(item.line("PatientID"), issuer, qualifiers.line("IdentifierTypeCode").upper()))
    return tuple(found)


def _laterality(values: DatasetValues) -> str:
    """Return R, L, B or "": from the series, or the image where the modality says it per image (PS3.3 C.7.3.1.1.1)."""
    for keyword in ("Laterality", "ImageLaterality", "FrameLaterality"):
        if (side := values.line(keyword).upper()) in {"R", "L", "B"}:
            return side
    return ""


def _body_part(values: DatasetValues) -> str:
    region = values.first_item("AnatomicRegionSequence")
    return (values.line("BodyPartExamined") or region.line("CodeMeaning")).upper()


def _procedure_code(values: DatasetValues, request: DatasetValues) -> Code | None:
    for source in (values, request):
        for keyword in ("RequestedProcedureCodeSequence", "ProcedureCodeSequence"):
            item = source.first_item(keyword)
            code = item.line("CodeValue") or item.line("LongCodeValue")
            if code:
                return Code(code, item.line("CodingSchemeDesignator"), item.line("CodeMeaning"))
    return None
