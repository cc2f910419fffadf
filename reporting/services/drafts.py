"""Save drafts; two tabs never overwrite each other silently."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from pacs_core.events.services import emit_event
from reporting.checks.check import Check
from reporting.checks.run import facts_of_item, run_checks
from reporting.errors import NotClaimHolder, ReportNotEditable
from reporting.models import DraftVersion, Report, ReportKind
from reporting.sections import clean_sections, empty_sections
from reporting.selectors.reports import current_draft, report_for_reader
from reporting.selectors.stages import is_withheld


@dataclass(frozen=True, kw_only=True)
class DraftSaved:
    version: int
    saved_at: datetime
    checks: list[Check] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class DraftConflict:
    """The current draft, which is not the one the sender built on; nothing was saved."""

    version: int
    sections: dict[str, str]
    saved_by: str
    saved_at: datetime


def save_draft(
    *, report_id: int, user: User, base_version: int, sections: Any, request_id: UUID
) -> DraftSaved | DraftConflict:
    """Save `sections` as the next draft when `base_version` is still the current one.

    A repeated request_id answers as the first time. Raises NotVisible, NotClaimHolder, ReportNotEditable,
    InvalidSections.
    """
    cleaned = clean_sections(sections)
    report_for_reader(report_id=report_id, user=user)
    with transaction.atomic():
        report = lock_report(report_id)
        repeated = DraftVersion.objects.filter(report=report, request_id=request_id).first()
        if repeated is None:
            require_writable(report, user)
            current = current_draft(report)
            if current.sections == cleaned:
                repeated = current
            elif current.number != base_version:
                return _conflict(current, withheld=is_withheld(report, current, user))
        draft = repeated or _append(report, user, cleaned, request_id)
    checks = run_checks(draft.sections, facts_of_item(report.worklist_item))
    return DraftSaved(version=draft.number, saved_at=draft.saved_at, checks=checks)


def lock_report(report_id: int) -> Report:
    """Take the report's row lock; every write to a report begins here."""
    report = (
        Report.objects.select_for_update(no_key=True, of=("self",))
        .select_related("worklist_item__study__patient", "worklist_item__order", "hospital")
        .filter(pk=report_id)
        .first()
    )
    if report is None:
        raise NotVisible(f"No report {report_id}.")
    # Who waited for the lock has the item as it was before: PostgreSQL looks again only at the row that is locked.
    report.worklist_item.refresh_from_db(fields=["status", "claimed_by", "reading_mode", "reading_stage"])
    return report


def require_writable(report: Report, user: User) -> None:
    """Raise unless the report is a draft that this user writes: the claim's holder, or an addendum's author."""
    if report.status != Report.Status.DRAFT:
        raise ReportNotEditable(f"Report {report.pk} is {report.get_status_display().lower()} and takes no text.")
    writer_id = report.worklist_item.claimed_by_id if report.draft_kind == ReportKind.FINAL else report.author_id
    if writer_id != user.pk:
        raise NotClaimHolder("Another radiologist holds this examination, or it was released.\nMaybe claim it again.")


def first_draft(report: Report, user: User, sections: dict[str, str], request_id: UUID) -> DraftVersion:
    return _append(report, user, sections, request_id)


def _append(report: Report, user: User, sections: dict[str, str], request_id: UUID) -> DraftVersion:
    draft = DraftVersion.objects.create(
        hospital_id=report.hospital_id,
        report=report,
        number=report.draft_version + 1,
        sections=sections,
        saved_by=user,
        saved_at=timezone.now(),
        request_id=request_id,
    )
    report.draft_version, report.author = draft.number, user
    report.save(update_fields=["draft_version", "author"])
    emit_event(
        "ReportDraftSaved",
        hospital_id=report.hospital_id,
        report_id=report.pk,
        worklist_item_id=report.worklist_item_id,
        version=draft.number,
    )
    return draft


def _conflict(current: DraftVersion, *, withheld: bool) -> DraftConflict:
    return DraftConflict(
        version=current.number,
        sections=empty_sections() if withheld else current.sections,
        saved_by=current.saved_by.name,
        saved_at=current.saved_at,
    )
