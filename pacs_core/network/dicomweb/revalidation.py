"""Answers that a client may already have: 304 by ETag, and ranges."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers

from pacs_core.network.dicomweb.byte_ranges import cut_to_range, etag_of


def revalidated(
    request: HttpRequest, sha256: str, *, variant: object, produce: Callable[[], HttpResponse]
) -> HttpResponseBase:
    """Answer 304 where the client has this content already: it asks each time, so a sign-out counts at once.

    `sha256` is that of the instance, `variant` all that the answer depends on beside it.
    """
    etag = etag_of(sha256, variant)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = produce()
        cut_to_range(request, response, etag=etag)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Accept", "Cookie"])
    return response
