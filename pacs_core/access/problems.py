"""Errors of the API as problem details (RFC 9457), with the field and the reason."""

from typing import Any

from django.http import Http404
from rest_framework.exceptions import APIException, NotFound, PermissionDenied
from rest_framework.response import Response
from rest_framework.views import exception_handler

from pacs_core.access.errors import NotVisible, PermissionRefused


class Conflict(APIException):
    """The object is no longer in the state that the request assumes."""

    status_code = 409
    default_detail = "The object has changed."
    default_code = "conflict"


class BadValue(APIException):
    """A value cannot be taken; the detail names it and says why."""

    status_code = 400
    default_code = "bad_value"


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception of a DRF view as application/problem+json."""
    if isinstance(error, NotVisible | Http404):
        error = NotFound(str(error) or None)
    elif isinstance(error, PermissionRefused):
        error = PermissionDenied(str(error))
    response = exception_handler(error, context)
    if response is None:
        return None
    data = response.data
    problem: dict[str, Any] = {"status": response.status_code, "title": getattr(error, "default_code", "error")}
    if isinstance(data, dict) and set(data) == {"detail"}:
        problem["detail"] = str(data["detail"])
    else:
        problem["detail"] = "Some values cannot be taken."
        problem["errors"] = data
    response.data = problem
    response.content_type = "application/problem+json"
    return response
