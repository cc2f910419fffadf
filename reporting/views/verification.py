"""The public page behind the QR code of a printed report."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reporting.request_rate import is_too_often
from reporting.selectors.verification import TooManyUnknownCodes, patient_name_for, verify_code

REQUESTS_A_MINUTE = 30


@require_GET
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """Say what the code's version is; every code that names none gets the same answer."""
    address = request.META.get("REMOTE_ADDR", "")
    if is_too_often(purpose="verify", address=address, allowed=REQUESTS_A_MINUTE):
        return _answer(request, status=429, busy=True)
    try:
        verified = verify_code(code=code, address=address)
    except TooManyUnknownCodes:
        return _answer(request, status=429, too_many=True)
    if verified is None:
        return _answer(request, status=404)
    return _answer(request, verified=verified, patient_name=patient_name_for(request.user, verified))


def _answer(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    response = render(request, "reporting/verify.html", context, status=status)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store"
    return response
