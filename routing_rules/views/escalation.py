"""The page of the network's escalation: at which share of the service level what is done."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pacs_core.access.permissions import roles_required
from routing_rules.engine.escalation import STEPS
from routing_rules.errors import PolicyChangedMeanwhile
from routing_rules.forms_escalation import EscalationForm
from routing_rules.selectors.escalation import DEFAULT_SHARES, Policy, escalation_policies, steps_taken_since
from routing_rules.selectors.escalation_words import worked_example
from routing_rules.services.escalation_policies import save_escalation_policies
from worklist.services.service_levels import DEFAULT_MINUTES

DAYS_LOOKED_BACK = 7


@never_cache
@require_http_methods(["GET", "POST"])
@roles_required("coordinator")
def escalation(request: HttpRequest) -> HttpResponse:
    """Show and save the shares; 409 with both values where somebody else has changed the same meanwhile."""
    policies = escalation_policies()
    form = EscalationForm(request.POST or None, policies=policies.values())
    if request.method != "POST":
        return render(request, "routing_rules/escalation/page.html", _context(form, policies))
    if not form.is_valid():
        return render(request, "routing_rules/escalation/page.html", _context(form, policies), status=422)
    try:
        changed = save_escalation_policies(changes=form.changes(), user=request.user, now=timezone.now())
    except PolicyChangedMeanwhile as conflict:
        context = _context(_as_of_now(form, policies), policies) | {"conflicts": conflict.priorities}
        return render(request, "routing_rules/escalation/page.html", context, status=409)
    messages.success(request, _said(changed))
    return redirect("routing_rules:escalation")


def _said(changed: list[str]) -> str:
    if not changed:
        return _("Nothing was different, nothing is changed.")
    words = ngettext("%(count)s priority is changed.", "%(count)s priorities are changed.", len(changed))
    return f"{words % {'count': len(changed)}} {_('It counts from now on.')}"


def _as_of_now(form: EscalationForm, policies: dict[str, Policy]) -> EscalationForm:
    """Return the form with what was typed and the present edit numbers: saved again, it overwrites knowingly."""
    data = form.data.copy()
    for policy in policies.values():
        data[f"{policy.priority}-edit_number"] = str(policy.edit_number)
    return EscalationForm(data, policies=policies.values())


def _context(form: EscalationForm, policies: dict[str, Policy]) -> dict[str, Any]:
    taken = steps_taken_since(timezone.now() - timedelta(days=DAYS_LOOKED_BACK))
    lines = [_line(form, policy, taken) for policy in policies.values()]
    changed = [policy for policy in policies.values() if policy.changed_at]
    return {
        "form": form,
        "lines": lines,
        "last_change": max(changed, key=lambda policy: policy.changed_at, default=None),
        "days": DAYS_LOOKED_BACK,
    }


def _line(form: EscalationForm, policy: Policy, taken: dict[tuple[str, str], int]) -> dict[str, Any]:
    minutes, shown = DEFAULT_MINUTES[policy.priority], form.shares_of(policy)
    cells = [
        {
            "step": step,
            "field": form[f"{policy.priority}-{step}"],
            "default": _percent(DEFAULT_SHARES[policy.priority].of(step)),
            "in_force": _percent(policy.shares.of(step)),
            "differs": shown.of(step) != policy.shares.of(step),
            "taken": taken.get((policy.priority, step), 0),
        }
        for step in STEPS
    ]
    return {
        "policy": policy,
        "minutes": minutes,
        "edit_number": form[f"{policy.priority}-edit_number"],
        "cells": cells,
        "example": worked_example(shown, policy.label, minutes),
    }


def _percent(share: float | None) -> int | None:
    return None if share is None else round(share * 100)
