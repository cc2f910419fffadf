"""What is behind the bell: a fragment of every page, asked for again when a hint says that it has changed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from pacs_core.access.permissions import roles_required
from pacs_core.access.scopes import ROLES
from routing_rules.selectors.notices import bell_of
from routing_rules.services.notices import mark_all_notices_read, mark_notice_read

everybody = roles_required(*ROLES)


@never_cache
@require_GET
@everybody
def bell(request: HttpRequest) -> HttpResponse:
    return _bell(request)


@require_POST
@everybody
def read(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Note that the person has seen a notice; answers with what is behind the bell then."""
    mark_notice_read(notice_id=notice_id, user=request.user, now=timezone.now())
    return _bell(request)


@require_POST
@everybody
def read_all(request: HttpRequest) -> HttpResponse:
    mark_all_notices_read(user=request.user, now=timezone.now())
    return _bell(request)


def _bell(request: HttpRequest) -> HttpResponse:
    return render(request, "routing_rules/notices/bell.html", {"bell": bell_of(request.user, timezone.now())})
