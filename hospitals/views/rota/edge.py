"""What the rota's pages share: forms that stand in a dialog of the calendar or alone on a page, answers with undo."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hospitals.errors import HospitalsError
from hospitals.selectors.rota_lists import find_swaps, find_time_off
from hospitals.views.administration.edge import was_saved
from pacs_core.access.permissions import roles_required

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Said:
    """What was done, in words, and the request that takes it back (method, address, JSON body), if one does."""

    words: str
    undo: dict[str, Any] = field(default_factory=dict)
    tone: str = "fine"


def rota_page(*methods: str, role: str = "coordinator") -> Callable[[View], View]:
    """Let coordinators (or another role) reach a page by these methods."""

    def decorate(view: View) -> View:
        return never_cache(require_http_methods(methods or ("GET", "HEAD"))(roles_required(role)(view)))

    return decorate


def is_script(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def frame(request: HttpRequest, section: str) -> dict[str, Any]:
    """Return what the frame of the rota's pages shows: its sections with how much waits."""
    return {
        "section": section,
        "waiting_swaps": find_swaps(state="taken").count(),
        "waiting_time_off": find_time_off(state="asked", now=timezone.now()).count(),
    }


def answer_form(
    request: HttpRequest,
    form: Form,
    *,
    save: Callable[[], Said],
    title: str,
    verb: str,
    done_url: str = "",
    section: str = "calendar",
    **context: Any,
) -> HttpResponse:
    """Show a form, in the calendar's dialog when its script asks; posted and saved, say what was done."""
    done: list[Said] = []
    if request.method == "POST" and was_saved(form, lambda: done.append(save())):
        return say(request, done[0], done_url)
    template = "hospitals/rota/dialog.html" if is_script(request) else "hospitals/rota/form.html"
    values = {"form": form, "title": title, "verb": verb, "done_url": done_url or reverse("hospitals:rota")}
    if not is_script(request):
        values |= frame(request, section)
    return render(request, template, values | context, status=422 if request.method == "POST" else 200)


def answer_action(request: HttpRequest, act: Callable[[], Said], done_url: str = "") -> HttpResponse:
    """Do what a button asks and say so, or why not."""
    try:
        said = act()
    except HospitalsError as error:
        if is_script(request):
            return JsonResponse({"refused": str(error)}, status=422)
        messages.error(request, str(error))
        return redirect(done_url or "hospitals:rota")
    return say(request, said, done_url)


def say(request: HttpRequest, said: Said, done_url: str = "") -> HttpResponse:
    if is_script(request):
        return JsonResponse({"said": said.words, "tone": said.tone, "undo": said.undo})
    level = messages.WARNING if said.tone == "soon" else messages.SUCCESS
    messages.add_message(request, level, said.words)
    return redirect(done_url or "hospitals:rota")
