"""The catalogue of procedures: list, forms, CSV."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pacs_core.access.errors import NotVisible
from pacs_core.access.permissions import roles_required
from pacs_core.web.numbers import row_number
from routing_rules.errors import CatalogueFileRefused, InvalidProcedure
from routing_rules.forms_procedures import CatalogueFileForm, CatalogueFilterForm, ProcedureForm
from routing_rules.models import Procedure
from routing_rules.procedure_words import same_modality
from routing_rules.selectors.procedure_lists import find_procedures, procedures_to_choose, what_waits
from routing_rules.services.catalogue import add_procedure, change_procedure, retire_procedure
from routing_rules.services.catalogue_files import MOST_BYTES, export_catalogue, import_catalogue

PAGE_SIZE = 100
coordinators = roles_required("coordinator")


@never_cache
@require_GET
@coordinators
def catalogue(request: HttpRequest) -> HttpResponse:
    filters = CatalogueFilterForm(request.GET)
    pager = Paginator(find_procedures(**filters.chosen()), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"section": "catalogue", "filters": filters, "pager": pager, "waiting": what_waits()}
    return render(request, "routing_rules/procedures/catalogue.html", context)


@require_http_methods(["GET", "POST"])
@coordinators
def add(request: HttpRequest) -> HttpResponse:
    form = ProcedureForm(request.POST or None)

    def save() -> str:
        added, mapped = add_procedure(**form.cleaned_data)
        said = _("%(code)s is in the catalogue.") % {"code": added.code}
        if mapped:
            said += " " + _("%(count)s names with this code were mapped to it.") % {"count": mapped}
        return said

    return _answer(request, form, save, title=_("Add procedure"), verb=_("Add procedure"))


@require_http_methods(["GET", "POST"])
@coordinators
def procedure(request: HttpRequest, procedure_id: int) -> HttpResponse:
    found = _procedure(procedure_id)
    form = ProcedureForm(request.POST or None, procedure=found)

    def save() -> str:
        change_procedure(procedure=found, **form.cleaned_data)
        return _("%(code)s is changed.") % {"code": found.code}

    others = [
        other
        for other in procedures_to_choose()
        if other.pk != found.pk and same_modality(found.modality, other.modality)
    ]
    context = {"procedure": found, "title": found.code, "verb": _("Save"), "others": others}
    return _answer(request, form, save, **context)


@require_POST
@coordinators
def retire(request: HttpRequest, procedure_id: int) -> HttpResponse:
    """Retire a procedure; its names go to `replacement` when one is given."""
    found, chosen = _procedure(procedure_id), row_number(request.POST.get("replacement", ""))
    replacement = None if chosen is None else _procedure(chosen)
    try:
        moved = retire_procedure(procedure=found, replacement=replacement)
    except InvalidProcedure as error:
        messages.error(request, error.reason)
        return redirect("routing_rules:procedure", procedure_id=found.pk)
    said = _("%(code)s is retired.") % {"code": found.code}
    if replacement is not None:
        said += " " + _("%(count)s names are %(code)s now.") % {"count": moved, "code": replacement.code}
    messages.success(request, said)
    return redirect("routing_rules:catalogue")


@require_POST
@coordinators
def use_again(request: HttpRequest, procedure_id: int) -> HttpResponse:
    found = _procedure(procedure_id)
    change_procedure(procedure=found, is_active=True)
    messages.success(request, _("%(code)s is in use again.") % {"code": found.code})
    return redirect("routing_rules:procedure", procedure_id=found.pk)


@require_GET
@coordinators
def export(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        export_catalogue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="procedures.csv"'},
    )


@require_http_methods(["GET", "POST"])
@coordinators
def take_file(request: HttpRequest) -> HttpResponse:
    form = CatalogueFileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form, "section": "catalogue", "waiting": what_waits()}
    if request.method == "POST" and form.is_valid():
        try:
            taken = import_catalogue(form.cleaned_data["file"].read(MOST_BYTES + 1))
        except CatalogueFileRefused as error:
            context["faults"] = error.faults
        else:
            said = _("%(added)s procedures added, %(changed)s changed, %(same)s as they were.")
            messages.success(request, said % vars(taken))
            return redirect("routing_rules:catalogue")
    status = 422 if request.method == "POST" else 200
    return render(request, "routing_rules/procedures/import.html", context, status=status)


def _answer(request: HttpRequest, form: Form, save: Callable[[], str], **context: Any) -> HttpResponse:
    """Show a form; when saved, say so and go to the catalogue, else show what is wrong with 422."""
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, save())
            return redirect("routing_rules:catalogue")
        except InvalidProcedure as error:
            form.add_error(error.field if error.field in form.fields else None, error.reason)
    status = 422 if request.method == "POST" else 200
    context |= {"form": form, "section": "catalogue", "waiting": what_waits()}
    return render(request, "routing_rules/procedures/procedure.html", context, status=status)


def _procedure(procedure_id: int) -> Procedure:
    found = Procedure.objects.filter(pk=procedure_id).first()
    if found is None:
        raise NotVisible(f"The catalogue has no procedure {procedure_id}.")
    return found
