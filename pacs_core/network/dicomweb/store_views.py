"""STOW-RS (PS3.18 10.5): store instances."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from pacs_core.archive.errors import InstanceRefused, NothingKept
from pacs_core.archive.files import flushing_together
from pacs_core.archive.services.receive import SOURCE_OF_READERS, receive_instance
from pacs_core.archive.spool import SpoolFile, refuse_when_storage_is_full
from pacs_core.audit.services import record_audit
from pacs_core.network.dicomweb.edge import dicomweb_view
from pacs_core.network.dicomweb.errors import (
    AccessRefused,
    InvalidRequest,
    MediaTypeNotSupported,
    RequestTooLarge,
    StorageUnavailable,
)
from pacs_core.network.dicomweb.media_types import parse_media_type
from pacs_core.network.dicomweb.model_answer import model_answer, model_format
from pacs_core.network.dicomweb.multipart_reader import CHUNK_BYTES, BodyPart, MultipartReader
from pacs_core.network.dicomweb.origin import refuse_forged_request
from pacs_core.network.dicomweb.reach import STORING_ROLES, Reach
from pacs_core.network.dicomweb.store_answer import StoreAnswer
from pacs_core.network.dicomweb.store_metadata import METADATA_TYPES, MetadataBody
from pacs_core.network.dicomweb.store_target import InstanceNotTaken, StoreTarget, store_target
from pacs_core.standards.dicom.errors import DicomError, UnreadableDataset
from pacs_core.standards.dicom.identifiers import InstanceIdentifiers, read_identifiers
from pacs_core.standards.dicom.json_model import JsonObject

DICOM = "application/dicom"
CANNOT_UNDERSTAND = 0xC000


@csrf_exempt  # see refuse_forged_request: the viewer can't send a CSRF token
@dicomweb_view
def store_instances(request: HttpRequest, reach: Reach, *, study: str | None = None) -> HttpResponse:
    """Store each part; 200 when all were taken, 202 when some, 409 when none (PS3.18 table 10.5.3-1)."""
    if reach.role not in STORING_ROLES:
        raise AccessRefused("This role does not store images.")
    refuse_forged_request(request)
    target = store_target(request, reach, study=study)
    model_format(request, single=True)  # refuse before anything is stored
    answer = StoreAnswer(base=reach.base)
    with flushing_together():
        _store_body(request, target=target, answer=answer)
    if not answer.number:
        raise InvalidRequest("The body holds no instance.")
    _audit(answer)
    return model_answer(request, answer.document(), status=answer.status)


def _store_body(request: HttpRequest, *, target: StoreTarget, answer: StoreAnswer) -> None:
    """Store one instance that is the body, the parts that are instances, or those that metadata and bulk data make."""
    content_type = parse_media_type(request.headers.get("Content-Type", ""))
    kind = content_type.parameters.get("type", DICOM) if content_type.is_multipart else content_type.name
    if kind not in (DICOM, *METADATA_TYPES) or (kind != DICOM and not content_type.is_multipart):
        types = " or ".join(f'multipart/related; type="{name}"' for name in (DICOM, *METADATA_TYPES))
        raise MediaTypeNotSupported(f"Instances are stored as {DICOM}, {types}.")
    _refuse_when_too_much(request)
    if not content_type.is_multipart:
        _store_part(BodyPart({}, iter(lambda: request.read(CHUNK_BYTES), b"")), target=target, answer=answer)
        return
    boundary = content_type.parameters.get("boundary", "")
    parts = MultipartReader(request, boundary=boundary, maximum_bytes=settings.STOW_MAXIMUM_BYTES)
    if kind == DICOM:
        for part in parts:
            _store_part(part, target=target, answer=answer)
        return
    try:
        with MetadataBody() as body:
            for part in parts:
                body.add(part)
            for model in body.models:
                _store_model(body, model, target=target, answer=answer)
    except NothingKept as error:
        raise StorageUnavailable(str(error)) from error


def _refuse_when_too_much(request: HttpRequest) -> None:
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > settings.STOW_MAXIMUM_BYTES:
        raise RequestTooLarge(f"The body has {length} bytes, at most {settings.STOW_MAXIMUM_BYTES} are taken.")
    try:
        refuse_when_storage_is_full()
    except NothingKept as error:
        raise StorageUnavailable(str(error)) from error


def _store_model(body: MetadataBody, model: JsonObject, *, target: StoreTarget, answer: StoreAnswer) -> None:
    try:
        with body.composed(model) as spool:
            _store_spool(spool, target=target, answer=answer)
    except UnreadableDataset:
        answer.add_failure(None, CANNOT_UNDERSTAND)


def _store_part(part: BodyPart, *, target: StoreTarget, answer: StoreAnswer) -> None:
    part_type = parse_media_type(part.headers.get("content-type", DICOM)).name
    if part_type != DICOM:
        answer.add_failure(None, CANNOT_UNDERSTAND)
        return
    spool = SpoolFile("stow")
    try:
        for chunk in part.chunks:
            spool.write(chunk)
        _store_spool(spool, target=target, answer=answer)
    finally:
        spool.discard()


def _store_spool(spool: SpoolFile, *, target: StoreTarget, answer: StoreAnswer) -> None:
    if answer.number >= settings.STOW_MAXIMUM_INSTANCES:
        raise RequestTooLarge(
            f"The body has more than {settings.STOW_MAXIMUM_INSTANCES} instances. So many were kept: send the others "
            "in further requests."
        )
    header: InstanceIdentifiers | None = None
    try:
        spool.finish()
        header = _header_or_none(spool)
        hospital_id = target.hospital_of(header)
        target.refuse_rejection_note(header, spool.path)
        source = SOURCE_OF_READERS if target.reach.grant else "stow"
        received = receive_instance(spool_path=spool.path, hospital_id=hospital_id, source=source, header=header)
        answer.add_success(received, header=header)
    except (InstanceRefused, InstanceNotTaken) as refusal:
        answer.add_failure(header, refusal.status)


def _header_or_none(spool: SpoolFile) -> InstanceIdentifiers | None:
    try:
        return read_identifiers(spool.path)
    except DicomError:
        return None  # receive_instance puts it into quarantine


def _audit(answer: StoreAnswer) -> None:
    for (hospital_id, study_instance_uid), count in answer.stored.items():
        detail: dict[str, Any] = {"instances": count, "study_instance_uid": study_instance_uid}
        record_audit(action="images.stored", object_type="study", hospital_id=hospital_id, detail=detail)
