"""Answer multipart/related without holding the parts in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from django.http import HttpResponse


@dataclass(frozen=True)
class FilePart:
    """A stored file as one part."""

    path: Path
    content_type: str


def new_boundary() -> str:
    """Return a boundary that no content holds by accident: 122 random bits."""
    return f"meridian-{uuid4().hex}"


def multipart_bytes(parts: Iterable[tuple[str, bytes]], *, boundary: str) -> bytes:
    """Join parts of (content type, content) that are in memory already."""
    return b"".join([*(part_of(*part, boundary=boundary) for part in parts), closing(boundary)])


def multipart_answer(parts: Iterable[tuple[str, bytes]], *, kind: str) -> HttpResponse:
    """Answer parts that are in memory; `kind` is the media type of the parts, without parameters."""
    boundary = new_boundary()
    body = multipart_bytes(parts, boundary=boundary)
    return HttpResponse(body, content_type=f'multipart/related; type="{kind}"; boundary={boundary}')


def part_of(content_type: str, content: bytes, *, boundary: str) -> bytes:
    """Return one part of a body that is sent part by part."""
    return b"".join((head_of(content_type, len(content), boundary=boundary), content, b"\r\n"))


def head_of(content_type: str, length: int, *, boundary: str) -> bytes:
    """Return what stands before a part of so many bytes."""
    return f"--{boundary}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n".encode("ascii")


def closing(boundary: str) -> bytes:
    """Return what ends the body."""
    return f"--{boundary}--\r\n".encode("ascii")
