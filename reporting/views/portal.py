"""The referring physician's portal: own patients' signed reports, their PDF and images."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from pacs_core.access.permissions import roles_required
from reporting.models import Delivery
from reporting.sections import SECTION_NAMES, SECTION_TITLES
from reporting.selectors.portal import deliveries_of, delivery_in_portal, report_in_portal, versions_in_portal
from reporting.services.content import earlier_readers, exam_description_of
from reporting.services.delivery import download_delivered, note_look
from reporting.services.viewing import grant_viewing, viewer_address
from reporting.views.documents import pdf_response

LIST_LENGTH = 200
# The answer first, then how it was reached.
_READING_ORDER = ("impression", *(name for name in SECTION_NAMES if name != "impression"))


@require_GET
@roles_required("referring_physician")
def portal(request: HttpRequest) -> HttpResponse:
    """List what is new for this physician, then everything seen before."""
    deliveries = list(deliveries_of(request.user)[:LIST_LENGTH])
    for delivery in deliveries:
        _describe(delivery)
    context = {
        "new_deliveries": [delivery for delivery in deliveries if delivery.first_viewed_at is None],
        "seen_deliveries": [delivery for delivery in deliveries if delivery.first_viewed_at is not None],
        "deliveries": deliveries,
    }
    return render(request, "reporting/portal.html", context)


@require_GET
@roles_required("referring_physician")
def portal_report(request: HttpRequest, report_id: int) -> HttpResponse:
    report = report_in_portal(report_id=report_id, user=request.user)
    versions = list(versions_in_portal(report, request.user))
    latest = versions[0]
    note_look(latest)
    context = {
        "report": report,
        "item": report.worklist_item,
        "study": report.worklist_item.study,
        "patient": report.worklist_item.study.patient,
        "hospital": report.hospital,
        "delivery": _describe(latest),
        "version": latest.report_version,
        "was_for_others": latest.report_version.is_of_other_details(report.worklist_item.study.patient),
        "sections": _sections(latest.report_version.sections),
        "impression": latest.report_version.sections["impression"],
        "versions": versions,
        "readers": earlier_readers(latest.report_version),
    }
    return render(request, "reporting/portal_report.html", context)


@require_GET
@roles_required("referring_physician")
def portal_pdf(request: HttpRequest, report_version_id: int) -> HttpResponse:
    delivery = delivery_in_portal(report_version_id=report_version_id, user=request.user)
    return pdf_response(delivery.report_version, download_delivered(delivery), disposition="attachment")


@require_GET
@roles_required("referring_physician")
def portal_images(request: HttpRequest, report_id: int) -> HttpResponse:
    """Grant a look at this report's study and go to the viewer."""
    study = report_in_portal(report_id=report_id, user=request.user).worklist_item.study
    grant = grant_viewing(user=request.user, study=study, priors=[], purpose="portal")
    return redirect(viewer_address(grant, study))


def _sections(sections: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"name": name, "title": SECTION_TITLES[name], "text": sections[name]}
        for name in _READING_ORDER
        if sections.get(name, "").strip()
    ]


def _describe(delivery: Delivery) -> Any:
    """Add what a line of the list shows."""
    item = delivery.report_version.report.worklist_item
    delivery.exam_description = exam_description_of(item.study, item.order)
    delivery.patient, delivery.study = item.study.patient, item.study
    delivery.impression = delivery.report_version.sections["impression"]
    return delivery
