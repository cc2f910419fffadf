"""Gather what a version's PDF says, from rows that were fixed when its radiologist signed."""

from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings

from hospitals.models import Hospital, RadiologistProfile, User
from pacs_core.archive.models import Study
from pacs_core.standards.dicom.person_name import display_person_name, display_physician_name
from reporting import document_store
from reporting.models import PreliminaryVersion, ReportVersion
from reporting.models.version import printed_patient_of
from reporting.pdf import content as pdf
from reporting.selectors.stages import readings_of
from reporting.verification_codes import code_of_nonce
from worklist.models import Order

_SEX_WORDS = {"F": "Female", "M": "Male", "O": "Other"}


def content_of_version(version: ReportVersion) -> pdf.ReportContent:
    """Return the values of one version; the same version gives the same content at every attempt.

    Raises StoredBytesChanged when the version before, whose bytes are embedded, is not as it was signed.
    """
    item = version.report.worklist_item
    study, order, hospital = item.study, item.order, version.hospital
    code = code_of_nonce(version.verification_nonce)
    return pdf.ReportContent(
        status=pdf.ReportStatus(version.kind),
        facility=_facility(hospital),
        patient=_patient(version.printed_patient or printed_patient_of(study.patient)),
        accession_number=study.accession_number or (order.accession_number if order else "") or "Not assigned",
        referring_physician=referring_physician_of(study, order),
        exam_description=exam_description_of(study, order),
        exam_at=(study.study_at or study.first_received_at).astimezone(hospital.zone),
        site_of_reading=_site_of_reading(version.signer, hospital),
        sections={section: version.sections[section.name.lower()] for section in pdf.Section},
        signature_block=pdf.SignatureBlock(
            printed_name=version.printed_name,
            signed_at=version.signed_at.astimezone(ZoneInfo(version.signer.time_zone)),
            meaning=version.meaning,
        ),
        verification=pdf.Verification(url=f"{settings.PUBLIC_URL}/verify/{code}/", code=code),
        earlier_version=_earlier(version.previous),
        earlier_readings=_earlier_readings(version),
    )


def exam_description_of(study: Study, order: Order | None) -> str:
    ordered = order.procedure_description if order else ""
    return ordered or study.description or f"{'/'.join(study.modalities)} examination".strip()


def referring_physician_of(study: Study, order: Order | None) -> str:
    """Return the printed name, or that the patient came without a referral (ACR practice parameter)."""
    if order is not None and order.referring_physician is not None:
        return order.referring_physician.name
    named = (order.referring_physician_name if order else "") or study.referring_physician_name
    return display_physician_name(named) or "Self-referred"


def _facility(hospital: Hospital) -> pdf.Facility:
    return pdf.Facility(name=hospital.name, address_lines=tuple(filter(None, (hospital.city, hospital.telephone))))


def _patient(printed: dict[str, str]) -> pdf.Patient:
    """Return whom the radiologist signed for, whatever was merged or corrected since."""
    return pdf.Patient(
        name=display_person_name(printed["name"]) or "Name not given",
        patient_id=printed["patient_id"],
        issuer_of_patient_id=printed["issuer_of_patient_id"],
        birth_date=date.fromisoformat(printed["birth_date"]) if printed["birth_date"] else None,
        sex=_SEX_WORDS.get(printed["sex"], "Not given"),
    )


def _site_of_reading(signer: User, hospital: Hospital) -> str:
    profile = RadiologistProfile.objects.filter(user=signer).first()
    return (profile.site_of_reading if profile else "") or hospital.name


def earlier_readers(version: ReportVersion) -> list[PreliminaryVersion]:
    """Return the last finished reading of each reader other than the signer; an addendum names none of them again."""
    if version.number != 1:
        return []
    latest = {reading.author_id: reading for reading in readings_of(version.report)}
    return [reading for author_id, reading in latest.items() if author_id != version.signer_id]


def _earlier_readings(version: ReportVersion) -> tuple[pdf.EarlierReading, ...]:
    return tuple(
        pdf.EarlierReading(
            title=reading.get_kind_display(),
            reader=f"{reading.printed_name}, resident" if reading.kind == "preliminary" else reading.printed_name,
            finished_at=reading.finished_at.astimezone(ZoneInfo(reading.author.time_zone)),
        )
        for reading in earlier_readers(version)
    )


def _earlier(previous: ReportVersion | None) -> pdf.EarlierVersion | None:
    if previous is None:
        return None
    return pdf.EarlierVersion(
        signed_at=previous.signed_at.astimezone(ZoneInfo(previous.signer.time_zone)),
        signer=previous.printed_name,
        sha256=previous.pdf_sha256,
        pdf_bytes=document_store.read_verified(previous.pdf_path, sha256=previous.pdf_sha256),
    )
