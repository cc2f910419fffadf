"""Answers in the DICOM JSON model (PS3.18 F)."""

from __future__ import annotations

import gzip
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from pacs_core.network.dicomweb.errors import NothingAcceptable
from pacs_core.network.dicomweb.media_types import accepted

DICOM_JSON = "application/dicom+json"
_WORTH_COMPRESSING_BYTES = 4096


def json_media_type(request: HttpRequest) -> str:
    """Choose between application/dicom+json and application/json; NothingAcceptable when the client wants neither."""
    for wanted in accepted(request):
        if wanted.is_multipart:
            continue
        for offered in (DICOM_JSON, "application/json"):
            if wanted.takes(offered):
                return offered
    raise NothingAcceptable("This resource is given as application/dicom+json.")


def json_answer(request: HttpRequest, document: Any, *, status: int = 200, warning: str | None = None) -> HttpResponse:
    """Answer `document`: JSON text as str or bytes, or an object that is encoded here."""
    media_type = json_media_type(request)
    if not isinstance(document, str | bytes):
        document = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    body = document.encode("utf-8") if isinstance(document, str) else document
    response = HttpResponse(status=status, content_type=media_type)
    if len(body) > _WORTH_COMPRESSING_BYTES and "gzip" in request.headers.get("Accept-Encoding", ""):
        # A CT's metadata is megabytes of repeated tags; the fastest level already takes 95 percent away.
        body = gzip.compress(body, 1, mtime=0)
        response["Content-Encoding"] = "gzip"
    response.content = body
    response["Content-Length"] = str(len(body))
    patch_vary_headers(response, ["Accept", "Accept-Encoding"])
    if warning:
        response["Warning"] = f'299 Meridian "{warning}"'
    return response
