"""Pages of the worklist: the list, its live rows, the panel beside it, and what one does to an item from there."""

import json
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pacs_core.access.errors import PermissionRefused
from pacs_core.access.permissions import roles_required
from pacs_core.access.scopes import current_scope
from pacs_core.audit.services import record_audit
from pacs_core.network.forwarding.by_hand import NothingToSend, forward_by_hand, nodes_to_send_to
from pacs_core.network.forwarding.errors import NodeNotUsable
from pacs_core.web.numbers import row_number
from worklist import services
from worklist.errors import ItemConflict
from worklist.forms import WorklistFilterForm, filter_values
from worklist.live.numbers import last_numbers
from worklist.models import WorklistItem
from worklist.selectors.ai_findings import findings_shown
from worklist.selectors.items import WORKLIST_ROLES, item_for_user
from worklist.selectors.priors import prior_studies
from worklist.selectors.readers import next_item, readers_for
from worklist.selectors.reconciliation import can_be_reconciled, candidate_orders
from worklist.selectors.saved_views import DEFAULT_VIEW, items_of_view, view_counts, views_for
from worklist.transitions import ACTIONS, party_may

PAGE_SIZE = 50
MOST_ROWS = 300
worklist_page = roles_required(*WORKLIST_ROLES)


@require_http_methods(["GET", "POST"])
@never_cache
@worklist_page
def page(request: HttpRequest) -> HttpResponse:
    """Show the list, by POST narrowed down to a search too.

    The live numbers are read before its rows, so that no change falls between.
    """
    numbers = last_numbers(current_scope().hospital_ids)
    values = filter_values(request)
    form = WorklistFilterForm(values, user=request.user)
    page_number = values.get("page")
    pager = Paginator(items_of_view(request.user, form.chosen()), PAGE_SIZE).get_page(page_number)
    context = {
        "items": list(pager.object_list),
        "views": _views(request, values.get("view")),
        "filters": form,
        "rows_filter": json.dumps(form.given(page=page_number)),
        "search_text": values.get("search", ""),
        "pager": pager,
        "live_numbers": json.dumps(numbers),
        "may_take_next": request.user.role == "radiologist",
        "peeked_item": _number(request.GET.get("item", "")),
    }
    response = render(request, "worklist/page.html", context)
    if request.htmx and request.method == "POST":
        response["HX-Push-Url"] = f"{request.path}?{form.query(page=page_number)}"
    return response


@require_http_methods(["GET", "POST"])
@never_cache
@worklist_page
def rows(request: HttpRequest) -> HttpResponse:
    """Return rows only: those of `ids` that match the filter now, or without `ids` the page's."""
    values = filter_values(request)
    items = items_of_view(request.user, WorklistFilterForm(values, user=request.user).chosen())
    return render(request, "worklist/rows.html", {"items": _asked_for(values, items)})


def _asked_for(values: QueryDict, items: QuerySet[WorklistItem]) -> list[WorklistItem]:
    if "ids" not in values:
        return list(Paginator(items, PAGE_SIZE).get_page(values.get("page")).object_list)
    numbers = (row_number(text) for text in values["ids"].split(",")[:MOST_ROWS])
    return list(items.filter(pk__in=[number for number in numbers if number is not None]))


@require_GET
@never_cache
@worklist_page
def saved_views(request: HttpRequest) -> HttpResponse:
    return render(request, "worklist/views.html", {"views": _views(request, request.GET.get("view"))})


@require_GET
@never_cache
@worklist_page
def peek(request: HttpRequest, worklist_item_id: int) -> HttpResponse:
    """Show one item beside the list; looking at a patient's data is in the audit trail."""
    item = item_for_user(request.user, worklist_item_id)
    may = {
        "open": request.user.role == "radiologist" and item.status != "cancelled",
        "release": _may(item, "release"),
        "hand_over": _may(item, "hand_over"),
        "reopen": _may(item, "reopen"),
        "reconcile": request.user.role == "coordinator" and can_be_reconciled(item),
        "send": request.user.role == "coordinator",
    }
    record_audit(
        action="worklist_item.viewed", object_type="worklist_item", object_id=item.pk, hospital_id=item.hospital_id
    )
    context = {
        "item": item,
        "priors": prior_studies(worklist_item_id=item.pk, user=request.user),
        "findings": findings_shown(item.study_id),
        "may": may,
        "colleagues": readers_for(item) if may["hand_over"] else [],
        "candidates": candidate_orders(item) if may["reconcile"] else [],
        "nodes": nodes_to_send_to(hospital_id=item.hospital_id) if may["send"] else [],
        "transitions": list(item.transitions.select_related("holder").order_by("-pk")[:20]),
        "explanation_url": _address_above("routing_rules:explanation", item.pk),
        "messages_url": _address_above("routing_rules:messages_of_item", item.pk),
    }
    return render(request, "worklist/peek.html", context)


