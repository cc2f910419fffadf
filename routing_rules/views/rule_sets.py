"""Versions of the rules: history, one version in words, differences, roll-back; drafts begun and discarded."""

import json
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from pacs_core.access.permissions import roles_required
from pacs_core.web.numbers import row_number
from routing_rules.errors import InvalidRule, PublicationRefused
from routing_rules.models import RuleSet
from routing_rules.selectors.rule_differences import differences
from routing_rules.selectors.rule_network import names_of_people
from routing_rules.selectors.rule_sets import (
    draft_numbered,
    drafts,
    newest_published,
    published_versions,
    version_numbered,
)
from routing_rules.selectors.rule_words import rule_in_words
from routing_rules.services.rule_sets import discard_draft, roll_back, start_draft

PAGE_SIZE = 50
coordinators = roles_required("coordinator")


@never_cache
@require_GET
@coordinators
def rule_sets(request: HttpRequest) -> HttpResponse:
    pager = Paginator(published_versions(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"section": "versions", "in_force": newest_published(), "drafts": list(drafts()), "pager": pager}
    return render(request, "routing_rules/rules/versions.html", context)


@never_cache
@require_GET
@coordinators
def version(request: HttpRequest, version: int) -> HttpResponse:
    """Show a version in words and how it differs from another: `against`, else the version before it."""
    shown, in_force, names = version_numbered(version), newest_published(), names_of_people()
    others = [one for one in published_versions() if one.pk != shown.pk]
    other = _other(request.GET.get("against", ""), others, shown)
    context = {
        "section": "versions",
        "shown": shown,
        "rules": [{"rule": rule, "words": rule_in_words(rule, names)} for rule in shown.rules],
        "is_in_force": in_force is not None and in_force.pk == shown.pk,
        "in_force": in_force,
        "others": others,
        "other": other,
        "changes": differences(other.rules, shown.rules, names) if other else [],
        # What going back to it would change now, for the dialog that asks why.
        "changes_now": differences(in_force.rules, shown.rules, names) if in_force else [],
    }
    return render(request, "routing_rules/rules/version.html", context)


@require_POST
@coordinators
def roll_back_to(request: HttpRequest, version: int) -> HttpResponse:
    try:
        rule_set = roll_back(version=version, note=request.POST.get("note", ""), user=request.user)
    except (PublicationRefused, InvalidRule) as error:
        messages.error(request, str(error))
        return redirect("routing_rules:rule_set_version", version=version)
    said = _("Version %(new)s is in force: the rules of version %(old)s. The waiting examinations are planned again.")
    messages.success(request, said % {"new": rule_set.version, "old": version})
    return redirect("routing_rules:rule_sets")


@require_POST
@coordinators
def start(request: HttpRequest) -> HttpResponse:
    """Begin a draft: of `version`, of the rules in force, or of `rules` that a conflict kept on somebody's page."""
    chosen, kept = row_number(request.POST.get("version", "")), request.POST.get("rules", "")
    try:
        values: dict[str, Any] = {"name": request.POST.get("name", "")}
        if chosen is not None:
            values["based_on"] = version_numbered(chosen)
        if kept:
            values["rules"] = json.loads(kept)
        draft = start_draft(user=request.user, **values)
    except (json.JSONDecodeError, InvalidRule) as error:
        return HttpResponseBadRequest(f"rules: {error}", content_type="text/plain; charset=utf-8")
    return redirect("routing_rules:rule_draft", draft_id=draft.pk)


@require_POST
@coordinators
def discard(request: HttpRequest, draft_id: int) -> HttpResponse:
    draft = draft_numbered(draft_id)
    discard_draft(draft_id=draft.pk)
    messages.success(request, _("The draft “%(name)s” is discarded.") % {"name": draft.name or _("no name")})
    return redirect("routing_rules:rule_sets")


def _other(wish: str, others: list[RuleSet], shown: RuleSet) -> RuleSet | None:
    """Return the version to compare with: the one wished for, else the one before, else the one after."""
    by_number = {one.version: one for one in others}
    wished = row_number(wish)
    if wished is not None and wished in by_number:
        return by_number[wished]
    earlier = [one for one in others if (one.version or 0) < (shown.version or 0)]
    return earlier[0] if earlier else (others[-1] if others else None)
