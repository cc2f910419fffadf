"""The public page behind the QR code of a printed report."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reporting.selectors.verification import TooManyUnknownCodes, verify_code


@require_GET
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """Say what the code's version is; every code that names none gets the same answer."""
    try:
        verified = verify_code(code=code, address=request.META.get("REMOTE_ADDR", ""))
    except TooManyUnknownCodes:
        return render(request, "reporting/verify.html", {"verified": None, "too_many": True}, status=429)
    response = render(
        request, "reporting/verify.html", {"verified": verified, "too_many": False}, status=200 if verified else 404
    )
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store"
    return response
