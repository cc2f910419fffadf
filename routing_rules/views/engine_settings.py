"""The page of the engine's settings: presets, and dials between them with what each is for."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pacs_core.access.permissions import roles_required
from routing_rules.forms_rules import EngineSettingsForm
from routing_rules.selectors.engine_settings import DIALS, chosen_preset, network_weights, presets, settings_row
from routing_rules.services.engine_settings import set_engine_weights


@never_cache
@require_http_methods(["GET", "POST"])
@roles_required("coordinator")
def engine(request: HttpRequest) -> HttpResponse:
    """Show the weights in force; POST takes `preset`, or the dials where it is "own"."""
    weights = network_weights()
    form = EngineSettingsForm(request.POST if request.method == "POST" else None, weights=weights)
    if request.method == "POST" and form.is_valid():
        set_engine_weights(weights=form.weights(), user=request.user)
        messages.success(request, _("The engine weighs like this from its next plan on."))
        return redirect("routing_rules:engine_settings")
    context = {
        "section": "engine",
        "form": form,
        "dials": [{"field": form[dial.name], "dial": dial} for dial in DIALS],
        "presets": presets(),
        "chosen": form.data.get("preset") or chosen_preset(weights),
        "changed": settings_row(),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "routing_rules/rules/engine.html", context, status=status)
