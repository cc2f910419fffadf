"""Stored files in the transfer syntax that a client asks for (PS3.18 8.7.3.4)."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from pacs_core.archive.files import stored_path
from pacs_core.archive.services.corrections import leaving_file
from pacs_core.archive.spool import SpoolFile
from pacs_core.archive.storage.bucket import has_bucket
from pacs_core.network.dicomweb.errors import StorageUnavailable
from pacs_core.network.dicomweb.frame_formats import EXPLICIT_VR_LITTLE_ENDIAN
from pacs_core.network.dicomweb.media_types import MediaRange
from pacs_core.network.dicomweb.multipart_stream import FilePart, closing, head_of
from pacs_core.standards.dicom.codec_process import run_codec
from pacs_core.standards.dicom.coercion import Corrections
from pacs_core.standards.dicom.encoding import WRITTEN_SYNTAXES
from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.transcoding import transcode_file
from pacs_core.web.file_stream import PIECE_BYTES, stream_pieces

DICOM = "application/dicom"
_END_OF_PART = b"\r\n"


@dataclass(frozen=True)
class StoredFile:
    """An instance's file, its path relative to STORAGE_ROOT, and how it is to leave: transfer syntax, corrections."""

    file_path: str
    stored_syntax: str
    syntax: str
    corrections: Corrections | None = None

    @property
    def is_converted(self) -> bool:
        return self.syntax != self.stored_syntax

    def as_stored(self) -> FilePart:
        """Return the file itself; raises what leaving_file raises."""
        return FilePart(leaving_file(self.file_path, self.corrections), self.content_type)

    @property
    def content_type(self) -> str:
        """What the file is as stored."""
        return f"{DICOM}; transfer-syntax={self.stored_syntax}"


def syntax_for(wanted: MediaRange, stored_syntax: str) -> str | None:
    """Return the syntax to give a file in: Explicit VR Little Endian by default (PS3.18 8.7.3.5.2), None if none."""
    asked = wanted.transfer_syntax or EXPLICIT_VR_LITTLE_ENDIAN
    if asked in ("*", stored_syntax):
        return stored_syntax
    return asked if asked in WRITTEN_SYNTAXES else None


def open_converted(file: StoredFile) -> BinaryIO:
    """Return the file in its syntax, opened and without a name: closing it is all that is left to do.

    Raises what transcode_file raises, and StorageUnavailable.
    """
    if not file.is_converted:
        return leaving_file(file.file_path, file.corrections).open("rb")
    spool = _convert(file)
    try:
        return spool.path.open("rb")
    finally:
        spool.discard()


def stream_converted(files: Iterable[StoredFile], *, boundary: str) -> AsyncIterator[bytes]:
    """Yield the files as parts, each converted when its turn comes.

    One that has no form in the syntax asked for comes as it is stored, and its part's Content-Type says so. One that
    vanished breaks the answer off, so that no client takes it for whole.
    """
    return stream_pieces(_pieces(files, boundary))


def length_as_stored(files: Sequence[StoredFile], *, boundary: str) -> int | None:
    """Return how long stream_converted's answer will be, None where that shows only as it is made.

    Raises FileNotFoundError.
    """
    if has_bucket() or any(file.is_converted or file.corrections for file in files):
        return None
    sizes = [stored_path(file.file_path).stat().st_size for file in files]
    heads = (head_of(file.content_type, size, boundary=boundary) for file, size in zip(files, sizes, strict=True))
    return sum(sizes) + sum(len(head) + len(_END_OF_PART) for head in heads) + len(closing(boundary))


def _pieces(files: Iterable[StoredFile], boundary: str) -> Iterator[bytes]:
    for file in files:
        with _part(file) as part, part.path.open("rb", buffering=0) as stream:
            left = os.fstat(stream.fileno()).st_size
            yield head_of(part.content_type, left, boundary=boundary)
            while left > 0 and (piece := stream.read(min(left, PIECE_BYTES))):
                left -= len(piece)
                yield piece
        yield _END_OF_PART
    yield closing(boundary)


@contextmanager
def _part(file: StoredFile) -> Iterator[FilePart]:
    if not file.is_converted:
        yield file.as_stored()
        return
    try:
        spool = _convert(file)
    except (DicomError, StorageUnavailable):
        yield file.as_stored()
        return
    try:
        yield FilePart(spool.path, f"{DICOM}; transfer-syntax={file.syntax}")
    finally:
        spool.discard()


def _convert(file: StoredFile) -> SpoolFile:
    spool = SpoolFile("convert")
    try:
        if spool.is_full:
            raise StorageUnavailable("There is no room to convert images in. Maybe ask for them as stored.")
        run_codec(transcode_file, leaving_file(file.file_path, file.corrections), spool.path, file.syntax)
    except BaseException:
        spool.discard()
        raise
    return spool
