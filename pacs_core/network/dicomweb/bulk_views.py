"""WADO-RS: bulk data (PS3.18 10.4.1.1.5), the values that metadata names by BulkDataURI."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from pacs_core.network.dicomweb.edge import dicomweb_view
from pacs_core.network.dicomweb.errors import NothingAcceptable
from pacs_core.network.dicomweb.frame_formats import EXPLICIT_VR_LITTLE_ENDIAN, OCTET_STREAM
from pacs_core.network.dicomweb.media_types import MediaRange, accepted
from pacs_core.network.dicomweb.multipart_stream import multipart_answer
from pacs_core.network.dicomweb.reach import Reach
from pacs_core.network.dicomweb.revalidation import revalidated
from pacs_core.network.dicomweb.stored_pixels import reading
from pacs_core.standards.dicom.errors import BulkDataNotFound
from pacs_core.standards.dicom.frames import open_frames
from pacs_core.standards.dicom.json_model import read_bulk_data

_PIXEL_DATA = "7FE00010"


@require_safe
@dicomweb_view
def retrieve_bulk_data(
    request: HttpRequest, reach: Reach, *, study: str, series: str, instance: str, element: str
) -> HttpResponseBase:
    """Answer one element's bytes, little endian; encapsulated pixel data as one part a frame."""
    found = reach.instance(study, series, instance)
    wanted = _acceptable(request)

    def produce() -> HttpResponse:
        with reading(found) as path:
            try:
                parts = [(_native(), b"".join(read_bulk_data(path, element)))]
            except BulkDataNotFound:
                if element != _PIXEL_DATA:
                    raise
                parts = list(_encapsulated_frames(path))
        if wanted.is_multipart or wanted.name == "*/*" or len(parts) != 1:
            return multipart_answer(parts, kind=OCTET_STREAM)
        return HttpResponse(parts[0][1], content_type=OCTET_STREAM)

    return revalidated(request, found.sha256, variant=(wanted, element), produce=produce)


def _acceptable(request: HttpRequest) -> MediaRange:
    for wanted in accepted(request):
        if wanted.takes(OCTET_STREAM):
            return wanted
    raise NothingAcceptable(f"Bulk data is given as {OCTET_STREAM}.")


def _native() -> str:
    return f"{OCTET_STREAM}; transfer-syntax={EXPLICIT_VR_LITTLE_ENDIAN}"


def _encapsulated_frames(path: Path) -> Iterator[tuple[str, bytes]]:
    source = open_frames(path)
    for number in range(1, source.number_of_frames + 1):
        frame = source.stored_frame(number)
        yield f"{OCTET_STREAM}; transfer-syntax={frame.transfer_syntax_uid}", frame.content
