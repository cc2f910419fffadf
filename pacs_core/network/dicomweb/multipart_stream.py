"""Answer multipart/related without holding the parts in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from pacs_core.web.file_stream import stream_file


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
    pieces = []
    for content_type, content in parts:
        pieces += [_head(boundary, content_type, len(content)), content, b"\r\n"]
    return b"".join([*pieces, _tail(boundary)])


async def stream_files(parts: Iterable[FilePart], *, boundary: str) -> AsyncIterator[bytes]:
    """Yield each file in pieces. A file that vanished breaks the answer off, so that no client takes it for whole."""
    for part in parts:
        size = part.path.stat().st_size
        yield _head(boundary, part.content_type, size)
        async for chunk in stream_file(part.path):
            yield chunk
        yield b"\r\n"
    yield _tail(boundary)


def _head(boundary: str, content_type: str, length: int) -> bytes:
    return f"--{boundary}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n".encode("ascii")


def _tail(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode("ascii")
