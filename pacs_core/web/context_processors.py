"""What every page's shell shows."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the hospitals of the request's scope and the style nonce.

    The hospitals are looked up only where a template shows them: error pages are rendered outside of the request's
    thread under ASGI, where a query would leak its connection.
    """

    def hospitals_in_view() -> list[Any]:
        hospital_ids = getattr(request, "hospital_ids", ())
        hospitals = apps.get_model(settings.TENANT_MODEL).objects
        return list(hospitals.filter(pk__in=hospital_ids).order_by("name")) if hospital_ids else []

    return {"hospitals_in_view": SimpleLazyObject(hospitals_in_view), "csp_nonce": getattr(request, "csp_nonce", "")}
