"""The edge of every DICOMweb view: who asks, what went wrong."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from pacs_core.access.errors import NotVisible, PermissionRefused
from pacs_core.network.dicomweb.errors import DicomwebError
from pacs_core.network.dicomweb.reach import reach_of

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponseBase]


def dicomweb_view(view: View) -> View:
    """Call `view(request, reach, **uids)` with what the principal may reach; answer its errors as problem documents.

    Answers depend on cookie and token and hold patient data, so no shared cache may keep them.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *, key: str | None = None, **arguments: Any) -> HttpResponseBase:
        try:
            response = view(request, reach_of(request, key=key), **arguments)
        except DicomwebError as error:
            response = problem_response(status=error.status, title=error.title, detail=str(error))
        except NotVisible as error:
            response = problem_response(status=404, title="Not found", detail=str(error))
        except PermissionRefused as error:
            response = problem_response(status=403, title="Not permitted", detail=str(error))
        except (OperationalError, InterfaceError) as error:
            # The database is away, or ended one of two requests that waited for each other: nothing was kept.
            logger.error("Database away or busy: %s", type(error.__cause__ or error).__name__)
            response = problem_response(
                status=503, title="Unavailable", detail="The database is away or busy. Try again."
            )
            response["Retry-After"] = "1"
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-cache"
        return response

    return guarded


def problem_response(*, status: int, title: str, detail: str) -> HttpResponse:
    """Return a problem document (RFC 9457); a 401 names the scheme that a machine uses."""
    body = json.dumps({"status": status, "title": title, "detail": detail})
    response = HttpResponse(body, status=status, content_type="application/problem+json")
    if status == 401:
        response["WWW-Authenticate"] = "Token"
    return response
