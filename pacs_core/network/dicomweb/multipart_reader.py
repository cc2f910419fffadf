"""Read a multipart/related body (RFC 2046 5.1, RFC 2387) piece by piece, however large its parts are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pacs_core.network.dicomweb.errors import InvalidRequest, RequestTooLarge

CHUNK_BYTES = 256 * 1024
_MAXIMUM_HEADER_BYTES = 16 * 1024


class ByteSource(Protocol):
    """What the reader needs of a request."""

    def read(self, size: int, /) -> bytes: ...


@dataclass
class BodyPart:
    """One part: lower-case header names, and its content to be taken once, before the next part."""

    headers: dict[str, str]
    chunks: Iterator[bytes]


class MultipartReader:
    """Iterates over the parts of one body; raises InvalidRequest when it ends before its closing boundary."""

    def __init__(self, source: ByteSource, *, boundary: str, maximum_bytes: int) -> None:
        if not 1 <= len(boundary) <= 70 or not boundary.isascii():
            raise InvalidRequest("The boundary of the multipart body has not 1 to 70 ASCII characters.")
        self._source = source
        self._delimiter = b"\r\n--" + boundary.encode("ascii")
        # The first boundary may stand at the very start, where no line ends before it.
        self._buffer = b"\r\n"
        self._remaining = maximum_bytes

    def __iter__(self) -> Iterator[BodyPart]:
        for _ in self._until_delimiter():
            pass  # a preamble is allowed and means nothing
        while not self._at_end():
            part = BodyPart(self._read_headers(), self._until_delimiter())
            yield part
            for _ in part.chunks:
                pass  # whatever the caller left

    def _until_delimiter(self) -> Iterator[bytes]:
        keep = len(self._delimiter) - 1
        while True:
            found = self._buffer.find(self._delimiter)
            if found >= 0:
                content, self._buffer = self._buffer[:found], self._buffer[found + len(self._delimiter) :]
                if content:
                    yield content
                return
            if len(self._buffer) > keep:
                content, self._buffer = self._buffer[:-keep], self._buffer[-keep:]
                yield content
            self._fill()

    def _at_end(self) -> bool:
        while len(self._buffer) < 2:
            self._fill()
        return self._buffer.startswith(b"--")

    def _read_headers(self) -> dict[str, str]:
        # The line end after the boundary counts, so a part without headers is CR LF CR LF too.
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > _MAXIMUM_HEADER_BYTES:
                raise InvalidRequest(f"The headers of a part are longer than {_MAXIMUM_HEADER_BYTES} bytes.")
            self._fill()
        lines, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
        headers = {}
        for line in lines.decode("latin-1").split("\r\n"):
            name, separator, value = line.partition(":")
            if separator:
                headers[name.strip().lower()] = value.strip()
        # The delimiter's search must find a boundary that follows at once (an empty part).
        self._buffer = b"\r\n" + self._buffer if self._buffer.startswith(self._delimiter[2:]) else self._buffer
        return headers

    def _fill(self) -> None:
        chunk = self._source.read(CHUNK_BYTES)
        if not chunk:
            raise InvalidRequest("The multipart body ends before its closing boundary.")
        self._remaining -= len(chunk)
        if self._remaining < 0:
            raise RequestTooLarge("The body is larger than this server takes. Maybe send fewer instances at once.")
        self._buffer += chunk
