"""Finish a reading that is not the signature: a resident's, or one of two independent ones."""

from django.db import transaction
from django.utils import timezone

from hospitals.models import User
from pacs_core.audit.services import record_audit
from reporting.errors import NothingToFinish
from reporting.models import DraftVersion, PreliminaryVersion, Report
from reporting.selectors.reports import report_for_reader
from reporting.selectors.stages import finishing_kind
from reporting.services.drafts import lock_report, require_writable
from reporting.services.signing import require_checks, require_seen_draft
from worklist.selectors.privileges import require_privilege
from worklist.services.stages import finish_first_reading

_ENDS_STAGE_ONE = (PreliminaryVersion.Kind.PRELIMINARY, PreliminaryVersion.Kind.FIRST)


def finish_reading(
    *, report_id: int, user: User, base_version: int, acknowledged_checks: tuple[str, ...] = ()
) -> PreliminaryVersion:
    """Keep the draft that was seen as this reader's finished reading; asked again for the same draft, return that.

    The first of two readings frees the item for its second reader. The second of two independent readings stays with
    its reader, who now sees both and signs. Raises NotVisible, PermissionRefused, ReportNotEditable, NothingToFinish,
    DraftMovedOn, ChecksRefuse and the worklist's ItemConflict.
    """
    report_for_reader(report_id=report_id, user=user)
    with transaction.atomic():
        report = lock_report(report_id)
        kind = finishing_kind(report, user) if report.worklist_item.claimed_by_id == user.pk else None
        if kind is None and (repeated := _finished_before(report, user, base_version)) is not None:
            return repeated
        require_writable(report, user)
        if kind is None:
            raise NothingToFinish("Your reading of this examination ends with your signature.")
        require_privilege(user, report.worklist_item)
        draft = require_seen_draft(report, base_version)
        require_checks(report, draft, acknowledged_checks)
        version = _keep(report, user, draft, kind, acknowledged_checks)
        if kind in _ENDS_STAGE_ONE:
            finish_first_reading(worklist_item_id=report.worklist_item_id, user=user)
    return version


def _finished_before(report: Report, user: User, base_version: int) -> PreliminaryVersion | None:
    return PreliminaryVersion.objects.filter(report=report, author=user, draft_version=base_version).last()


def _keep(
    report: Report, user: User, draft: DraftVersion, kind: str, acknowledged_checks: tuple[str, ...]
) -> PreliminaryVersion:
    report.preliminary_version += 1
    report.save(update_fields=["preliminary_version"])
    version = PreliminaryVersion.objects.create(
        hospital_id=report.hospital_id,
        report=report,
        number=report.preliminary_version,
        kind=kind,
        sections=draft.sections,
        draft_version=draft.number,
        author=user,
        printed_name=user.name,
        finished_at=timezone.now(),
        acknowledged_checks=list(acknowledged_checks),
    )
    record_audit(
        action="report.reading_finished",
        object_type="report",
        object_id=report.pk,
        hospital_id=report.hospital_id,
        detail={"kind": kind, "number": version.number, "draft_version": draft.number},
    )
    return version
