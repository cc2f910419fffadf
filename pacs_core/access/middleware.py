"""Open the scope of each HTTP request."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from pacs_core import flow
from pacs_core.access.errors import NotVisible, PermissionRefused, TokenRefused
from pacs_core.access.scopes import Scope, open_scope

# Answered without a database, so that they tell the truth when the database is away.
UNSCOPED_PATHS = ("/healthz", "/readyz", "/static/", "/viewer/")


class ScopeMiddleware:
    """Authenticate machines by token, then run the view in the scope of the user, in one transaction."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(UNSCOPED_PATHS):
            return self.get_response(request)
        scope = self._scope_of_token(request) or self._scope_of_session(request)
        request.hospital_ids = scope.hospital_ids
        with open_scope(scope):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Answer access errors raised by services below a page: 404 for what is not visible, 403 for what is."""
        if isinstance(exception, NotVisible):
            raise Http404(str(exception)) from exception
        if isinstance(exception, PermissionRefused):
            raise PermissionDenied(str(exception)) from exception

    def _scope_of_session(self, request: HttpRequest) -> Scope:
        if not request.user.is_authenticated:
            return Scope()
        return flow.resolve("scope_of_user")(request.user, address=_address(request))

    def _scope_of_token(self, request: HttpRequest) -> Scope | None:
        """Set request.user from `Authorization: Token ...` and return its scope; None without one that serves.

        With a wrong one `token_error` says why, and the view refuses.
        """
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header.startswith("Token "):
            return None
        request.token_error = ""
        try:
            request.user, request.auth, scope = flow.resolve("holder_of_token")(header, address=_address(request))
        except TokenRefused as error:
            request.token_error = str(error)
            return None
        request._dont_enforce_csrf_checks = True  # no cookie was used, so there is nothing to forge
        return scope


def _address(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR", "")
