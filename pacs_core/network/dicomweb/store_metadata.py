"""STOW-RS of metadata in JSON or XML with its bulk data in parts of their own (PS3.18 10.5.1.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from pacs_core.archive.spool import SpoolFile
from pacs_core.network.dicomweb.errors import InvalidRequest, RequestTooLarge
from pacs_core.network.dicomweb.frame_formats import EXPLICIT_VR_LITTLE_ENDIAN, default_syntax
from pacs_core.network.dicomweb.json_answer import DICOM_JSON
from pacs_core.network.dicomweb.media_types import MediaRange, parse_media_type
from pacs_core.network.dicomweb.model_answer import DICOM_XML
from pacs_core.network.dicomweb.multipart_reader import BodyPart
from pacs_core.standards.dicom.composing import BulkData, compose_file
from pacs_core.standards.dicom.errors import UnreadableDataset
from pacs_core.standards.dicom.json_model import JsonObject
from pacs_core.standards.dicom.xml_model import json_of_xml

METADATA_TYPES = (DICOM_JSON, "application/json", DICOM_XML)
MAXIMUM_METADATA_BYTES = 64 << 20


class MetadataBody:
    """The parts of one request: data sets in memory, bulk data in spool files that end with the body."""

    def __init__(self) -> None:
        self.models: list[JsonObject] = []
        self._bulk: dict[str, BulkData] = {}
        self._spools = ExitStack()

    def __enter__(self) -> MetadataBody:
        return self

    def __exit__(self, *_: object) -> None:
        self._spools.close()

    def add(self, part: BodyPart) -> None:
        """Take one part; raises InvalidRequest, RequestTooLarge or StorageFull."""
        content_type = parse_media_type(part.headers.get("content-type", ""))
        if content_type.name in METADATA_TYPES:
            self.models += _models_of(content_type, _content(part))
            return
        location = part.headers.get("content-location", "")
        if not location:
            raise InvalidRequest("A part of bulk data has no Content-Location that the metadata could name.")
        spool = SpoolFile("bulk")
        self._spools.callback(spool.discard)
        for chunk in part.chunks:
            spool.write(chunk)
        spool.finish()
        self._bulk[location] = BulkData(spool.path, _syntax_of(content_type))

    @contextmanager
    def composed(self, model: JsonObject) -> Iterator[SpoolFile]:
        """Give the block the instance as a finished spool file; raises UnreadableDataset or StorageFull."""
        spool = SpoolFile("stow")
        try:
            compose_file(model, spool, self._bulk.get)
            spool.finish()
            yield spool
        finally:
            spool.discard()


def _content(part: BodyPart) -> bytes:
    content = b""
    for chunk in part.chunks:
        content += chunk
        if len(content) > MAXIMUM_METADATA_BYTES:
            most = MAXIMUM_METADATA_BYTES >> 20
            raise RequestTooLarge(f"Metadata has more than {most} MB. Maybe send long values as bulk data.")
    return content


def _models_of(content_type: MediaRange, content: bytes) -> list[JsonObject]:
    if content_type.name == DICOM_XML:
        try:
            return [json_of_xml(content)]
        except UnreadableDataset as error:
            raise InvalidRequest(str(error)) from error
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The metadata is no JSON ({type(error).__name__}).") from error
    models = found if isinstance(found, list) else [found]
    if not all(isinstance(one, dict) and all(isinstance(value, dict) for value in one.values()) for one in models):
        raise InvalidRequest("The metadata is no array of data sets in the DICOM JSON model (PS3.18 F.2).")
    return models


def _syntax_of(content_type: MediaRange) -> str:
    if content_type.transfer_syntax:
        return content_type.transfer_syntax
    return default_syntax(content_type.name) or EXPLICIT_VR_LITTLE_ENDIAN
