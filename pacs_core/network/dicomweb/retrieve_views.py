"""WADO-RS: whole instances (PS3.18 10.4.1.1.1) and metadata (10.4.1.1.2)."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable

from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, Series, Study
from pacs_core.archive.selectors.corrections import corrected_metadata, corrections_of
from pacs_core.archive.selectors.series_metadata import metadata_of_series
from pacs_core.archive.storage.bucket import has_bucket
from pacs_core.audit.services import record_audit
from pacs_core.network.dicomweb.byte_ranges import ByteRange, etag_of, range_of
from pacs_core.network.dicomweb.converted import (
    DICOM,
    StoredFile,
    length_as_stored,
    open_converted,
    stream_converted,
    syntax_for,
)
from pacs_core.network.dicomweb.edge import dicomweb_view
from pacs_core.network.dicomweb.errors import (
    NothingAcceptable,
    RangeNotSatisfiable,
    ResourceNotFound,
    StoredFileUnreadable,
)
from pacs_core.network.dicomweb.json_answer import json_answer
from pacs_core.network.dicomweb.media_types import MediaRange, accepted
from pacs_core.network.dicomweb.model_answer import DICOM_XML, model_format
from pacs_core.network.dicomweb.multipart_stream import closing, new_boundary, part_of
from pacs_core.network.dicomweb.reach import Reach
from pacs_core.network.dicomweb.stored_pixels import translated
from pacs_core.standards.dicom.encoding import WRITTEN_SYNTAXES
from pacs_core.standards.dicom.json_model import JsonObject
from pacs_core.standards.dicom.xml_model import xml_of
from pacs_core.web.file_stream import stream_open_file

FETCHED_AHEAD = "X-Meridian-Fetched-Ahead"


@require_safe
@dicomweb_view
def retrieve_instances(
    request: HttpRequest, reach: Reach, *, study: str, series: str | None = None, instance: str | None = None
) -> HttpResponseBase:
    """Answer the instances, one after the other, as they were received or in the transfer syntax that Accept names."""
    found_study = reach.study(study)
    chosen = _ordered(found_study, series=series, instance=instance)
    rows = list(chosen.values_list("pk", "file_path", "transfer_syntax_uid", "sha256"))
    if not rows:
        raise ResourceNotFound("No such series or instance is visible.")
    wanted = _acceptable(request, syntaxes={row[2] for row in rows}, single=instance is not None)
    corrections = corrections_of(chosen) if found_study.corrected_at else {}
    files = [
        StoredFile(path, syntax, syntax_for(wanted, syntax) or syntax, corrections.get(pk))
        for pk, path, syntax, _ in rows
    ]
    if not has_bucket() and (missing := [file for file in files if not stored_path(file.file_path).is_file()]):
        raise StoredFileUnreadable(f"{len(missing)} of {len(files)} stored files are missing.")
    _audit(found_study, action="images.retrieved", instances=len(files))
    if not (wanted.is_multipart or wanted.name == "*/*"):
        return _one_file(request, files[0], sha256=rows[0][3])
    boundary = new_boundary()
    content_type = f'multipart/related; type="{DICOM}"; boundary={boundary}'
    if request.method == "HEAD":
        return HttpResponse(content_type=content_type)
    response = StreamingHttpResponse(stream_converted(files, boundary=boundary), content_type=content_type)
    if (length := length_as_stored(files, boundary=boundary)) is not None:
        response["Content-Length"] = str(length)
    return response


def _one_file(request: HttpRequest, file: StoredFile, *, sha256: str) -> HttpResponseBase:
    """Answer one file without multipart: revalidated, in ranges."""
    etag = etag_of(sha256, file.syntax, file.corrections.modified_at if file.corrections else "")
    response = get_conditional_response(request, etag=etag)
    if response is None:
        with translated():
            content = open_converted(file)
        size = os.fstat(content.fileno()).st_size
        try:
            part = range_of(request, length=size, etag=etag) or ByteRange(0, size, size)
        except RangeNotSatisfiable:
            content.close()
            raise
        response = StreamingHttpResponse(stream_open_file(content, start=part.start, length=part.end - part.start))
        response["Content-Type"] = f"{DICOM}; transfer-syntax={file.syntax}"
        response["Accept-Ranges"] = "bytes"
        part.mark(response)
    response["ETag"] = etag
    patch_vary_headers(response, ["Accept", "Cookie"])
    return response


@require_safe
@dicomweb_view
def retrieve_metadata(
    request: HttpRequest, reach: Reach, *, study: str, series: str | None = None, instance: str | None = None
) -> HttpResponseBase:
    """Answer the headers as the indexer stored them; they are joined as text, never decoded here."""
    chosen = model_format(request)  # refuse before the work
    found_study = reach.study(study)
    if instance or found_study.corrected_at is not None or chosen.is_xml:
        rows = _ordered(found_study, series=series, instance=instance)
        found = _documents(rows, is_corrected=found_study.corrected_at is not None)
        number, documents = len(found), ", ".join(found).encode()
    else:
        wanted = Series.objects.filter(study=found_study)
        found = []
        number, documents = metadata_of_series(wanted.filter(series_instance_uid=series) if series else wanted)
    if not number:
        raise ResourceNotFound("No such series or instance is visible.")
    _audit(found_study, action=_action(request), instances=number)
    if chosen.is_xml:
        models = (json.loads(rooted_bulk_data(document.encode(), base=reach.base)) for document in found)
        boundary = new_boundary()
        content_type = f'multipart/related; type="{DICOM_XML}"; boundary={boundary}'
        return StreamingHttpResponse(_xml_parts(models, boundary), content_type=content_type)
    return json_answer(request, rooted_bulk_data(b"[" + documents + b"]", base=reach.base))


def _action(request: HttpRequest) -> str:
    """A page that fetches the next case ahead says so; it is in the audit trail either way."""
    return "images.fetched_ahead" if request.headers.get(FETCHED_AHEAD) == "1" else "images.opened"


def _documents(rows: QuerySet[Instance], *, is_corrected: bool) -> list[str]:
    found = list(rows.annotate(document=Cast("metadata", TextField())).values_list("pk", "document"))
    corrections = corrections_of(rows) if is_corrected else {}
    return [corrected_metadata(text, corrections[pk]) if pk in corrections else text for pk, text in found]


async def _xml_parts(models: Iterable[JsonObject], boundary: str) -> AsyncIterator[bytes]:
    for model in models:
        yield part_of(DICOM_XML, await asyncio.to_thread(xml_of, model), boundary=boundary)
    yield closing(boundary)


def rooted_bulk_data(text: bytes, *, base: str) -> bytes:
    """Put the root before each BulkDataURI, which the indexer wrote relative to it (`studies/...`).

    Inside a string value the quotes around BulkDataURI would be escaped, so only the member itself matches; PostgreSQL
    and the indexer write one space after the colon.
    """
    return text.replace(b'"BulkDataURI": "studies/', f'"BulkDataURI": "{base}/studies/'.encode())


def _ordered(study: Study, *, series: str | None, instance: str | None) -> QuerySet[Instance]:
    rows = Instance.objects.filter(series__study=study)
    if series:
        rows = rows.filter(series__series_instance_uid=series)
    if instance:
        rows = rows.filter(sop_instance_uid=instance)
    return rows.order_by("series__series_number", "series_id", F("instance_number").asc(nulls_last=True), "pk")


def _acceptable(request: HttpRequest, *, syntaxes: set[str], single: bool) -> MediaRange:
    """Choose the range to serve: one whose transfer syntax every file has or can be put into."""
    for wanted in accepted(request):
        if not wanted.takes(DICOM) or not (single or wanted.is_multipart or wanted.name == "*/*"):
            continue
        if all(syntax_for(wanted, syntax) for syntax in syntaxes):
            return wanted
    raise NothingAcceptable(
        f"Instances are given as {DICOM} as stored (transfer-syntax=*), or in {', '.join(sorted(WRITTEN_SYNTAXES))}."
    )


def _audit(study: Study, *, action: str, instances: int) -> None:
    record_audit(
        action=action,
        object_type="study",
        object_id=study.pk,
        hospital_id=study.hospital_id,
        detail={"instances": instances},
    )
