"""Send files from a view without holding them in memory.

Under ASGI a FileResponse is read to its end before the first byte leaves (django/django#16384):
only an async iterator streams.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 256 * 1024
PIECE_BYTES = 1024 * 1024
SMALL_BYTES = 64 * 1024


async def stream_file(path: Path, *, chunk_bytes: int = CHUNK_BYTES) -> AsyncIterator[bytes]:
    """Yield the file in pieces; the disk is read in a thread, so a slow one stalls nobody else."""
    stream = await asyncio.to_thread(path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(stream.read, chunk_bytes):
            yield chunk
    finally:
        stream.close()


async def stream_pieces(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what a generator makes, in a thread; its error breaks the answer off: nobody takes it whole.

    While some pieces are sent, the next ones are made.
    """
    batches = _batches(pieces)
    coming = asyncio.create_task(asyncio.to_thread(next, batches, None))
    try:
        while (batch := await coming) is not None:
            coming = asyncio.create_task(asyncio.to_thread(next, batches, None))
            for piece in batch:
                yield piece
    finally:
        coming.cancel()


def _batches(pieces: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Gather pieces until they are worth a change of threads: small ones are joined, large ones not copied."""
    batch: list[bytes] = []
    small: list[bytes] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if len(piece) < SMALL_BYTES:
            small.append(piece)
        else:
            batch += [b"".join(small), piece] if small else [piece]
            small = []
        if size >= PIECE_BYTES:
            yield [*batch, b"".join(small)] if small else batch
            batch, small, size = [], [], 0
    if size:
        yield [*batch, b"".join(small)]


async def stream_open_file(stream: BinaryIO, *, start: int, length: int) -> AsyncIterator[bytes]:
    """Yield `length` bytes of an open file from `start` on, then close it."""
    try:
        stream.seek(start)
        while length > 0 and (chunk := await asyncio.to_thread(stream.read, min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk
    finally:
        stream.close()
