"""WADO-RS: whole instances (PS3.18 10.4.1.1.1) and metadata (10.4.1.1.2)."""

from __future__ import annotations

from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, Study
from pacs_core.audit.services import record_audit
from pacs_core.network.dicomweb.edge import dicomweb_view
from pacs_core.network.dicomweb.errors import NothingAcceptable, ResourceNotFound, StoredFileUnreadable
from pacs_core.network.dicomweb.json_answer import json_answer, json_media_type
from pacs_core.network.dicomweb.media_types import MediaRange, parse_accept
from pacs_core.network.dicomweb.multipart_stream import FilePart, new_boundary, stream_files
from pacs_core.network.dicomweb.reach import Reach
from pacs_core.web.file_stream import stream_file

DICOM = "application/dicom"


@require_safe
@dicomweb_view
def retrieve_instances(
    request: HttpRequest, reach: Reach, *, study: str, series: str | None = None, instance: str | None = None
) -> HttpResponseBase:
    """Answer the stored files, one after the other, as they were received."""
    found_study = reach.study(study)
    rows = _ordered(found_study, series=series, instance=instance).values_list("file_path", "transfer_syntax_uid")
    files = [FilePart(stored_path(path), f"{DICOM}; transfer-syntax={syntax}") for path, syntax in rows]
    if not files:
        raise ResourceNotFound("No such series or instance is visible.")
    syntaxes = {syntax for _, syntax in rows}
    wanted = _acceptable(request, syntaxes=syntaxes, single=len(files) == 1 and instance is not None)
    if missing := [part for part in files if not part.path.is_file()]:
        raise StoredFileUnreadable(f"{len(missing)} of {len(files)} stored files are missing.")
    _audit(found_study, action="images.retrieved", instances=len(files))
    if request.method == "HEAD":
        return HttpResponse(content_type=DICOM)
    if wanted.is_multipart or wanted.name == "*/*":
        boundary = new_boundary()
        return StreamingHttpResponse(
            stream_files(files, boundary=boundary),
            content_type=f'multipart/related; type="{DICOM}"; boundary={boundary}',
        )
    response = StreamingHttpResponse(stream_file(files[0].path), content_type=files[0].content_type)
    response["Content-Length"] = str(files[0].path.stat().st_size)
    return response


@require_safe
@dicomweb_view
def retrieve_metadata(
    request: HttpRequest, reach: Reach, *, study: str, series: str | None = None, instance: str | None = None
) -> HttpResponse:
    """Answer the headers as the indexer stored them; they are joined as text, never decoded here."""
    json_media_type(request)  # refuse before the work
    found_study = reach.study(study)
    rows = _ordered(found_study, series=series, instance=instance)
    documents = list(rows.annotate(document=Cast("metadata", TextField())).values_list("document", flat=True))
    if not documents:
        raise ResourceNotFound("No such series or instance is visible.")
    _audit(found_study, action="images.opened", instances=len(documents))
    text = "[" + ",".join(documents) + "]"
    return json_answer(request, rooted_bulk_data(text, base=reach.base))


def rooted_bulk_data(text: str, *, base: str) -> str:
    """Put the root before each BulkDataURI, which the indexer wrote relative to it (`studies/...`).

    Inside a string value the quotes around BulkDataURI would be escaped, so only the member itself matches; PostgreSQL
    writes jsonb as text with one space after the colon.
    """
    return text.replace('"BulkDataURI": "studies/', f'"BulkDataURI": "{base}/studies/')


def _ordered(study: Study, *, series: str | None, instance: str | None) -> QuerySet[Instance]:
    rows = Instance.objects.filter(series__study=study)
    if series:
        rows = rows.filter(series__series_instance_uid=series)
    if instance:
        rows = rows.filter(sop_instance_uid=instance)
    return rows.order_by("series__series_number", "series_id", F("instance_number").asc(nulls_last=True), "pk")


def _acceptable(request: HttpRequest, *, syntaxes: set[str], single: bool) -> MediaRange:
    """Choose the range to serve: files are given as stored, so another transfer syntax is not acceptable.

    Without a transfer-syntax parameter the standard's default is Explicit VR Little Endian (PS3.18 8.7.3.5.2); like
    other archives we give the stored one, which every client that retrieves whole instances can read.
    """
    for wanted in parse_accept(request.headers.get("Accept", "")):
        if not wanted.takes(DICOM) or not (single or wanted.is_multipart or wanted.name == "*/*"):
            continue
        if wanted.transfer_syntax in ("", "*") or syntaxes == {wanted.transfer_syntax}:
            return wanted
    raise NothingAcceptable(f"Instances are given as {DICOM} in the transfer syntax they were received in.")


def _audit(study: Study, *, action: str, instances: int) -> None:
    record_audit(
        action=action,
        object_type="study",
        object_id=study.pk,
        hospital_id=study.hospital_id,
        detail={"instances": instances},
    )
