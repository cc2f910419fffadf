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


async def stream_file(path: Path, *, chunk_bytes: int = CHUNK_BYTES) -> AsyncIterator[bytes]:
    """Yield the file in pieces; the disk is read in a thread, so a slow one stalls nobody else."""
    stream = await asyncio.to_thread(path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(stream.read, chunk_bytes):
            yield chunk
    finally:
        stream.close()


async def stream_pieces(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what a generator makes, each piece in a thread; its error breaks the answer off: nobody takes it whole.

    While one piece is sent, the next one is made.
    """
    coming = asyncio.create_task(asyncio.to_thread(next, pieces, None))
    try:
        while (piece := await coming) is not None:
            coming = asyncio.create_task(asyncio.to_thread(next, pieces, None))
            if piece:
                yield piece
    finally:
        coming.cancel()


def gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Join small pieces until they are worth a change of threads; nothing waits for more than PIECE_BYTES."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= PIECE_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


async def stream_open_file(stream: BinaryIO, *, start: int, length: int) -> AsyncIterator[bytes]:
    """Yield `length` bytes of an open file from `start` on, then close it."""
    try:
        stream.seek(start)
        while length > 0 and (chunk := await asyncio.to_thread(stream.read, min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk
    finally:
        stream.close()
