"""The reading page: images beside the report's editor. Opening it claims the examination where it is free."""

from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hospitals.models import User
from pacs_core.access.permissions import roles_required
from pacs_core.archive.relevance import prior_to_hang
from pacs_core.archive.selectors.measurements import stored_measurements
from pacs_core.audit.services import record_audit
from reporting.checks.run import facts_of_item, run_checks
from reporting.errors import ReportNotEditable
from reporting.models import Report, ReportKind
from reporting.report_templates import report_macros
from reporting.sections import SECTION_NAMES, SECTION_TITLES, empty_sections
from reporting.selectors.key_images import key_images_for
from reporting.selectors.reports import (
    address_of_pdf,
    current_sections,
    failure_of_last_attempt,
    pdf_addresses_by_study,
    report_for_reader,
    signed_versions,
)
from reporting.selectors.stages import meaning_of_signature
from reporting.serializers import KeyImageSerializer
from reporting.services.addenda import discard_addendum, start_addendum
from reporting.services.opening import open_report
from reporting.services.viewing import grant_viewing, viewer_address
from reporting.views.stages import stage_context
from worklist.models import WorklistItem
from worklist.selectors.ai_findings import findings_shown
from worklist.selectors.items import item_for_user
from worklist.selectors.priors import prior_studies
from worklist.selectors.stages import bar_at_stage, is_resident

# Least lines of each section's editor.
_ROWS = {"clinical_information": 2, "technique": 2, "comparison": 1, "findings": 8, "impression": 4}


@require_GET
@roles_required("radiologist")
def reading(request: HttpRequest, worklist_item_id: int) -> HttpResponse:
    report = open_report(worklist_item_id=worklist_item_id, user=request.user)
    item = item_for_user(worklist_item_id=worklist_item_id, user=request.user)
    record_audit(
        action="examination.opened", object_type="worklist_item", object_id=item.pk, hospital_id=item.hospital_id
    )
    reason = _why_read_only(report, item, request.user)
    context = _examination(item, request.user) | _report(report, item, request.user, reason)
    context["viewer_data"]["keyImages"] = _key_images(report, request.user)
    response = render(request, "reporting/reading.html", context)
    response.needs_style_nonce = True
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@roles_required("radiologist")
def addendum(request: HttpRequest, report_id: int) -> HttpResponse:
    """Begin an addendum and return to the reading page, which says so when it cannot be written now."""
    with suppress(ReportNotEditable):  # someone else began one meanwhile: the page says who
        start_addendum(report_id=report_id, user=request.user)
    report = report_for_reader(report_id=report_id, user=request.user)
    return redirect("reporting:reading", worklist_item_id=report.worklist_item_id)


@require_POST
@roles_required("radiologist")
def discard(request: HttpRequest, report_id: int) -> HttpResponse:
    """Give up the addendum and return to the reading page, which shows what holds now."""
    with suppress(ReportNotEditable):  # signed or discarded meanwhile: the page says so
        discard_addendum(report_id=report_id, user=request.user)
    report = report_for_reader(report_id=report_id, user=request.user)
    return redirect("reporting:reading", worklist_item_id=report.worklist_item_id)


def _examination(item: WorklistItem, user: User) -> dict[str, Any]:
    """Return the examination with its priors, and the viewer's address for exactly these."""
    study, priors = item.study, list(prior_studies(worklist_item_id=item.pk, user=user))
    report_urls = pdf_addresses_by_study([prior.pk for prior in priors])
    for prior in priors:
        prior.report_url = report_urls.get(prior.pk, "")
    grant = grant_viewing(user=user, study=study, priors=priors, purpose="reading")
    beside = prior_to_hang(study, priors)
    return {
        "item": item,
        "study": study,
        "patient": study.patient,
        "order": item.order,
        "hospital": item.hospital,
        "priors": priors,
        "prior_beside": beside,
        "findings": findings_shown(study.pk),
        "measurements": stored_measurements(study),
        "viewer_data": {
            "studyInstanceUid": study.study_instance_uid,
            "priorUids": [prior.study_instance_uid for prior in priors],
            "readingKey": grant.key,
            "viewerUrl": viewer_address(grant, study),
            "priorBeside": beside.study_instance_uid if beside else "",
            "observerName": user.name,
            "aheadUrl": reverse("reporting:ahead"),
            "sideBySideUrl": viewer_address(grant, study, beside=beside) if beside else "",
        },
    }


