"""UPS-RS (PS3.18 11): workitems by those who may, over the services of network.workitems."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.views.decorators.csrf import csrf_exempt

from pacs_core.network.dicomweb.edge import dicomweb_view
from pacs_core.network.dicomweb.errors import AccessRefused, Conflict, InvalidRequest, MediaTypeNotSupported
from pacs_core.network.dicomweb.json_answer import DICOM_JSON
from pacs_core.network.dicomweb.media_types import parse_media_type
from pacs_core.network.dicomweb.model_answer import DICOM_XML, model_answer, models_answer
from pacs_core.network.dicomweb.origin import refuse_forged_request
from pacs_core.network.dicomweb.reach import Reach
from pacs_core.network.dicomweb.search_query import parse_search
from pacs_core.network.dicomweb.store_target import named_hospital
from pacs_core.network.nodes.values import validate_ae_title
from pacs_core.network.workitems import attributes, services, subscriptions
from pacs_core.network.workitems.errors import WorkitemConflict, WorkitemInvalid
from pacs_core.network.workitems.roles import CHANGING_ROLES, SEARCHING_ROLES
from pacs_core.network.workitems.selectors import MATCHABLE, find_workitems, model_of, workitem
from pacs_core.standards.dicom.errors import UnreadableDataset
from pacs_core.standards.dicom.json_model import JsonObject
from pacs_core.standards.dicom.xml_model import json_of_xml

MAXIMUM_BODY_BYTES = 4 << 20
DEFAULT_LIMIT = 200
View = Callable[..., HttpResponseBase]


def _workitem_view(*, changes: bool) -> Callable[[View], View]:
    """Let the roles pass that may, and translate what the services raise."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, reach: Reach, **arguments: Any) -> HttpResponseBase:
            if reach.role not in (CHANGING_ROLES if changes else SEARCHING_ROLES):
                raise AccessRefused("This role does not change workitems.")
            if request.method not in ("GET", "HEAD"):
                refuse_forged_request(request)
            try:
                return view(request, reach, **arguments)
            except WorkitemInvalid as error:
                raise InvalidRequest(str(error)) from error
            except WorkitemConflict as error:
                raise Conflict(str(error)) from error

        return csrf_exempt(dicomweb_view(guarded))

    return decorate


@_workitem_view(changes=False)
def search_workitems(request: HttpRequest, reach: Reach) -> HttpResponse:
    query = parse_search(request.GET, matchable=MATCHABLE, default_limit=DEFAULT_LIMIT)
    rows = find_workitems(query.matches)
    found = list(rows[query.offset : query.offset + query.limit + 1])
    notes = ["There are additional results that can be requested"] if len(found) > query.limit else []
    if query.ignored:
        notes.append(f"The following parameters are not supported and were ignored: {', '.join(query.ignored)}")
    return models_answer(request, [model_of(one) for one in found[: query.limit]], warning="; ".join(notes) or None)


@_workitem_view(changes=True)
def create_workitem(request: HttpRequest, reach: Reach) -> HttpResponse:
    """Answer 201 with the workitem's address; its UID is the query parameter, the data set's own, or a new one."""
    model = _body(request)
    uid = _bare_parameter(request.GET, "workitem") or attributes.value_of(model, attributes.SOP_INSTANCE_UID)
    created = services.create_workitem(
        hospital_id=named_hospital(request), workitem_uid=str(uid) if uid else None, model=model
    )
    response = HttpResponse(status=201)
    response["Location"] = response["Content-Location"] = f"{reach.base}/workitems/{created.workitem_uid}"
    return response


@_workitem_view(changes=False)
def retrieve_workitem(request: HttpRequest, reach: Reach, *, workitem_uid: str) -> HttpResponse:
    return model_answer(request, model_of(workitem(workitem_uid)), as_list=True)


@_workitem_view(changes=True)
def update_workitem(request: HttpRequest, reach: Reach, *, workitem_uid: str) -> HttpResponse:
    """Change attributes; the transaction UID of a claimed workitem is a query parameter (PS3.18 11.5)."""
    transaction_uid = request.GET.get("transaction-uid") or _bare_parameter(request.GET, "transaction")
    model = _body(request)
    services.update_workitem(workitem_uid=workitem_uid, transaction_uid=transaction_uid or "", model=model)
    return _done(f"{reach.base}/workitems/{workitem_uid}")


@_workitem_view(changes=True)
def change_state(request: HttpRequest, reach: Reach, *, workitem_uid: str) -> HttpResponse:
    model = _body(request)
    state = attributes.value_of(model, attributes.STATE)
    changed = services.change_workitem_state(
        workitem_uid=workitem_uid,
        state=str(state),
        transaction_uid=str(attributes.value_of(model, attributes.TRANSACTION_UID) or ""),
    )
    response = _done(f"{reach.base}/workitems/{workitem_uid}")
    if not changed:
        response["Warning"] = f'299 Meridian "The UPS is already in the requested state of {state}."'
    return response


