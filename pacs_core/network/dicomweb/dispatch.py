"""One address, several services by method."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponseBase]


def by_method(**views: View) -> View:
    """Send each method to its view, HEAD to that of GET.

    The result carries a view's exemption from Django's CSRF check; such views check the request's origin themselves.
    """

    def choose(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        view = views.get("GET" if request.method == "HEAD" else request.method or "")
        if view is None:
            return HttpResponseNotAllowed([*views, *(["HEAD"] if "GET" in views else [])])
        return view(request, **arguments)

    return csrf_exempt(choose) if any(getattr(view, "csrf_exempt", False) for view in views.values()) else choose
