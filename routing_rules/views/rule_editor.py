"""The editor of a draft: the page, saving, what the rules would do, publication."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from pacs_core.access.permissions import roles_required
from pacs_core.web.numbers import row_number
from routing_rules.errors import DraftChanged, InvalidRule, PublicationRefused
from routing_rules.models import RuleSet
from routing_rules.selectors.rule_differences import differences
from routing_rules.selectors.rule_facts import sample_in_view
from routing_rules.selectors.rule_forms import forms
from routing_rules.selectors.rule_network import names_of_people
from routing_rules.selectors.rule_preview import preview_of, whole_in_words
from routing_rules.selectors.rule_sets import draft_numbered, newest_published
from routing_rules.selectors.rule_trial import findings_as_dicts, try_rules
from routing_rules.services.rule_sets import check_shape, publish_draft, save_draft

MOST_BYTES = 2_000_000
coordinators = roles_required("coordinator")


@never_cache
@require_GET
@coordinators
def editor(request: HttpRequest, draft_id: int) -> HttpResponse:
    draft, now = draft_numbered(draft_id), timezone.now()
    page = {
        "rules": draft.rules,
        "edit_number": draft.edit_number,
        "forms": forms(sample_in_view(now)),
        "preview": try_rules(draft.rules, now=now),
        "urls": {
            "save": reverse("routing_rules:save_draft", args=[draft.pk]),
            "changes": reverse("routing_rules:draft_changes", args=[draft.pk]),
            "preview": reverse("routing_rules:preview_rules"),
            "matches": reverse("routing_rules:rule_matches"),
        },
    }
    context = {"draft": draft, "in_force": newest_published(), "page": page}
    return render(request, "routing_rules/rules/editor.html", context)


@require_POST
@coordinators
def save(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Keep the draft: `{rules, name, edit_number}`; 409 with who and what when somebody saved in between."""
    body = _body(request)
    try:
        draft = save_draft(
            draft_id=draft_id,
            rules=body.get("rules"),
            name=str(body.get("name", "")),
            edit_number=_whole(body.get("edit_number")),
            user=request.user,
        )
    except DraftChanged:
        return JsonResponse(_conflict(draft_numbered(draft_id), body["rules"]), status=409)
    except InvalidRule as error:
        return JsonResponse({"words": str(error)}, status=400)
    return JsonResponse({"edit_number": draft.edit_number})


@require_POST
@coordinators
def preview(request: HttpRequest) -> HttpResponse:
    """Say what the rules of a draft would do: `{rules}` as the page holds them, finished or not."""
    try:
        rules = check_shape(_body(request).get("rules"))
    except InvalidRule as error:
        return JsonResponse({"words": str(error)}, status=400)
    return JsonResponse(try_rules(rules, now=timezone.now()))


@require_POST
@coordinators
def matches(request: HttpRequest) -> HttpResponse:
    """List the examinations that the rule at `position` takes, without anything of the patient."""
    body = _body(request)
    try:
        rules = check_shape(body.get("rules"))
    except InvalidRule as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    position = min(max(_whole(body.get("position")), 0), len(rules) - 1)
    in_force = newest_published()
    found = preview_of(rules, in_force=in_force.rules if in_force else [], sample=sample_in_view(timezone.now()))
    taken = found.taken[position]
    examinations = found.examinations_of(position)
    context = {"examinations": examinations, "more": int(found.matches[position].sum()) - len(examinations)}
    return render(request, "routing_rules/rules/matches.html", context | {"taken": taken})


@never_cache
@require_GET
@coordinators
def changes(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show what publishing the draft would change: in words, in examinations, and what was found."""
    draft, in_force, now = draft_numbered(draft_id), newest_published(), timezone.now()
    old = in_force.rules if in_force else []
    found = preview_of(draft.rules, in_force=old, sample=sample_in_view(now))
    findings = findings_as_dicts(found, in_force=old, now=now)
    context = {
        "draft": draft,
        "in_force": in_force,
        "is_overtaken": in_force is not None and draft.based_on_id not in (None, in_force.pk),
        "changes": differences(old, draft.rules, names_of_people()),
        "differing_words": whole_in_words(found),
        "findings": findings,
        "is_blocked": any(finding["blocks"] for finding in findings),
    }
    return render(request, "routing_rules/rules/changes.html", context)


@require_POST
@coordinators
def publish(request: HttpRequest, draft_id: int) -> HttpResponse:
    try:
        rule_set = publish_draft(
            draft_id=draft_id,
            edit_number=_whole(request.POST.get("edit_number")),
            note=request.POST.get("note", ""),
            user=request.user,
            compared_with=row_number(request.POST.get("compared_with", "")),
        )
    except DraftChanged:
        told = _("%(name)s has edited the draft in between. Look at it again before you publish.")
        messages.error(request, told % {"name": _editor_of(draft_numbered(draft_id))})
        return redirect("routing_rules:rule_draft", draft_id=draft_id)
    except (PublicationRefused, InvalidRule) as error:
        messages.error(request, str(error))
        return redirect("routing_rules:rule_draft", draft_id=draft_id)
    said = _("Version %(version)s is in force. The waiting examinations are planned again.")
    messages.success(request, said % {"version": rule_set.version})
    return redirect("routing_rules:rule_sets")


def _conflict(draft: RuleSet, mine: list[dict[str, Any]]) -> dict[str, Any]:
    """Say who saved in between, and what the page's rules would change in what is saved now."""
    words = _("%(name)s has saved this draft since you opened it. Nothing of yours has been written over theirs.")
    return {
        "words": words % {"name": _editor_of(draft)},
        "changes": [change.sentence for change in differences(draft.rules, mine, names_of_people())],
        "edit_number": draft.edit_number,
    }


def _editor_of(draft: RuleSet) -> str:
    return draft.edited_by.name if draft.edited_by else _("Somebody")


def _body(request: HttpRequest) -> dict[str, Any]:
    """Return the request's JSON object, an empty one where it is none."""
    if len(request.body) > MOST_BYTES:
        return {}
    try:
        body = json.loads(request.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _whole(value: Any) -> int:
    """Return a whole number of a body, -1 for anything else: no edit and no rule has it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = row_number(value) if isinstance(value, str) else None
    return -1 if number is None else number
