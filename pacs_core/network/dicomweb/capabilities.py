"""The capabilities document (PS3.18 8.9): what is offered where, as WADL or JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from pacs_core.network.dicomweb.converted import DICOM
from pacs_core.network.dicomweb.edge import dicomweb_view
from pacs_core.network.dicomweb.errors import NothingAcceptable
from pacs_core.network.dicomweb.frame_formats import OCTET_STREAM
from pacs_core.network.dicomweb.json_answer import DICOM_JSON, json_answer
from pacs_core.network.dicomweb.media_types import accepted
from pacs_core.network.dicomweb.model_answer import DICOM_XML
from pacs_core.network.dicomweb.reach import Reach
from pacs_core.standards.dicom.pictures import PICTURE_TYPES

WADL = "application/vnd.sun.wadl+xml"
_NAMESPACE = "http://wadl.dev.java.net/2009/02"
_MODELS = (DICOM_JSON, f'multipart/related; type="{DICOM_XML}"')
_SEARCH = ("limit", "offset", "includefield", "fuzzymatching", "{attributeID}", "accept")
_DRAW = ("window", "viewport", "quality", "iccprofile", "accept")
_SERIES = "studies/{study}/series/{series}"
_INSTANCE = f"{_SERIES}/instances/{{instance}}"


@dataclass(frozen=True)
class Method:
    """One service at one address: its name in PS3.18, query parameters, and media types taken and given."""

    method: str
    path: str
    name: str
    parameters: tuple[str, ...] = ("accept",)
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = _MODELS


def _retrievals() -> list[Method]:
    files = (f'multipart/related; type="{DICOM}"', DICOM)
    offered = []
    for path in ("studies/{study}", _SERIES, _INSTANCE):
        offered += [
            Method("GET", path, "RetrieveInstances", gives=files),
            Method("GET", f"{path}/metadata", "RetrieveMetadata"),
            Method("GET", f"{path}/rendered", "RetrieveRendered", _DRAW, gives=PICTURE_TYPES),
            Method("GET", f"{path}/thumbnail", "RetrieveThumbnail", _DRAW, gives=PICTURE_TYPES),
        ]
    frames = f"{_INSTANCE}/frames/{{frames}}"
    return [
        *offered,
        Method("GET", frames, "RetrieveFrames", gives=(OCTET_STREAM, "image/*")),
        Method("GET", f"{frames}/rendered", "RetrieveRenderedFrames", _DRAW, gives=PICTURE_TYPES),
        Method("GET", f"{frames}/thumbnail", "RetrieveFrameThumbnail", _DRAW, gives=PICTURE_TYPES),
        Method("GET", f"{_INSTANCE}/bulkdata/{{element}}", "RetrieveBulkdata", gives=(OCTET_STREAM,)),
    ]


def _searches() -> list[Method]:
    paths = ("studies", "series", "instances", "studies/{study}/series", "studies/{study}/instances")
    names = {"studies": "SearchForStudies", "series": "SearchForSeries", "instances": "SearchForInstances"}
    return [Method("GET", path, names[path.rpartition("/")[2]], _SEARCH) for path in (*paths, f"{_SERIES}/instances")]


def _stores() -> list[Method]:
    takes = (DICOM, *(f'multipart/related; type="{kind}"' for kind in (DICOM, DICOM_JSON, DICOM_XML)))
    gives = (DICOM_JSON, DICOM_XML)
    return [
        Method("POST", path, "StoreInstances", ("hospital",), takes, gives) for path in ("studies", "studies/{study}")
    ]


def _workitems() -> list[Method]:
    one, models = "workitems/{workitem_uid}", (DICOM_JSON, DICOM_XML)
    subscriber = f"{one}/subscribers/{{ae_title}}"
    return [
        Method("GET", "workitems", "SearchForUPS", _SEARCH),
        Method("POST", "workitems", "CreateUPS", ("workitem", "hospital"), models, ()),
        Method("GET", one, "RetrieveUPS", gives=models),
        Method("POST", one, "UpdateUPS", ("transaction-uid",), models, ()),
        Method("PUT", f"{one}/state", "ChangeUPSState", (), models, ()),
        Method("POST", f"{one}/cancelrequest", "RequestUPSCancellation", (), models, ()),
        Method("POST", subscriber, "CreateSubscription", ("deletionlock", "filter"), (), ()),
        Method("DELETE", subscriber, "DeleteSubscription", (), (), ()),
        Method("POST", f"{subscriber}/suspend", "SuspendGlobalSubscription", (), (), ()),
    ]


METHODS: tuple[Method, ...] = (*_searches(), *_retrievals(), *_stores(), *_workitems())


@dicomweb_view
def capabilities(request: HttpRequest, reach: Reach) -> HttpResponse:
    """Answer OPTIONS, and GET for people, with the document."""
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        return HttpResponseNotAllowed(["GET", "HEAD", "OPTIONS"])
    base = request.build_absolute_uri(f"{reach.base}/")
    for wanted in accepted(request):
        if wanted.takes(WADL):
            return HttpResponse(_wadl(base), content_type=WADL)
        if wanted.takes(DICOM_JSON) or wanted.takes("application/json"):
            return json_answer(request, _document(base))
    raise NothingAcceptable(f"Capabilities are given as {WADL}, {DICOM_JSON} or application/json.")


def _document(base: str) -> dict[str, Any]:
    return {
        "base": base,
        "methods": [
            {
                "method": one.method,
                "path": one.path,
                "name": one.name,
                "parameters": list(one.parameters),
                "takes": list(one.takes),
                "gives": list(one.gives),
            }
            for one in METHODS
        ],
    }


def _wadl(base: str) -> bytes:
    """Write WADL (W3C submission of 31 August 2009): a resource for each address, a method for each service."""
    application = Element("application", {"xmlns": _NAMESPACE})
    resources = SubElement(application, "resources", {"base": base})
    by_path: dict[str, Element] = {}
    for one in METHODS:
        if one.path not in by_path:
            by_path[one.path] = SubElement(resources, "resource", {"path": one.path})
        method = SubElement(by_path[one.path], "method", {"name": one.method, "id": one.name})
        asked = SubElement(method, "request")
        for name in one.parameters:
            SubElement(asked, "param", {"name": name, "style": "query"})
        for media_type in one.takes:
            SubElement(asked, "representation", {"mediaType": media_type})
        answered = SubElement(method, "response", {"status": "200"})
        for media_type in one.gives:
            SubElement(answered, "representation", {"mediaType": media_type})
    return tostring(application, encoding="utf-8", xml_declaration=True)
