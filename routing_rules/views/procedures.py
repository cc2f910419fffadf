"""The procedure map: hospitals' names that wait, suggestions, mapping in bulk."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from pacs_core.access.permissions import roles_required
from pacs_core.web.numbers import row_number
from routing_rules.errors import ProcedureNotAllowed
from routing_rules.forms_procedures import MappingFilterForm
from routing_rules.selectors.procedure_lists import find_mappings, procedures_to_choose, what_waits
from routing_rules.selectors.procedure_suggestions import suggestions_for
from routing_rules.services.procedures import Mapped, map_procedures

PAGE_SIZE = 50
MOST_AT_ONCE = 500


@never_cache
@require_GET
@roles_required("coordinator")
def procedure_map(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "routing_rules/procedures/map.html",
        _names(request) | {"section": "names", "choices": list(procedures_to_choose())},
    )


@require_POST
@roles_required("coordinator")
def map_names(request: HttpRequest) -> HttpResponse:
    """Map names: `choice` is "name:procedure" as often as wanted, an empty procedure sends the name back.

    Answers the script with the list as the address narrows it down, everybody else with the page again.
    """
    choices = _choices(request)
    if not choices or len(choices) > MOST_AT_ONCE:
        return HttpResponseBadRequest("choice: numbers of a name and a procedure, with a colon between")
    status, said = 200, {}
    try:
        outcome = map_procedures(choices=choices, user=request.user)
        said = {"said": _sentence(choices, outcome), "undo": _undo(outcome)}
    except ProcedureNotAllowed as error:
        status, said = 422, {"refused": str(error)}
    if request.headers.get("HX-Request") != "true":
        return redirect("routing_rules:procedures")
    return render(request, "routing_rules/procedures/names.html", _names(request) | said, status=status)


def _names(request: HttpRequest) -> dict[str, Any]:
    filters = MappingFilterForm(request.GET)
    pager = Paginator(find_mappings(**filters.chosen()), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = list(pager.object_list)
    suggestions = suggestions_for([row for row in rows if row.procedure is None or not row.procedure.is_active])
    names = [{"row": row, "suggestions": suggestions.get(row.pk, [])} for row in rows]
    sure = [name for name in names if name["suggestions"] and name["suggestions"][0].is_sure]
    return {"filters": filters, "pager": pager, "names": names, "sure": sure, "waiting": what_waits()}


def _choices(request: HttpRequest) -> dict[int, int | None]:
    choices: dict[int, int | None] = {}
    for text in request.POST.getlist("choice"):
        name, _colon, procedure = text.partition(":")
        number, chosen = row_number(name), row_number(procedure)
        if number is None or (procedure and chosen is None):
            return {}
        choices[number] = chosen
    return choices


def _sentence(choices: dict[int, int | None], outcome: Mapped) -> str:
    if all(procedure_id is None for procedure_id in choices.values()):
        words = ngettext("%(count)s name waits again.", "%(count)s names wait again.", outcome.chosen)
    else:
        words = ngettext("%(count)s name is mapped.", "%(count)s names are mapped.", outcome.chosen)
    said = words % {"count": outcome.chosen}
    if outcome.followed:
        said += " " + _("%(count)s more of the same code followed.") % {"count": outcome.followed}
    return said


def _undo(outcome: Mapped) -> str:
    return " ".join(f"{mapping_id}:{procedure_id or ''}" for mapping_id, procedure_id in outcome.before.items())
