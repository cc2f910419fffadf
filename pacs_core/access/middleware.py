"""Open the scope of each HTTP request."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from pacs_core import flow
from pacs_core.access.errors import NotVisible, PermissionRefused
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
        self._authenticate_token(request)
        scope = self._scope(request)
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

    def _scope(self, request: HttpRequest) -> Scope:
        if not request.user.is_authenticated:
            return Scope()
        return flow.resolve("scope_of_user")(request.user, address=request.META.get("REMOTE_ADDR", ""))

    def _authenticate_token(self, request: HttpRequest) -> None:
        """Set request.user from `Authorization: Token ...`; a wrong token stays anonymous: the view refuses."""
        if not request.META.get("HTTP_AUTHORIZATION", "").startswith("Token "):
            return
        from rest_framework.exceptions import AuthenticationFailed

        request.token_error = ""
        try:
            found = flow.resolve("token_authentication")().authenticate(request)
        except AuthenticationFailed as error:
            request.token_error = str(error.detail)
            found = None
        if found is not None:
            request.user, request.auth = found
            request._dont_enforce_csrf_checks = True  # no cookie was used, so there is nothing to forge
