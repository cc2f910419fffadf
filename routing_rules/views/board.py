"""The coordinator's board: the page, its live parts, the panels beside it.

Page and live parts go out compressed: hundreds of rows alike shrink to a tenth. The length tells nothing (BREACH): the
CSRF token is masked anew in each answer, and beside patients' names stands no word that an address has brought along.
"""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_http_methods

from pacs_core.access.permissions import roles_required
from pacs_core.access.scopes import current_scope
from pacs_core.web.numbers import row_number
from routing_rules.forms_board import BoardForm
from routing_rules.models import AssignmentDecision
from routing_rules.selectors.board import BoardState, board_state, lines_context
from routing_rules.selectors.board_items import ITEM_VIEWS, items_page
from routing_rules.selectors.choices import Situation, choices_for
from routing_rules.selectors.cover import cover_of_coming_hours, cover_of_forecast
from routing_rules.selectors.decision_words import shown_decision
from routing_rules.selectors.decisions import decisions_for
from routing_rules.selectors.fairness import fairness_table
from routing_rules.selectors.item_history import history_of
from routing_rules.selectors.reader_panel import reader_panel
from routing_rules.selectors.why_not import why_not
from worklist.live.numbers import last_numbers
from worklist.models import WorklistItem
from worklist.selectors.items import item_for_user
from worklist.selectors.stages import is_resident, stage_words

DECISIONS_SHOWN = 20
MOST_CHOSEN = 200


@gzip_page
@require_GET
@never_cache
@roles_required("coordinator")
def coordination(request: HttpRequest) -> HttpResponse:
    """Show the board; the live numbers are read before anything else, so that no change falls between."""
    numbers = last_numbers(current_scope().hospital_ids)
    state = board_state(timezone.now())
    context = _parts(request, state, BoardForm(request.GET)) | {
        "tab": "board",
        "live_numbers": json.dumps(numbers),
        "cover": cover_of_forecast(state.forecast, zone=request.user.time_zone),
    }
    return render(request, "routing_rules/coordination.html", context)


@gzip_page
@require_http_methods(["GET", "POST"])
@never_cache
@roles_required("coordinator")
def live(request: HttpRequest) -> HttpResponse:
    """Return what of the page changes, narrowed down as asked; by POST, since a search may name a patient.

    Rows that the browser says it has as they are come without their cells.
    """
    form = BoardForm(request.POST if request.method == "POST" else request.GET)
    context = _parts(request, board_state(timezone.now()), form) | {
        "known_readers": form.known("readers"),
        "known_items": form.known("items"),
    }
    return render(request, "routing_rules/board/live.html", context)


@require_GET
@never_cache
@roles_required("coordinator")
def cover(request: HttpRequest) -> HttpResponse:
    made = cover_of_coming_hours(timezone.now(), zone=request.user.time_zone)
    return render(request, "routing_rules/board/cover.html", {"cover": made, "zone": request.user.time_zone})


@require_GET
@never_cache
@roles_required("coordinator")
def fairness(request: HttpRequest) -> HttpResponse:
    return render(request, "routing_rules/board/fairness.html", {"fairness": fairness_table(timezone.now())})


@require_GET
@never_cache
@roles_required("coordinator")
def reader(request: HttpRequest, reader_id: int) -> HttpResponse:
    """Show one reader's list; with `item` also why that one is not this reader's."""
    state, item = board_state(timezone.now()), row_number(request.GET.get("item", ""))
    context = {"panel": reader_panel(state, reader_id, request.user), "zone": request.user.time_zone}
    if item is not None:
        context |= {
            "why_not": why_not(item, reader_id, request.user, Situation(state.forecast.readers, state.held)),
            "item": item_for_user(request.user, item),
        }
    return render(request, "routing_rules/board/reader.html", context)


@require_GET
@never_cache
@roles_required("coordinator")
def choices(request: HttpRequest) -> HttpResponse:
    """List every reader for the items of `ids`, those who may take most of them first."""
    ids = [row_number(part) for part in request.GET.get("ids", "").split(",")]
    numbers = sorted({number for number in ids if number is not None})
    if None in ids or len(ids) > MOST_CHOSEN:
        return HttpResponseBadRequest("ids: numbers of worklist items, separated by commas")
    asked, found = choices_for(numbers, request.user, timezone.now())
    context = {"asked": asked, "choices": found, "number": len(asked)}
    return render(request, "routing_rules/board/choices.html", context)


@require_GET
@never_cache
@roles_required("coordinator")
def why(request: HttpRequest, worklist_item_id: int) -> HttpResponse:
    """Show why the item is whose it is, every candidate, and what happened so far."""
    item = item_for_user(request.user, worklist_item_id)
    decisions = list(decisions_for(request.user, worklist_item_id)[:DECISIONS_SHOWN])
    holder = item.claimed_by or item.assigned_to
    stage = stage_words(item, is_resident=is_resident(holder) if holder else None)
    context = _explained(item, decisions) | {"history": history_of(item, decisions), "stage": stage}
    return render(request, "routing_rules/board/why.html", context)


@require_GET
@roles_required("radiologist", "coordinator")
def explanation(request: HttpRequest, worklist_item_id: int) -> HttpResponse:
    item = item_for_user(request.user, worklist_item_id)
    decisions = list(decisions_for(request.user, worklist_item_id)[:DECISIONS_SHOWN])
    return render(request, "routing_rules/explanation.html", _explained(item, decisions))


def _explained(item: WorklistItem, decisions: list[AssignmentDecision]) -> dict[str, Any]:
    latest = shown_decision(decisions[0]) if decisions else None
    return {"item": item, "latest": latest, "number_of_decisions": len(decisions)}


def _parts(request: HttpRequest, state: BoardState, form: BoardForm) -> dict[str, Any]:
    # A search may name a patient, so it comes in a body; one that stands in an address counts for nothing.
    search = form.search() if request.method == "POST" else ""
    page = items_page(state, request.user, view=form.item_view(), search=search)
    views = [
        {"key": view.key, "label": view.label, "count": page.counts[view.key], "tone": view.tone}
        for view in ITEM_VIEWS.values()
    ]
    return lines_context(state, form.reader_filter()) | {
        "page": page,
        "views": views,
        "view": form.item_view(),
        "known_readers": frozenset(),
        "known_items": frozenset(),
        "form": form,
        "zone": request.user.time_zone,
        "drawn_at": state.now,
    }
