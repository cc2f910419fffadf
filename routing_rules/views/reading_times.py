"""Reading times that the network has learnt, against the catalogue's figures."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from pacs_core.access.permissions import roles_required
from routing_rules.errors import LearningUnderWay
from routing_rules.selectors.procedure_lists import (
    last_learning_run,
    learnt_of_procedures,
    learnt_of_readers,
    what_waits,
)
from routing_rules.services.reading_times import DAYS_LOOKED_AT, request_learning
from routing_rules.tasks_procedures import carry_out_learning_run
from routing_rules.views.plots import minutes_plot, pace_plot


@never_cache
@require_GET
@roles_required("coordinator")
def reading_times(request: HttpRequest) -> HttpResponse:
    context = {
        "section": "reading_times",
        "waiting": what_waits(),
        "run": last_learning_run(),
        "minutes": minutes_plot(list(learnt_of_procedures())),
        "pace": pace_plot(list(learnt_of_readers())),
        "days": DAYS_LOOKED_AT,
    }
    return render(request, "routing_rules/procedures/reading_times.html", context)


@require_POST
@roles_required("coordinator")
def learn_now(request: HttpRequest) -> HttpResponse:
    try:
        carry_out_learning_run.delay_on_commit(request_learning(user=request.user).pk)
    except LearningUnderWay as error:
        messages.warning(request, str(error))
    return redirect("routing_rules:reading_times")
