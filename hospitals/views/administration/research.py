"""Pages of research projects: ask for de-identified copies, follow them, fetch the ZIP."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from hospitals.forms.filters import ExportFilterForm
from hospitals.forms.research import DeidentifiedExportForm, ResearchProjectForm
from hospitals.selectors.lists import find_deidentified_exports
from hospitals.views.administration.edge import administration_page, answer_action, answer_form, show_list
from pacs_core.archive.errors import ArchiveError
from pacs_core.archive.files import file_at_hand
from pacs_core.network.research.models import DeidentifiedExport
from pacs_core.network.research.selectors import visible_export
from pacs_core.network.research.services import (
    add_research_project,
    ask_for_deidentified_export,
    audit_download,
    retry_deidentified_export,
)
from pacs_core.web.file_stream import stream_file

Status = DeidentifiedExport.Status


@administration_page()
def research(request: HttpRequest) -> HttpResponse:
    filters = ExportFilterForm(request.GET)
    return show_list(
        request,
        "administration/research.html",
        name="exports",
        rows=find_deidentified_exports(**filters.chosen()),
        filters=filters,
        links=_links,
        add_url=reverse("administration:ask_for_copies"),
        add_label=_("Ask for copies"),
    )


@administration_page("GET", "POST")
def add_project(request: HttpRequest) -> HttpResponse:
    form = ResearchProjectForm(request.POST or None)
    return answer_form(
        request,
        form,
        save=lambda: add_research_project(**form.values()),
        said=_("The project may ask for copies now."),
        done_url=reverse("administration:ask_for_copies"),
        title=_("Add project"),
        explanation=_("Copies of one project fit together: a patient is the same pseudonym in all of them."),
        verb=_("Add project"),
    )


@administration_page("GET", "POST")
def ask_for_copies(request: HttpRequest) -> HttpResponse:
    form = DeidentifiedExportForm(request.POST or None)
    return answer_form(
        request,
        form,
        save=lambda: ask_for_deidentified_export(**form.values()),
        said=_("The copies are being made. This page shows how far they are."),
        done_url=reverse("administration:research"),
        title=_("Ask for copies"),
        explanation=_("De-identified by DICOM PS3.15 Annex E. Faces in head scans can still be recognised: they stay."),
        verb=_("Make copies"),
    )


@administration_page("POST")
def retry_copies(request: HttpRequest, deidentified_export_id: int) -> HttpResponse:
    found = visible_export(deidentified_export_id)
    return answer_action(
        request,
        act=lambda: retry_deidentified_export(export_id=found.pk),
        said=_("It goes on now. If it fails again, it comes back here."),
        done_url=reverse("administration:research"),
    )


@administration_page()
def download_copies(request: HttpRequest, deidentified_export_id: int) -> HttpResponseBase:
    """Send the ZIP; where there is none any more, say so on the list."""
    found = visible_export(deidentified_export_id)
    try:
        path = file_at_hand(found.file_path) if found.file_path else None
    except (OSError, ArchiveError):
        path = None
    if path is None or not path.is_file():
        messages.error(request, _("There is no ZIP of it, or not any more. Ask again: the pseudonyms stay the same."))
        return redirect("administration:research")
    audit_download(found)
    response = StreamingHttpResponse(stream_file(path), content_type="application/zip")
    response["Content-Length"] = str(path.stat().st_size)
    response["Content-Disposition"] = f'attachment; filename="{found.project.code}-{found.pk}.zip"'
    return response


def _links(export: DeidentifiedExport) -> dict[str, str]:
    """Give each row what may be done with it, and the reasons for what was left out in words."""
    reasons = "; ".join(f"{number}: {reason}" for reason, number in export.left_out.items())
    links = {"left_out_words": reasons}
    if export.file_path:
        links["download_url"] = reverse("administration:download_copies", args=[export.pk])
    if export.status in (Status.FAILED, Status.WAITING) and export.attempts:
        links["retry_url"] = reverse("administration:retry_copies", args=[export.pk])
    return links
