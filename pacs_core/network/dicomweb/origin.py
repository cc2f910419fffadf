"""Where a request that changes something by cookie may come from."""

from __future__ import annotations

from django.http import HttpRequest

from pacs_core.network.dicomweb.errors import AccessRefused


def refuse_forged_request(request: HttpRequest) -> None:
    """Let a cookie-borne change pass only from our own pages: OHIF can add no header but Authorization.

    Every current browser sends Sec-Fetch-Site, which no page can set; an older one sends Origin with each POST. A token
    is no cookie, so there is nothing to forge.
    """
    if getattr(request, "auth", None) is not None:
        return
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return
    own = f"{request.scheme}://{request.get_host()}"
    if "Sec-Fetch-Site" not in request.headers and request.headers.get("Origin") == own:
        return
    raise AccessRefused("A session changes something from this site's own pages only. Maybe use a token.")
