"""The coordinator's board, and the explanation that every reader of an item may open."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from pacs_core.access.permissions import roles_required
from routing_rules.errors import NoRuleSetPublished
from routing_rules.models import RuleSet
from routing_rules.selectors.board import board_context, items_at_risk
from routing_rules.selectors.decision_words import shown_decision
from routing_rules.selectors.decisions import decisions_for
from routing_rules.selectors.rule_sets import rule_set_in_force
from routing_rules.selectors.rule_words import rule_in_words
from worklist.errors import WorklistError
from worklist.selectors.items import item_for_user
from worklist.services.holding import assign_worklist_item

SHOWN_AT_RISK = 200


@require_GET
@roles_required("coordinator")
def coordination(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    rule_set = _rule_set()
    rules = [
        {"name": rule["name"], "words": rule_in_words(rule), "stop": rule.get("stop", False)}
        for rule in (rule_set.rules if rule_set else [])
    ]
    context = board_context(now) | {
        "items": list(items_at_risk(now)[:SHOWN_AT_RISK]),
        "rules": rules,
        "rule_set": rule_set,
    }
    return render(request, "routing_rules/coordination.html", context)


@require_GET
@roles_required("coordinator")
def board(request: HttpRequest) -> HttpResponse:
    return render(request, "routing_rules/board.html", board_context(timezone.now()))


@require_GET
@roles_required("coordinator")
def rows(request: HttpRequest) -> HttpResponse:
    """Return those of the asked items that are unassigned or at risk now; the others' rows are absent."""
    ids = request.GET.get("ids", "")
    items = items_at_risk(timezone.now())
    if ids:
        wanted = ids.split(",")
        if not all(part.isdecimal() for part in wanted):
            return HttpResponseBadRequest("ids: numbers of worklist items, separated by commas")
        items = items.filter(pk__in=[int(part) for part in wanted])
    return render(request, "routing_rules/rows.html", {"items": list(items[:SHOWN_AT_RISK])})


@require_GET
@roles_required("radiologist", "coordinator")
def explanation(request: HttpRequest, worklist_item_id: int) -> HttpResponse:
    item = item_for_user(request.user, worklist_item_id)
    decisions = decisions_for(request.user, worklist_item_id)
    latest = decisions.first()
    context = {
        "item": item,
        "latest": shown_decision(latest) if latest else None,
        "number_of_decisions": decisions.count(),
    }
    return render(request, "routing_rules/explanation.html", context)


@require_POST
@roles_required("coordinator")
def assign(request: HttpRequest, worklist_item_id: int) -> HttpResponse:
    """Give an item to a reader by hand; rules leave it alone from then on."""
    item = item_for_user(request.user, worklist_item_id)
    user_id = request.POST.get("user_id", "")
    if not user_id.isdecimal():
        return HttpResponseBadRequest("user_id: choose a reader")
    try:
        assign_worklist_item(
            worklist_item_id=item.pk, radiologist_id=int(user_id), reason=request.POST.get("reason", "")[:300]
        )
    except WorklistError as error:
        raise PermissionDenied(str(error)) from error
    return redirect("routing_rules:coordination")


def _rule_set() -> RuleSet | None:
    try:
        return rule_set_in_force()
    except NoRuleSetPublished:
        return None
