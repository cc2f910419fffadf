"""What every page's shell shows."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the user's hospitals in view and the style nonce.

    The hospitals are looked up only where a template shows them: error pages are rendered outside of the request's
    thread under ASGI, where a query would leak its connection.
    """

    def hospitals_in_view() -> list[Any]:
        user = getattr(request, "user", None)
        return list(user.hospitals.order_by("name")) if user is not None and user.is_authenticated else []

    return {"hospitals_in_view": SimpleLazyObject(hospitals_in_view), "csp_nonce": getattr(request, "csp_nonce", "")}