@_workitem_view(changes=True)
def request_cancellation(request: HttpRequest, reach: Reach, *, workitem_uid: str) -> HttpResponse:
    """Answer 202: cancelled, or asked of who claimed it."""
    model = _body(request) if request.headers.get("Content-Length", "0") != "0" else {}
    told = (
        attributes.REASON_FOR_CANCELLATION,
        attributes.DISCONTINUATION_REASON,
        attributes.CONTACT_URI,
        attributes.CONTACT_NAME,
    )
    services.request_cancellation(workitem_uid=workitem_uid, reasons={tag: model[tag] for tag in told if tag in model})
    return HttpResponse(status=202)


@_workitem_view(changes=False)
def subscribe(request: HttpRequest, reach: Reach, *, workitem_uid: str, ae_title: str) -> HttpResponse:
    """Answer 201 with the address of the event channel, a WebSocket."""
    validate_ae_title_or_refuse(ae_title)
    lock = request.GET.get("deletionlock", "false").lower()
    if lock not in ("true", "false"):
        raise InvalidRequest(f"deletionlock is {lock!r}, expected true or false.")
    matches = None
    if workitem_uid == subscriptions.FILTERED_WORKITEMS:
        matches = _filter_of(request)
    subscriptions.subscribe(
        target_uid=workitem_uid,
        ae_title=ae_title,
        user_id=reach.user_id,
        has_deletion_lock=lock == "true",
        matches=matches,
    )
    scheme = "wss" if request.is_secure() else "ws"
    return _done(f"{scheme}://{request.get_host()}{reach.base}/subscribers/{ae_title}", status=201)


@_workitem_view(changes=False)
def unsubscribe(request: HttpRequest, reach: Reach, *, workitem_uid: str, ae_title: str) -> HttpResponse:
    ended = subscriptions.unsubscribe(target_uid=workitem_uid, ae_title=ae_title, user_id=reach.user_id)
    return HttpResponse(status=200 if ended else 404)


@_workitem_view(changes=False)
def suspend(request: HttpRequest, reach: Reach, *, workitem_uid: str, ae_title: str) -> HttpResponse:
    if workitem_uid not in (subscriptions.ALL_WORKITEMS, subscriptions.FILTERED_WORKITEMS):
        raise InvalidRequest("Only a subscription to all workitems, or to filtered ones, can be suspended.")
    ended = subscriptions.suspend(ae_title=ae_title, user_id=reach.user_id)
    return HttpResponse(status=200 if ended else 404)


def validate_ae_title_or_refuse(ae_title: str) -> None:
    from django.core.exceptions import ValidationError

    try:
        validate_ae_title(ae_title)
    except ValidationError as error:
        raise InvalidRequest(f"The subscriber: {' '.join(error.messages)}") from error


def _done(address: str, *, status: int = 200) -> HttpResponse:
    response = HttpResponse(status=status)
    response["Content-Location"] = address
    return response


def _filter_of(request: HttpRequest) -> dict[str, tuple[str, ...]]:
    """Read `filter=keyword=value,keyword=value` (PS3.18 11.10.1.2)."""
    pairs = QueryDict("&".join(request.GET.getlist("filter")).replace(",", "&"))
    query = parse_search(pairs, matchable=MATCHABLE, default_limit=1)
    if query.ignored or not query.matches:
        raise InvalidRequest(f"The filter is empty or names what is not matched: {', '.join(query.ignored)}.")
    return query.matches


def _bare_parameter(parameters: QueryDict, name: str) -> str | None:
    """Return `?name=value`, or the value alone (`?1.2.3`), as the standard's templates expand to."""
    bare = [key for key, value in parameters.items() if value == "" and key[:1].isdigit()]
    return parameters.get(name) or (bare[0] if bare else None)


def _body(request: HttpRequest) -> JsonObject:
    """Return the one data set that the request holds; raises InvalidRequest or MediaTypeNotSupported."""
    kind = parse_media_type(request.headers.get("Content-Type", "")).name
    if kind not in (DICOM_JSON, "application/json", DICOM_XML):
        raise MediaTypeNotSupported(f"A workitem is sent as {DICOM_JSON} or {DICOM_XML}.")
    content = request.read(MAXIMUM_BODY_BYTES + 1)
    if len(content) > MAXIMUM_BODY_BYTES:
        raise InvalidRequest(f"The data set has more than {MAXIMUM_BODY_BYTES >> 20} MB.")
    try:
        found: Any = json_of_xml(content) if kind == DICOM_XML else json.loads(content, parse_constant=_refuse_constant)
        text = json.dumps(found, ensure_ascii=False)
        text.encode()  # a lone surrogate is no text
        if "\\u0000" in text:
            raise ValueError("NUL")
    except (UnreadableDataset, ValueError, RecursionError) as error:
        raise InvalidRequest(f"The body can't be read as {kind}: {type(error).__name__}.") from error
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, dict) or not all(isinstance(element, dict) for element in found.values()):
        raise InvalidRequest("The body is not one data set of the DICOM JSON model.")
    return found


def _refuse_constant(name: str) -> None:
    """NaN and infinity are no JSON, though Python reads them."""
    raise ValueError(name)
