"""The content security policy of our pages; the viewer's pages bring their own."""

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{nonce}; connect-src 'self'; img-src 'self' data:; "
    "font-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class ContentSecurityPolicyMiddleware:
    """Add the policy unless the view set its own; `request.csp_nonce` exists for the report editor's styles."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        request.csp_nonce = nonce
        response = self.get_response(request)
        if "Content-Security-Policy" not in response.headers:
            wanted = f" 'nonce-{nonce}'" if getattr(response, "needs_style_nonce", False) else ""
            response["Content-Security-Policy"] = _POLICY.format(nonce=wanted)
        return response
