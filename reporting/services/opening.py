"""Open an examination for reading: claim it, and begin its report from the template."""

import uuid

from django.db import transaction

from hospitals.models import User
from pacs_core.archive.models import Study
from reporting.models import Report
from reporting.report_templates import template_for
from reporting.selectors.reports import current_draft, reports_in_scope
from reporting.selectors.stages import is_withheld
from reporting.services.drafts import first_draft, lock_report
from worklist.errors import ItemConflict
from worklist.models import WorklistItem
from worklist.selectors.items import item_for_user
from worklist.selectors.priors import prior_studies
from worklist.selectors.stages import bar_at_stage, is_resident
from worklist.services.claims import claim_worklist_item


def open_report(*, worklist_item_id: int, user: User) -> Report | None:
    """Claim the item for the radiologist where it is free and return its report, begun on first opening.

    An item that is someone else's, or closed, is opened for reading only: returns its report, or None when nobody has
    begun one. Safe to call again. Raises NotVisible, PermissionRefused (NotPrivileged).
    """
    item = item_for_user(worklist_item_id=worklist_item_id, user=user)
    if is_free_for(item, user):
        try:
            claim_worklist_item(worklist_item_id=item.pk, user=user)
        except ItemConflict:
            pass  # someone was faster, or it was cancelled meanwhile: the page opens read-only
        else:
            return _begin(item, user)
    return reports_in_scope().filter(worklist_item_id=item.pk).first()


def is_free_for(item: WorklistItem, user: User) -> bool:
    """Say whether opening would claim the item; looked at first, so that opening another's writes nothing.

    An item at a stage that is not this reader's is only looked at.
    """
    is_free = item.status == WorklistItem.Status.UNASSIGNED or (
        item.status in (WorklistItem.Status.ASSIGNED, WorklistItem.Status.READING) and item.assigned_to_id == user.pk
    )
    return is_free and not bar_at_stage(item, reader_id=user.pk, is_resident=is_resident(user))


def _begin(item: WorklistItem, user: User) -> Report:
    with transaction.atomic():
        report, created = Report.objects.get_or_create(
            worklist_item_id=item.pk, defaults={"hospital_id": item.hospital_id, "author": user}
        )
        if created:
            first_draft(report, user, _sections_from_template(item, user), uuid.uuid4())
        else:
            _begin_again(report, item, user)
    return reports_in_scope().get(pk=report.pk)


def _begin_again(report: Report, item: WorklistItem, user: User) -> None:
    """Let an independent reader begin from the template: another's text, finished or not, is none of its base."""
    report = lock_report(report.pk)
    if is_withheld(report, current_draft(report), user):
        first_draft(report, user, _sections_from_template(item, user), uuid.uuid4())


def _sections_from_template(item: WorklistItem, user: User) -> dict[str, str]:
    template = template_for(item.study.modalities)
    order = item.order
    reasons = (order.clinical_information, order.reason_for_study) if order else ()
    return {
        "clinical_information": "\n".join(dict.fromkeys(filter(None, reasons))),
        "technique": template.technique,
        "comparison": _comparison(item, prior_studies(worklist_item_id=item.pk, user=user)),
        "findings": template.findings,
        "impression": template.impression,
    }


def _comparison(item: WorklistItem, priors: list[Study]) -> str:
    """Name the newest prior of the same modality, or that none was available (ACR practice parameter)."""
    same = [prior for prior in priors if set(prior.modalities) & set(item.study.modalities) and prior.study_at]
    if not same:
        return "None available." if not priors else "No previous examination of this modality available."
    newest = max(same, key=lambda prior: prior.study_at)
    day = newest.study_at.astimezone(item.hospital.zone).date().isoformat()
    return f"{newest.description or '/'.join(newest.modalities)} of {day}."
