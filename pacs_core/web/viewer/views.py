"""Serve the image viewer: its page to people who are signed in, its files to anybody."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from pacs_core.web.file_stream import stream_file
from pacs_core.web.viewer.installed import InstalledViewer, has_hashed_name, installed_viewer
from pacs_core.web.viewer.policies import IMAGE_WORKER_POLICY, PAGE_POLICY

PAGE = "index.html"
CONTENT_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}


@require_safe
def viewer_file(request: HttpRequest, path: str = "") -> HttpResponseBase:
    """Answer a file of the viewer, or its page for an address of the viewer's own router (no dot in it).

    The page needs a signed-in user and is otherwise a redirect to the sign-in page.
    """
    viewer = installed_viewer(settings.BUILD_ROOT / "viewer")
    if viewer is None:
        return _plain("The image viewer is not installed. Maybe run `make run` once, it builds the viewer.", status=503)
    if path not in viewer.digests:
        if "." in path:
            return _plain("The viewer has no such file.", status=404)
        path = PAGE
    if path == PAGE and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return _file_response(request, viewer=viewer, path=path)


def _file_response(request: HttpRequest, *, viewer: InstalledViewer, path: str) -> HttpResponseBase:
    packed = viewer.gzip_path(path) if _accepts_gzip(request) else None
    etag = quote_etag(viewer.digests[path] + ("-gz" if packed else ""))
    response = get_conditional_response(request, etag=etag) or _body(request, source=packed or viewer.root / path)
    if packed and response.status_code == 200:
        response["Content-Encoding"] = "gzip"
    response["Content-Type"] = _content_type(path)
    response["ETag"] = etag
    response["Cache-Control"] = _cache_control(path)
    response["Content-Security-Policy"] = IMAGE_WORKER_POLICY if path == viewer.image_worker else PAGE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _body(request: HttpRequest, *, source: Path) -> HttpResponseBase:
    response = StreamingHttpResponse(stream_file(source)) if request.method == "GET" else HttpResponse()
    response["Content-Length"] = str(source.stat().st_size)
    return response


def _accepts_gzip(request: HttpRequest) -> bool:
    for offer in request.headers.get("Accept-Encoding", "").split(","):
        name, _, weight = offer.strip().partition(";")
        if name.strip().lower() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _content_type(path: str) -> str:
    suffix = path[path.rfind(".") :]
    return CONTENT_TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"


def _cache_control(path: str) -> str:
    if path == PAGE:
        return "private, no-cache"
    if has_hashed_name(path):
        return "public, max-age=31536000, immutable"
    return "public, no-cache"


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
