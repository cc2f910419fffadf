"""The reading page: images beside the report's editor. Opening it claims the examination where it is free."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from hospitals.models import User
from pacs_core.access.permissions import roles_required
from pacs_core.archive.models import Study
from pacs_core.audit.services import record_audit
from reporting.checks.run import facts_of_item, run_checks
from reporting.models import Report, ReportKind, ReportVersion
from reporting.pdf.content import AUTHOR_MEANING
from reporting.sections import SECTION_NAMES, SECTION_TITLES, empty_sections
from reporting.selectors.reports import current_draft, last_attempt, signed_versions
from reporting.services.content import exam_description_of, referring_physician_of
from reporting.services.opening import open_report
from reporting.services.viewing import viewer_address
from worklist.models import WorklistItem
from worklist.selectors.items import item_for_user
from worklist.selectors.priors import prior_studies


@require_GET
@roles_required("radiologist")
def reading(request: HttpRequest, worklist_item_id: int) -> HttpResponse:
    report = open_report(worklist_item_id=worklist_item_id, user=request.user)
    item = item_for_user(worklist_item_id=worklist_item_id, user=request.user)
    priors = list(prior_studies(worklist_item_id=item.pk, user=request.user))
    record_audit(
        action="examination.opened", object_type="worklist_item", object_id=item.pk, hospital_id=item.hospital_id
    )
    context = (
        _examination(item, priors, request.user)
        | _report_state(report, item, request.user)
        | {"has_order": item.order is not None}
    )
    response = render(request, "reporting/reading.html", context)
    response.needs_style_nonce = True
    response["Cache-Control"] = "no-store"
    return response


def _examination(item: WorklistItem, priors: list[Study], user: User) -> dict[str, Any]:
    return {
        "item": item,
        "study": item.study,
        "patient": item.study.patient,
        "order": item.order,
        "hospital": item.hospital,
        "exam_description": exam_description_of(item.study, item.order),
        "referring_physician": referring_physician_of(item.study, item.order),
        "priors": priors,
        "viewer_url": viewer_address(user=user, study=item.study, priors=priors, purpose="reading"),
    }


def _report_state(report: Report | None, item: WorklistItem, user: User) -> dict[str, Any]:
    """Return the draft with its checks and versions; for an examination nobody began, empty sections to read."""
    sections = current_draft(report).sections if report else empty_sections()
    attempt = last_attempt(report) if report else None
    return {
        "report": report,
        "sections": [{"name": name, "title": SECTION_TITLES[name], "text": sections[name]} for name in SECTION_NAMES],
        "sections_by_name": sections,
        "checks": [check.as_message() for check in run_checks(sections, facts_of_item(item))] if report else [],
        "may_write": report is not None and _may_write(report, item, user),
        "versions": list(signed_versions(report)) if report else [],
        "signing_failure": attempt.failure if attempt and attempt.state == ReportVersion.State.FAILED else "",
        "meaning": AUTHOR_MEANING,
        "socket_path": f"/ws/reports/{report.pk}/" if report else "",
        "draft_url": reverse("api-report-draft", args=[report.pk]) if report else "",
        "sign_url": reverse("api-report-sign", args=[report.pk]) if report else "",
        "addendum_url": reverse("api-report-addendum", args=[report.pk]) if report else "",
    }


def _may_write(report: Report, item: WorklistItem, user: User) -> bool:
    writer_id = item.claimed_by_id if report.draft_kind == ReportKind.FINAL else report.author_id
    return report.status == Report.Status.DRAFT and writer_id == user.pk
