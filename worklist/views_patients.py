"""Patients: the list, one patient with its history, two records side by side, and pairs that wait for a decision."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from pacs_core.access.permissions import roles_required
from pacs_core.archive.models import Patient
from pacs_core.archive.selectors.likeness import likeness
from pacs_core.audit.services import record_audit
from pacs_core.web.paging import BoundedPaginator
from worklist.forms_patients import CorrectionForm, LinkFilterForm, PatientFilterForm
from worklist.selectors.patients import (
    PATIENT_ROLES,
    changes_of,
    find_patients,
    link_between,
    linked_studies,
    links_in_view,
    links_of,
    patient_in_view,
    side_of,
)

PAGE_SIZE = 50
patients_page = roles_required(*PATIENT_ROLES)


@require_http_methods(["GET", "POST"])
@never_cache
@patients_page
def patients(request: HttpRequest) -> HttpResponse:
    """Show the list, by POST narrowed down to a search too."""
    values = _filter_values(request)
    filters = PatientFilterForm(values)
    pager = _page(find_patients(**filters.chosen()), values)
    beside = filters.cleaned_data.get("beside")
    context = {
        "patients": list(pager.object_list),
        "pager": pager,
        "filters": filters,
        "beside": patient_in_view(beside) if beside else None,
    }
    response = render(request, "worklist/patients/list.html", context)
    if request.htmx and request.method == "POST":
        response["HX-Push-Url"] = f"{request.path}?{filters.query()}"
    return response


@require_GET
@never_cache
@patients_page
def patient(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Show one patient; looking at a patient's data is in the audit trail."""
    found = patient_in_view(patient_id)
    note_looked_at(found)
    return render(request, "worklist/patients/patient.html", patient_context(found))


def patient_context(found: Patient, form: CorrectionForm | None = None) -> dict[str, Any]:
    return {
        "patient": found,
        "side": side_of(found),
        "links": links_of(found),
        "linked_studies": linked_studies(found),
        "changes": changes_of(found),
        "form": form or CorrectionForm(patient=found),
    }


@require_GET
@never_cache
@patients_page
def compare(request: HttpRequest, patient_id: int, other_id: int) -> HttpResponse:
    """Show two records side by side, and what may be done about them."""
    one, other = patient_in_view(patient_id), patient_in_view(other_id)
    for record in (one, other):
        note_looked_at(record)
    context = {
        "sides": [side_of(one), side_of(other)],
        "one": one,
        "other": other,
        "same_hospital": one.hospital_id == other.hospital_id,
        "alike": likeness(one, other),
        "link": link_between(one, other),
        "one_person": one.person is not None and one.person == other.person,
    }
    return render(request, "worklist/patients/compare.html", context)


@require_GET
@never_cache
@patients_page
def links(request: HttpRequest) -> HttpResponse:
    """Show pairs of records that may be of one person, the most alike first."""
    filters = LinkFilterForm(request.GET)
    pager = _page(links_in_view().filter(status=filters.chosen()), request.GET)
    context = {"links": list(pager.object_list), "pager": pager, "filters": filters}
    return render(request, "worklist/patients/links.html", context)


def note_looked_at(found: Patient) -> None:
    record_audit(action="patient.viewed", object_type="patient", object_id=found.pk, hospital_id=found.hospital_id)


def _page(rows: Any, values: QueryDict) -> Any:
    return BoundedPaginator(rows, PAGE_SIZE).get_page(values.get("page"))


def _filter_values(request: HttpRequest) -> QueryDict:
    if request.method == "POST":
        return request.POST
    values = request.GET.copy()
    values.pop("search", None)
    return values
