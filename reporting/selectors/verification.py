"""What the verification page says about a printed code; a patient is named only to who may read the report."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from hospitals.models import User
from pacs_core.access.errors import NotVisible, PermissionRefused
from pacs_core.access.scopes import Principal, Scope, all_hospitals_scope, open_scope
from pacs_core.audit.models import AuditEntry
from pacs_core.audit.services import record_audit
from reporting.models import ReportVersion
from reporting.models.version import words_of_level
from reporting.selectors.portal import delivery_in_portal
from reporting.selectors.reports import version_for_reader
from reporting.verification_codes import digest_of_code

UNKNOWN_ALLOWED = 20
UNKNOWN_WITHIN = timedelta(minutes=10)
_UNKNOWN = "report.verification_unknown"


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A signed version as anyone who holds the paper may know it."""

    report_id: int
    report_version_id: int
    number: int
    kind: str
    signer: str
    signed_at: datetime
    sha256: str
    level: str
    facility: str
    time_zone: str
    superseded_by: int | None
    superseded_at: datetime | None


class TooManyUnknownCodes(Exception):
    """Someone guesses codes from one address."""


def verify_code(*, code: str, address: str) -> Verified | None:
    """Return the version that the code names, or None for an unknown, malformed or unsigned one alike.

    Opens a scope of its own: the page is public, and the code is the key. Raises TooManyUnknownCodes.
    """
    everywhere = all_hospitals_scope(process="verification")
    with open_scope(Scope(everywhere.hospital_ids, Principal(process="verification", address=address))):
        _limit_guesses(address)
        version = (
            ReportVersion.objects.filter(verification_digest=digest_of_code(code), state=ReportVersion.State.SIGNED)
            .select_related("hospital")
            .first()
        )
        if version is None:
            record_audit(action=_UNKNOWN, object_type="verification_code")
            return None
        record_audit(
            action="report.verified",
            object_type="report_version",
            object_id=version.pk,
            hospital_id=version.hospital_id,
        )
        return _describe(version)


def patient_name_for(user: User | AnonymousUser, verified: Verified) -> str:
    """Return the patient's name (PN) to a person who may read this version in the open scope; '' to anyone else."""
    if not user.is_authenticated:
        return ""
    try:
        if user.role == User.Role.REFERRING_PHYSICIAN:
            version = delivery_in_portal(report_version_id=verified.report_version_id, user=user).report_version
        else:
            version = version_for_reader(report_id=verified.report_id, number=verified.number, user=user)
    except (NotVisible, PermissionRefused):
        return ""
    record_audit(
        action="report.verified_with_name",
        object_type="report_version",
        object_id=version.pk,
        hospital_id=version.hospital_id,
    )
    return version.report.worklist_item.study.patient.name


def _limit_guesses(address: str) -> None:
    guesses = AuditEntry.objects.filter(
        hospital__isnull=True, at__gt=timezone.now() - UNKNOWN_WITHIN, action=_UNKNOWN, address=address
    ).count()
    if guesses >= UNKNOWN_ALLOWED:
        raise TooManyUnknownCodes


def _describe(version: ReportVersion) -> Verified:
    successor = (
        ReportVersion.objects.filter(
            report_id=version.report_id, state=ReportVersion.State.SIGNED, number__gt=version.number
        )
        .order_by("-number")
        .first()
    )
    return Verified(
        report_id=version.report_id,
        report_version_id=version.pk,
        number=version.number,
        kind=version.get_kind_display(),
        signer=version.printed_name,
        signed_at=version.signed_at,
        sha256=version.pdf_sha256,
        level=words_of_level(version.level),
        facility=version.hospital.name,
        time_zone=version.hospital.time_zone,
        superseded_by=successor.number if successor else None,
        superseded_at=successor.signed_at if successor else None,
    )
