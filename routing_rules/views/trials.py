"""Trials: the list with their progress, new ones, their results as tables, plots and a file."""

import csv
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hospitals.selectors.rota import RotaChange
from pacs_core.access.permissions import roles_required
from pacs_core.web.numbers import row_number
from routing_rules.errors import TrialNotAllowed
from routing_rules.forms_trials import ReplayForm, SimulationForm, TrialForm, lines_of
from routing_rules.models import Trial
from routing_rules.selectors.trials import (
    draft_of,
    readers_to_choose,
    rule_sets_to_choose,
    trial_numbered,
    visible_trials,
)
from routing_rules.services.trials import cancel_trial, request_replay, request_simulation
from routing_rules.spreadsheets import cell
from routing_rules.tasks_trials import carry_out_trial
from routing_rules.views.replay_figures import replay_context, replay_rows
from routing_rules.views.simulation_figures import simulation_context, simulation_rows
from routing_rules.views.trial_words import described, remaining_words

PAGE_SIZE = 30


@never_cache
@require_GET
@roles_required("coordinator")
def trials(request: HttpRequest) -> HttpResponse:
    pager = Paginator(visible_trials(), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [{"trial": trial, "words": described(trial)} for trial in pager.object_list]
    context = {"rows": rows, "pager": pager, "is_live": any(row["trial"].is_under_way for row in rows)}
    return render(request, "routing_rules/trials/list.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@roles_required("coordinator")
def new_replay(request: HttpRequest) -> HttpResponse:
    form = ReplayForm(request.POST or None, initial=_asked(request, Trial.Kind.REPLAY))
    if request.method == "POST" and form.is_valid():
        now, days = timezone.now(), form.cleaned_data["days"]
        try:
            trial = request_replay(
                user=request.user,
                days=days,
                rule_set=form.cleaned_data["rule_set"],
                rota_changes=form.rota_changes(now - timedelta(days=days), now),
                now=now,
            )
        except TrialNotAllowed as error:
            form.add_error(None, str(error))
        else:
            return _begun(trial)
    return _form_page(request, form, "replay")


@never_cache
@require_http_methods(["GET", "POST"])
@roles_required("coordinator")
def new_simulation(request: HttpRequest) -> HttpResponse:
    form = SimulationForm(request.POST or None, initial=_asked(request, Trial.Kind.SIMULATION))
    if request.method == "POST" and form.is_valid():
        now, chosen = timezone.now(), form.cleaned_data
        try:
            trial = request_simulation(
                user=request.user,
                days=chosen["days"],
                runs=chosen["runs"],
                seed=chosen["seed"],
                rule_set=chosen["rule_set"],
                rota_changes=form.rota_changes(now, now + timedelta(days=chosen["days"], hours=1)),
                now=now,
            )
        except TrialNotAllowed as error:
            form.add_error(None, str(error))
        else:
            return _begun(trial)
    return _form_page(request, form, "simulation")


@never_cache
@require_GET
@roles_required("coordinator")
def trial(request: HttpRequest, trial_id: int) -> HttpResponse:
    found = trial_numbered(trial_id)
    if request.headers.get("HX-Request") == "true" and not found.is_under_way:
        # The page that follows its progress becomes the page of its result.
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    context: dict[str, Any] = {"trial": found, "words": described(found)}
    context |= {"share": round(100 * found.progress), "remaining": remaining_words(found, timezone.now())}
    template = "routing_rules/trials/state.html"
    if found.status == Trial.Status.DONE and found.result:
        is_replay = found.kind == Trial.Kind.REPLAY
        zone = request.user.time_zone
        context |= replay_context(found, zone) if is_replay else simulation_context(found, zone)
        context["draft"] = draft_of(found)
        template = f"routing_rules/trials/{found.kind}.html"
    return render(request, template, context)


@require_POST
@roles_required("coordinator")
def cancel(request: HttpRequest, trial_id: int) -> HttpResponse:
    if not cancel_trial(trial=trial_numbered(trial_id), now=timezone.now()):
        messages.info(request, _("The trial had ended already."))
    return redirect("routing_rules:trial", trial_id)


@require_GET
@roles_required("coordinator")
def figures(request: HttpRequest, trial_id: int) -> HttpResponse:
    """Return the figures as a file; names of people and hospitals, no patient."""
    found = trial_numbered(trial_id)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="trial-{found.pk}.csv"'
    writer = csv.writer(response)
    if found.result:
        is_replay = found.kind == Trial.Kind.REPLAY
        rows = replay_rows(found) if is_replay else simulation_rows(found, request.user.time_zone)
        writer.writerows([cell(value) for value in row] for row in rows)
    return response


def _asked(request: HttpRequest, kind: str) -> dict[str, Any]:
    """Return what the address asks to be filled in: ?rule_set= from the editor of a draft, ?repeat= from a trial."""
    if request.method == "POST":
        return {}
    rule_set, repeated = (row_number(request.GET.get(name, "")) for name in ("rule_set", "repeat"))
    if repeated is not None and (found := trial_numbered(repeated)).kind == kind:
        return _repeated(request, found)
    return {} if rule_set is None else {"rule_set": rule_set}


def _repeated(request: HttpRequest, found: Trial) -> dict[str, Any]:
    """Return what a trial asked; what can't be asked again is said, not left out in silence."""
    asked = found.parameters
    until, days = datetime.fromisoformat(asked["until"]), timedelta(days=asked["days"])
    is_replay = found.kind == Trial.Kind.REPLAY
    start, end = (until - days, until) if is_replay else (until, until + days + timedelta(hours=1))
    changes = [RotaChange.from_json(change) for change in asked["rota_changes"]]
    readers = readers_to_choose().in_bulk([change.radiologist_id for change in changes])
    lines, unsaid = lines_of(changes, start, end, readers)
    if unsaid:
        words = ngettext(
            "%(n)s change of the rota isn't filled in.", "%(n)s changes of the rota aren't filled in.", unsaid
        )
        messages.warning(request, words % {"n": unsaid})
    named = asked["rule_set"]
    rule_set = rule_sets_to_choose().filter(pk=named["id"]).first() if named else None
    if named and rule_set is None:
        messages.warning(
            request, _("The rules that were tried can't be chosen any more; those in force are filled in.")
        )
    numbers = {name: asked[name] for name in ("days", "runs", "seed") if name in asked}
    return numbers | {"rule_set": rule_set.pk if rule_set else None, "lines": lines}


def _begun(trial: Trial) -> HttpResponse:
    carry_out_trial.delay_on_commit(trial.pk)
    return redirect("routing_rules:trial", trial.pk)


def _form_page(request: HttpRequest, form: TrialForm, kind: str) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "routing_rules/trials/form.html", {"form": form, "kind": kind}, status=status)