@require_GET
@never_cache
@roles_required("radiologist")
def next_case(request: HttpRequest) -> HttpResponse:
    """Go to the most urgent case that waits for the reader; the reading page claims it."""
    item = next_item(request.user)
    if item is None:
        messages.info(request, _("No case waits for you. New ones appear here by themselves."))
        return redirect("worklist:page")
    return redirect(_reading_address(item))


def item_action(view: Any) -> Any:
    """Let an action answer a conflict or a missing right with a sentence: on the list, or as an htmx fragment."""

    @require_POST
    @worklist_page
    @wraps(view)
    def guarded(request: HttpRequest, worklist_item_id: int) -> HttpResponse:
        item = item_for_user(request.user, worklist_item_id)
        try:
            return view(request, item)
        except (ItemConflict, PermissionRefused) as error:
            status = 409 if isinstance(error, ItemConflict) else 403
            if request.htmx or status == 403:
                return HttpResponse(format_html('<p class="notice" role="alert">{}</p>', str(error)), status=status)
            messages.error(request, str(error))
            return redirect(_back_to_list(request))

    return guarded


@item_action
def claim(request: HttpRequest, item: WorklistItem) -> HttpResponse:
    services.claim_worklist_item(worklist_item_id=item.pk, user=request.user)
    return _go(request, _reading_address(item))


@item_action
def release(request: HttpRequest, item: WorklistItem) -> HttpResponse:
    reason = request.POST.get("reason", "")[:300]
    services.release_worklist_item(worklist_item_id=item.pk, user=request.user, reason=reason)
    messages.success(request, _("Released. The rules look for another reader."))
    return _go(request, _back_to_list(request))


@item_action
def hand_over(request: HttpRequest, item: WorklistItem) -> HttpResponse:
    to_user = row_number(request.POST.get("user_id", ""))
    if to_user is None:
        messages.error(request, _("Choose a reader to hand the case over to."))
        return _go(request, _back_to_list(request))
    services.hand_over_worklist_item(
        worklist_item_id=item.pk,
        user=request.user,
        to_user_id=to_user,
        reason=request.POST.get("reason", "")[:300],
    )
    messages.success(request, _("Handed over."))
    return _go(request, _back_to_list(request))


@item_action
def reopen(request: HttpRequest, item: WorklistItem) -> HttpResponse:
    reason = request.POST.get("reason", "")[:300]
    services.reopen_worklist_item(worklist_item_id=item.pk, reason=reason)
    messages.success(request, _("Open again. The rules look for a reader."))
    return _go(request, _back_to_list(request))


@item_action
def reconcile(request: HttpRequest, item: WorklistItem) -> HttpResponse:
    """Take a coordinator's decision: `order_id` of the order that belongs to the study, or "none"."""
    chosen = request.POST.get("order_id", "")
    order_id = row_number(chosen)
    if chosen != "none" and order_id is None:
        messages.error(request, _("Choose an order, or say that there is none."))
        return _go(request, _back_to_list(request))
    services.resolve_reconciliation(
        worklist_item_id=item.pk,
        user=request.user,
        order_id=order_id,
        reason=request.POST.get("reason", "")[:300],
    )
    said = _("The study is read without an order.") if chosen == "none" else _("The study is read for this order.")
    messages.success(request, said)
    return _go(request, _back_to_list(request))


@item_action
def send_to_node(request: HttpRequest, item: WorklistItem) -> HttpResponse:
    """Have a coordinator's choice of node sent the study, or what it has not got of it."""
    if request.user.role != "coordinator":
        raise PermissionRefused("Only a coordinator sends studies to nodes.")
    ae_title = request.POST.get("ae_title", "")[:16]
    try:
        forward_by_hand(study=item.study, ae_title=ae_title, asked_by=request.user.name)
    except (NodeNotUsable, NothingToSend) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("On its way to %(node)s.") % {"node": ae_title})
    return _go(request, _back_to_list(request))


def _views(request: HttpRequest, chosen: str | None) -> list[dict[str, Any]]:
    counts = view_counts(request.user)
    current = chosen or DEFAULT_VIEW
    address = reverse("worklist:page")
    return [
        {
            "key": view.key,
            "label": view.label,
            "count": counts[view.key],
            "url": f"{address}?{urlencode({'view': view.key})}",
            "active": view.key == current,
            "tone": view.tone,
        }
        for view in views_for(request.user)
    ]


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _may(item: WorklistItem, action: str) -> bool:
    return item.status in ACTIONS[action].starts_from and party_may(item, action, current_scope().principal)


def _reading_address(item: WorklistItem) -> str:
    return _address_above("reporting:reading", item.pk) or reverse("worklist:page")


def _address_above(name: str, *arguments: int) -> str:
    """Return the address of an upper floor's page, "" where there is none."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _back_to_list(request: HttpRequest) -> str:
    """Return the list as it was filtered when the form on it was sent."""
    address, referer = reverse("worklist:page"), request.META.get("HTTP_REFERER", "")
    is_ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    parts = urlsplit(referer)
    return f"{address}?{parts.query}" if is_ours and parts.path == address and parts.query else address
