"""One address, several services by method."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponseBase]


def by_method(*, GET: View, POST: View) -> View:
    """Send GET and HEAD to one view, POST to the other.

    The result carries the POST view's exemption from Django's CSRF check; the store checks the request's origin itself.
    """

    def choose(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        if request.method == "POST":
            return POST(request, **arguments)
        if request.method in ("GET", "HEAD"):
            return GET(request, **arguments)
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])

    return csrf_exempt(choose) if getattr(POST, "csrf_exempt", False) else choose
