"""One range of a resource's bytes (RFC 9110 14), for clients that go on where a transfer broke off."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from pacs_core.network.dicomweb.errors import RangeNotSatisfiable

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True)
class ByteRange:
    """From `start` up to and without `end`, of `length` bytes."""

    start: int
    end: int
    length: int

    def mark(self, response: HttpResponseBase) -> None:
        """Say in the answer's headers which part it is, when it is not all."""
        if self.end - self.start < self.length:
            response.status_code = 206
            response["Content-Range"] = f"bytes {self.start}-{self.end - 1}/{self.length}"
        response["Content-Length"] = str(self.end - self.start)


def range_of(request: HttpRequest, *, length: int, etag: str) -> ByteRange | None:
    """Return the part asked for; None for all of it: no range, several, or one of content that has changed since.

    RangeNotSatisfiable when it begins after the end.
    """
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not match or match.group(1) == match.group(2) == "" or request.method != "GET":
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    first, last = match.groups()
    if not first:
        start, end = max(length - int(last), 0), length
    else:
        start, end = int(first), min(int(last) + 1, length) if last else length
        if last and int(last) < start:
            return None
    if start >= length or start == end:
        raise RangeNotSatisfiable(f"The range begins at {start}, there are {length} bytes.")
    return ByteRange(start, end, length)


def etag_of(*parts: object) -> str:
    """Return a strong validator of content that is told by these values."""
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def cut_to_range(request: HttpRequest, response: HttpResponse, *, etag: str) -> None:
    """Leave of a whole single-part answer what was asked for."""
    if response.status_code != 200 or response["Content-Type"].startswith("multipart/"):
        return
    response["Accept-Ranges"] = "bytes"
    part = range_of(request, length=len(response.content), etag=etag)
    if part:
        response.content = response.content[part.start : part.end]
        part.mark(response)
