"""Pages of what is on its way to nodes: forwarded studies, results of storage commitment, availability notices."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from hospitals.forms.filters import OutboundFilterForm
from hospitals.selectors.lists import find_outbound_jobs
from hospitals.views.administration.edge import administration_page, answer_action, show_list
from pacs_core.access.errors import NotVisible
from pacs_core.network.availability.selectors import visible_notices
from pacs_core.network.availability.services import retry_notice
from pacs_core.network.commitment.selectors import visible_requests
from pacs_core.network.commitment.services import retry_commitment
from pacs_core.network.forwarding.selectors import visible_jobs
from pacs_core.network.forwarding.services import retry_forwarding
from pacs_core.network.outbound.models import OutboundJob


@administration_page()
def forwarding(request: HttpRequest) -> HttpResponse:
    """List studies on their way to nodes and AI services; what was given up waits for a person."""
    return _show(request, "forwarding", rows=visible_jobs(), retry="retry_forwarding_job")


@administration_page("POST")
def retry_forwarding_job(request: HttpRequest, forwarding_job_id: int) -> HttpResponse:
    return _retry(request, "forwarding", rows=visible_jobs(), job_id=forwarding_job_id, begin_anew=retry_forwarding)


@administration_page()
def commitments(request: HttpRequest) -> HttpResponse:
    """List requests for storage commitment and whether the nodes have the results."""
    return _show(request, "commitments", rows=visible_requests(), retry="retry_commitment_request")


@administration_page("POST")
def retry_commitment_request(request: HttpRequest, commitment_request_id: int) -> HttpResponse:
    return _retry(
        request, "commitments", rows=visible_requests(), job_id=commitment_request_id, begin_anew=retry_commitment
    )


@administration_page()
def availability(request: HttpRequest) -> HttpResponse:
    """List which nodes are told of which studies."""
    return _show(request, "availability", rows=visible_notices(), retry="retry_availability_notice")


@administration_page("POST")
def retry_availability_notice(request: HttpRequest, availability_notice_id: int) -> HttpResponse:
    return _retry(
        request, "availability", rows=visible_notices(), job_id=availability_notice_id, begin_anew=retry_notice
    )


def _show(request: HttpRequest, page: str, *, rows: QuerySet[Any], retry: str) -> HttpResponse:
    def retry_link(job: OutboundJob) -> dict[str, str]:
        if job.status not in (OutboundJob.Status.FAILED, OutboundJob.Status.WAITING):
            return {}
        return {"retry_url": reverse(f"administration:{retry}", args=[job.pk])}

    filters = OutboundFilterForm(request.GET)
    return show_list(
        request,
        f"administration/{page}.html",
        name="jobs",
        rows=find_outbound_jobs(rows, **filters.chosen()),
        filters=filters,
        links=retry_link,
    )


def _retry(
    request: HttpRequest, page: str, *, rows: QuerySet[Any], job_id: int, begin_anew: Callable[..., Any]
) -> HttpResponse:
    found = rows.filter(pk=job_id).first()
    if found is None:
        raise NotVisible(f"No job {job_id} is visible.")
    return answer_action(
        request,
        act=lambda: begin_anew(job_id=found.pk),
        said=_("It is sent again now. If it fails again, it comes back here."),
        done_url=reverse(f"administration:{page}"),
    )
