"""A radiologist asks to sign: everything is checked here, the bytes are made by a worker."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from hospitals.models import User
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from reporting.checks.check import Check
from reporting.checks.run import facts_of_item, run_checks
from reporting.errors import ChecksRefuse, DraftMovedOn
from reporting.models import DraftVersion, Report, ReportKind, ReportVersion
from reporting.models.version import printed_patient_of
from reporting.selectors.certificates import certificate_for_signing
from reporting.selectors.reports import current_draft, latest_signed_version, report_for_reader
from reporting.selectors.stages import meaning_of_signature, require_signer
from reporting.services.drafts import lock_report, require_writable
from reporting.services.passwords import verify_signing_password
from reporting.verification_codes import code_of_nonce, digest_of_code, new_nonce
from worklist.selectors.privileges import require_privilege
from worklist.services.signing import start_signing


@dataclass(frozen=True, kw_only=True)
class SignatureRequest:
    """What the signer saw and confirmed."""

    base_version: int
    meaning: str
    acknowledged_checks: tuple[str, ...] = ()


def request_signature(
    *,
    report_id: int,
    user: User,
    password: str,
    base_version: int,
    meaning: str = "",
    acknowledged_checks: tuple[str, ...] = (),
) -> ReportVersion:
    """Write the version to be signed and emit ReportSigningRequested; asked again meanwhile, return that version.

    An empty `meaning` is what a signature means at this stage of the reading.
    Raises NotVisible, PermissionRefused (its subclasses too), ReportNotEditable and SigningRefused's subclasses.
    """
    report = report_for_reader(report_id=report_id, user=user)
    verify_signing_password(user=user, password=password, report_id=report_id, hospital_id=report.hospital_id)
    wish = SignatureRequest(
        base_version=base_version,
        meaning=meaning or meaning_of_signature(report),
        acknowledged_checks=tuple(acknowledged_checks),
    )
    with transaction.atomic():
        report = lock_report(report_id)
        running = _running_request(report, user, base_version)
        if running is not None:
            return running
        require_writable(report, user)
        require_signer(report, user)
        require_privilege(user, report.worklist_item)  # it may have ended since the claim
        draft = require_seen_draft(report, base_version)
        require_checks(report, draft, wish.acknowledged_checks)
        version = _write_version(report, user, draft, wish)
        _hand_to_worker(report, user, version)
    return version


def _running_request(report: Report, user: User, base_version: int) -> ReportVersion | None:
    return ReportVersion.objects.filter(
        report=report, state=ReportVersion.State.REQUESTED, signer=user, draft_version=base_version
    ).first()


def require_seen_draft(report: Report, base_version: int) -> DraftVersion:
    if report.draft_version != base_version:
        raise DraftMovedOn(
            f"You saw version {base_version}, the current draft is {report.draft_version}. Nothing was signed.\n"
            "Maybe it is open in another window: read it again, then sign."
        )
    return current_draft(report)


def require_checks(report: Report, draft: DraftVersion, acknowledged: tuple[str, ...]) -> None:
    checks = run_checks(draft.sections, facts_of_item(report.worklist_item))
    blocking = [check for check in checks if check.blocking]
    if blocking:
        raise ChecksRefuse(blocking[0].message, checks=_as_messages(checks))
    open_warnings = [check for check in checks if check.needs_confirmation and check.key not in acknowledged]
    if open_warnings:
        raise ChecksRefuse(
            f"{len(open_warnings)} remarks wait for your confirmation: {open_warnings[0].message}",
            checks=_as_messages(checks),
        )


def _as_messages(checks: list[Check]) -> list[dict[str, object]]:
    return [check.as_message() for check in checks]


def _write_version(report: Report, user: User, draft: DraftVersion, wish: SignatureRequest) -> ReportVersion:
    now = timezone.now().replace(microsecond=0)  # a signature's /M has whole seconds (ISO 32000-2, 7.9.4)
    certificate = certificate_for_signing(user=user, at=now)
    previous = latest_signed_version(report)
    nonce = new_nonce()
    return ReportVersion.objects.create(
        hospital_id=report.hospital_id,
        report=report,
        number=previous.number + 1 if previous else 1,
        kind=report.draft_kind if previous else ReportKind.FINAL,
        sections=draft.sections,
        draft_version=draft.number,
        signer=user,
        certificate=certificate,
        printed_name=certificate.common_name,
        printed_patient=printed_patient_of(report.worklist_item.study.patient),
        signed_at=now,
        meaning=wish.meaning,
        previous=previous,
        acknowledged_checks=list(wish.acknowledged_checks),
        verification_nonce=nonce,
        verification_digest=digest_of_code(code_of_nonce(nonce)),
        requested_at=timezone.now(),
    )


def _hand_to_worker(report: Report, user: User, version: ReportVersion) -> None:
    report.status, report.author = Report.Status.SIGNING, user
    report.save(update_fields=["status", "author"])
    if version.number == 1:
        start_signing(worklist_item_id=report.worklist_item_id, user=user)
    emit_event(
        "ReportSigningRequested",
        hospital_id=report.hospital_id,
        report_id=report.pk,
        report_version_id=version.pk,
        worklist_item_id=report.worklist_item_id,
    )
    record_audit(
        action="report.signing_requested",
        object_type="report_version",
        object_id=version.pk,
        hospital_id=report.hospital_id,
        detail={"report": report.pk, "version": version.number, "confirmed_checks": len(version.acknowledged_checks)},
    )
