"""Signed PDFs for those who read at the hospital."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from pacs_core.access.permissions import roles_required
from reporting.models import ReportVersion
from reporting.selectors.reports import version_for_reader
from reporting.services.delivery import download_for_reader


@require_GET
@roles_required("radiologist")
def version_pdf(request: HttpRequest, report_id: int, number: int) -> HttpResponse:
    version = version_for_reader(report_id=report_id, number=number, user=request.user)
    return pdf_response(version, download_for_reader(version), disposition="inline")


def pdf_response(version: ReportVersion, content: bytes, *, disposition: str) -> HttpResponse:
    """Hand out the signed bytes; neither name nor address tells whose report it is."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'{disposition}; filename="report-{version.report_id}-v{version.number}.pdf"'
    response["Cache-Control"] = "private, no-store"
    response["ETag"] = f'"{version.pdf_sha256}"'
    return response
