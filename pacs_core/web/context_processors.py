"""What every page's shell shows."""

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the user's hospitals in view and the style nonce; nothing for signed-out pages."""
    user = getattr(request, "user", None)
    hospitals = list(user.hospitals.order_by("name")) if user is not None and user.is_authenticated else []
    return {"hospitals_in_view": hospitals, "csp_nonce": getattr(request, "csp_nonce", "")}