def _key_images(report: Report | None, user: User) -> dict[str, Any]:
    """Return what the report's reader marked, and where more is marked."""
    if report is None:
        return {"images": [], "url": ""}
    images = KeyImageSerializer(key_images_for(report, user), many=True).data
    return {"images": images, "url": reverse("api-report-key-images", args=[report.pk])}


def _report(report: Report | None, item: WorklistItem, user: User, reason: str) -> dict[str, Any]:
    """Return the draft with checks and versions; empty sections for an examination nobody began to report."""
    known = current_sections(report, user) if report else None
    sections = known or empty_sections()
    versions = list(signed_versions(report)) if report else []
    for version in versions:
        version.pdf_url = address_of_pdf(version)
        version.was_for_others = version.is_of_other_details(item.study.patient)
    checks = run_checks(known, facts_of_item(item)) if known else []
    stage = stage_context(report, item, user, may_write=not reason)
    return {
        "report": report,
        "sections": [
            {"name": name, "title": SECTION_TITLES[name], "text": sections[name], "rows": _ROWS[name]}
            for name in SECTION_NAMES
        ],
        "report_data": {
            "report_id": report.pk if report else 0,
            "worklist_item_id": item.pk,
            "user_id": user.pk,
            "draft_version": report.draft_version if report else 0,
            "sections": sections,
            "macros": report_macros(),
            "checks": [check.as_message() for check in checks],
            "socket_path": f"/ws/reports/{report.pk}/" if report else "",
            "read_only": bool(reason),
            "finishing": stage["finishing"],
            "opens_comparison": stage["opens_comparison"],
        },
        "stage": stage,
        "withheld": report is not None and known is None,
        "versions": versions,
        "read_only_reason": reason,
        "signing_failure": failure_of_last_attempt(report) if report else "",
        "meaning": meaning_of_signature(report) if report else "",
        "next_url": reverse("worklist:next"),
        "may": _may(report, item, user, reason),
    }


def _may(report: Report | None, item: WorklistItem, user: User, reason: str) -> dict[str, bool]:
    return {
        "write": not reason,
        "release": item.status == WorklistItem.Status.READING and item.claimed_by_id == user.pk,
        "discard": not reason and report is not None and report.draft_kind != ReportKind.FINAL,
        "addend": report is not None and report.status == Report.Status.SIGNED and not is_resident(user),
    }


def _why_read_only(report: Report | None, item: WorklistItem, user: User) -> str:
    """Return in words why the report cannot be written now; '' when it can."""
    if report is not None and report.status == Report.Status.SIGNED:
        return _("This report is signed. What has to be added becomes an addendum.")
    if report is not None and report.status == Report.Status.SIGNING:
        return _("This report is being signed.")
    if report is not None and report.draft_kind != ReportKind.FINAL:
        return "" if report.author_id == user.pk else _("%(name)s writes an addendum.") % {"name": report.author.name}
    if item.status == WorklistItem.Status.CANCELLED:
        return _("This examination was cancelled.")
    if report is not None and item.claimed_by_id == user.pk:
        return ""
    holder = item.claimed_by or item.assigned_to
    bar = _bar_in_words(item, user)
    if holder is None and bar:
        return bar
    if holder is None:
        return _("Nobody reads this examination yet.")
    if item.claimed_by is not None:
        return _("%(name)s reads this examination.") % {"name": holder.name}
    return _("This examination waits for %(name)s.") % {"name": holder.name}


def _bar_in_words(item: WorklistItem, user: User) -> str:
    """Return why an item that nobody has is not for this reader at its stage."""
    bar = bar_at_stage(item, reader_id=user.pk, is_resident=is_resident(user))
    if bar and item.first_reader_id == user.pk:
        return _("You finished the first reading. It waits for its second reader.")
    return _("This examination waits for an attending radiologist.") if bar else ""
