"""Begin an addendum or a correction: a new draft whose signature names the version before."""

import uuid

from django.db import transaction

from hospitals.models import User
from pacs_core.audit.services import record_audit
from reporting.errors import ReportNotEditable, ResidentCannotSign
from reporting.models import Report, ReportKind, ReportVersion
from reporting.selectors.reports import latest_signed_version, report_for_reader
from reporting.services.drafts import first_draft, lock_report
from worklist.selectors.privileges import require_privilege
from worklist.selectors.stages import is_resident

# An addendum says something new; a correction begins from the text that was wrong.
_KEPT_IN_ADDENDUM = ("clinical_information", "technique", "comparison")


def start_addendum(*, report_id: int, user: User, kind: str = ReportKind.ADDENDUM) -> Report:
    """Return the report with a new draft by `user`; asked again by the same author while it is a draft, the same one.

    Raises NotVisible, PermissionRefused (ResidentCannotSign), ReportNotEditable when another draft or a signature is
    under way.
    """
    if kind not in (ReportKind.ADDENDUM, ReportKind.CORRECTED):
        raise ReportNotEditable(f"A signed report gets an ADDENDUM or is CORRECTED, not {kind!r}.")
    report_for_reader(report_id=report_id, user=user)
    if is_resident(user):
        raise ResidentCannotSign(user.name)
    with transaction.atomic():
        report = lock_report(report_id)
        previous = latest_signed_version(report)
        if report.status == Report.Status.DRAFT and previous is not None and report.author_id == user.pk:
            return report
        if report.status != Report.Status.SIGNED or previous is None:
            raise ReportNotEditable(f"Report {report_id} is {report.get_status_display().lower()}, not signed.")
        require_privilege(user, report.worklist_item)
        report.status, report.draft_kind = Report.Status.DRAFT, kind
        report.save(update_fields=["status", "draft_kind"])
        first_draft(report, user, _beginning(previous, kind), uuid.uuid4())
        record_audit(
            action="report.addendum_started",
            object_type="report",
            object_id=report.pk,
            hospital_id=report.hospital_id,
            detail={"kind": str(kind), "previous_version": previous.number},
        )
    return report


def discard_addendum(*, report_id: int, user: User) -> Report:
    """Give up an unsigned addendum or correction: the report is again what its last signature says; drafts are kept.

    Raises NotVisible, PermissionRefused, ReportNotEditable when none is under way, or someone else's.
    """
    report_for_reader(report_id=report_id, user=user)
    with transaction.atomic():
        report = lock_report(report_id)
        previous = latest_signed_version(report)
        if report.status != Report.Status.DRAFT or previous is None:
            raise ReportNotEditable(f"Report {report_id} has no addendum under way.")
        if report.author_id != user.pk:
            raise ReportNotEditable(f"{report.author.name} writes this addendum; nobody else can discard it.")
        report.status, report.draft_kind, report.author_id = Report.Status.SIGNED, previous.kind, previous.signer_id
        report.save(update_fields=["status", "draft_kind", "author"])
        record_audit(
            action="report.addendum_discarded",
            object_type="report",
            object_id=report.pk,
            hospital_id=report.hospital_id,
            detail={"draft_version": report.draft_version},
        )
    return report


def _beginning(previous: ReportVersion, kind: str) -> dict[str, str]:
    if kind == ReportKind.CORRECTED:
        return dict(previous.sections)
    return {name: text if name in _KEPT_IN_ADDENDUM else "" for name, text in previous.sections.items()}
