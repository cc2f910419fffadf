"""Answers of data sets, as DICOM JSON or Native DICOM Model (PS3.18 8.7.3.2): what the client wants more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from pacs_core.network.dicomweb.errors import NothingAcceptable
from pacs_core.network.dicomweb.json_answer import DICOM_JSON, json_answer
from pacs_core.network.dicomweb.media_types import accepted
from pacs_core.network.dicomweb.multipart_stream import multipart_answer
from pacs_core.standards.dicom.json_model import JsonObject
from pacs_core.standards.dicom.xml_model import xml_of

DICOM_XML = "application/dicom+xml"


@dataclass(frozen=True)
class ModelFormat:
    """The media type to answer in, and whether each data set is a part of its own."""

    media_type: str
    is_multipart: bool

    @property
    def is_xml(self) -> bool:
        return self.media_type == DICOM_XML


def model_format(request: HttpRequest, *, single: bool = False) -> ModelFormat:
    """Choose for a list of data sets or a `single` one, which XML gives without multipart; or NothingAcceptable."""
    for wanted in accepted(request):
        if wanted.is_multipart:
            if wanted.content == DICOM_XML:
                return ModelFormat(DICOM_XML, is_multipart=True)
            continue
        for offered in (DICOM_JSON, "application/json", *((DICOM_XML,) if single else ())):
            if wanted.takes(offered):
                return ModelFormat(offered, is_multipart=False)
    xml = DICOM_XML if single else f'multipart/related; type="{DICOM_XML}"'
    raise NothingAcceptable(f"This resource is given as {DICOM_JSON} or {xml}.")


def models_answer(request: HttpRequest, models: Iterable[JsonObject], *, warning: str | None = None) -> HttpResponse:
    """Answer a list of data sets, 204 an empty one (PS3.18 table 10.6.3-1)."""
    models = list(models)
    chosen = model_format(request)
    if not models:
        response = HttpResponse(status=204)
    elif not chosen.is_xml:
        return json_answer(request, models, warning=warning)
    else:
        response = multipart_answer([(DICOM_XML, xml_of(model)) for model in models], kind=DICOM_XML)
    return _told(response, warning)


def model_answer(
    request: HttpRequest, model: JsonObject, *, status: int = 200, as_list: bool = False, warning: str | None = None
) -> HttpResponse:
    """Answer one data set; JSON has it as an array of one where the standard says so."""
    chosen = model_format(request, single=True)
    if not chosen.is_xml:
        document: Any = [model] if as_list else model
        return json_answer(request, document, status=status, warning=warning)
    if chosen.is_multipart:
        response = multipart_answer([(DICOM_XML, xml_of(model))], kind=DICOM_XML)
        response.status_code = status
    else:
        response = HttpResponse(xml_of(model), status=status, content_type=DICOM_XML)
    return _told(response, warning)


def _told(response: HttpResponse, warning: str | None) -> HttpResponse:
    patch_vary_headers(response, ["Accept", "Accept-Encoding"])
    if warning:
        response["Warning"] = f'299 Meridian "{warning}"'
    return response
