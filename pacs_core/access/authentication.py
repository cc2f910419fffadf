"""DRF authentication: the user that ScopeMiddleware found, by session (with CSRF) or by token."""

from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class RequestUserAuthentication(SessionAuthentication):
    """Take the session's or token's user; enforce CSRF for the session only."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        django_request = request._request
        if getattr(django_request, "token_error", ""):
            raise AuthenticationFailed(django_request.token_error)
        if getattr(django_request, "auth", None) is not None:
            return django_request.user, django_request.auth
        return super().authenticate(request)

    def authenticate_header(self, request: Request) -> str:
        """Name a scheme so that a missing sign-in answers 401, not 403."""
        return "Token"
