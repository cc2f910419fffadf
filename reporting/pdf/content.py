"""What a report's PDF says: plain values, so that the PDF is a pure function of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from reporting.pdf.errors import ContentIncomplete, NaiveInstant


class ReportStatus(StrEnum):
    PRELIMINARY = "PRELIMINARY"
    FINAL = "FINAL"
    ADDENDUM = "ADDENDUM"
    CORRECTED = "CORRECTED"


class Section(StrEnum):
    """Names of a report's sections, in the order of the page (ACR practice parameter for communication)."""

    CLINICAL_INFORMATION = "clinical information"
    TECHNIQUE = "technique"
    COMPARISON = "comparison"
    FINDINGS = "findings"
    IMPRESSION = "impression"


MANDATORY_SECTIONS = (Section.FINDINGS, Section.IMPRESSION)
AUTHOR_MEANING = "I am the author of this report and approve it as final"
APPROVER_MEANING = "I have reviewed the images and the preliminary report and approve this report as final"
SECOND_READER_MEANING = "I have read the images independently, compared both readings and approve this report as final"


@dataclass(frozen=True, kw_only=True)
class Facility:
    name: str
    address_lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Patient:
    """`name` as printed ("Family, Given"); `sex` as printed ("Female")."""

    name: str
    patient_id: str
    issuer_of_patient_id: str
    birth_date: date | None
    sex: str


@dataclass(frozen=True, kw_only=True)
class CriticalCommunication:
    """A non-routine communication: what, to whom, by whom, when, how, and whether it was read back."""

    what: str
    to_whom: str
    by_whom: str
    communicated_at: datetime
    how: str
    read_back: bool


@dataclass(frozen=True, kw_only=True)
class SignatureBlock:
    """Printed name, signing time in the signer's zone and meaning (21 CFR 11.50); /Name, /M and /Reason repeat them."""

    printed_name: str
    signed_at: datetime
    meaning: str = AUTHOR_MEANING


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Where anyone may check the file; `code` carries 80 random bits or more and no patient data."""

    url: str
    code: str


@dataclass(frozen=True, kw_only=True)
class EarlierVersion:
    """The signed version that an addendum or correction follows; `pdf_bytes` are embedded byte for byte."""

    signed_at: datetime
    signer: str
    sha256: str
    pdf_bytes: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class EarlierReading:
    """A reading that was finished before the signer's: "Preliminary report", by whom, in the reader's zone."""

    title: str
    reader: str
    finished_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReportContent:
    """One version of one report. Instants carry the zone in which they are printed."""

    status: ReportStatus
    facility: Facility
    patient: Patient
    accession_number: str
    referring_physician: str
    exam_description: str
    exam_at: datetime
    site_of_reading: str
    sections: Mapping[str, str]
    signature_block: SignatureBlock
    verification: Verification
    critical_communication: CriticalCommunication | None = None
    earlier_version: EarlierVersion | None = None
    earlier_readings: tuple[EarlierReading, ...] = ()
    language: str = "en"


def check_complete(content: ReportContent) -> None:
    """Raise ContentIncomplete or NaiveInstant when a signed page would lack what it must show."""
    required = {
        "facility": content.facility.name,
        "patient name": content.patient.name,
        "patient ID": content.patient.patient_id,
        "accession number": content.accession_number,
        "exam description": content.exam_description,
        "site of reading": content.site_of_reading,
        "printed name": content.signature_block.printed_name,
        "meaning of the signature": content.signature_block.meaning,
        "verification code": content.verification.code,
        **{section.value: content.sections.get(section, "") for section in MANDATORY_SECTIONS},
    }
    missing = [name for name, text in required.items() if not text.strip()]
    if content.status in (ReportStatus.ADDENDUM, ReportStatus.CORRECTED) and content.earlier_version is None:
        missing.append("earlier version")
    if missing:
        raise ContentIncomplete(missing=tuple(missing))
    _check_instants(content)


def _check_instants(content: ReportContent) -> None:
    instants = {"exam_at": content.exam_at, "signed_at": content.signature_block.signed_at}
    if content.critical_communication:
        instants["communicated_at"] = content.critical_communication.communicated_at
    if content.earlier_version:
        instants["earlier_version.signed_at"] = content.earlier_version.signed_at
    instants |= {f"{reading.title} finished_at": reading.finished_at for reading in content.earlier_readings}
    for name, instant in instants.items():
        if instant.tzinfo is None:
            raise NaiveInstant(field=name)
