"""Pages to watch the network by: health, rejected associations, quarantine, audit."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from hospitals.forms.filters import (
    AuditFilterForm,
    DamagedFileFilterForm,
    QuarantineFilterForm,
    RejectionFilterForm,
)
from hospitals.selectors.health import health_parts
from hospitals.selectors.lists import (
    find_audit_entries,
    find_damaged_files,
    find_quarantined,
    find_rejections,
)
from hospitals.views.administration.edge import administration_page, answer_action, show_list
from pacs_core.access.errors import NotVisible
from pacs_core.archive.models import QuarantinedInstance
from pacs_core.archive.selectors.quarantine import quarantined_instances
from pacs_core.archive.services.quarantine import reject_quarantined_instance, retry_quarantined_instance
from pacs_core.audit.models import AuditEntry
from pacs_core.network.models import RejectedAssociation
from pacs_core.network.nodes.reasons import words_of_reason


@administration_page()
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "administration/index.html", {"parts": health_parts(timezone.now())})


@administration_page()
def rejected_associations(request: HttpRequest) -> HttpResponse:
    filters = RejectionFilterForm(request.GET)
    return show_list(
        request,
        "administration/rejected_associations.html",
        name="rejections",
        rows=find_rejections(**filters.chosen()),
        filters=filters,
        links=_add_node_link,
    )


@administration_page()
def quarantine(request: HttpRequest) -> HttpResponse:
    filters = QuarantineFilterForm(request.GET)
    return show_list(
        request,
        "administration/quarantine.html",
        name="quarantined",
        rows=find_quarantined(**filters.chosen()),
        filters=filters,
        links=_decision_links,
    )


@administration_page("POST")
def retry_quarantined(request: HttpRequest, quarantined_instance_id: int) -> HttpResponse:
    found = _visible_quarantined(quarantined_instance_id)
    return answer_action(
        request,
        act=lambda: retry_quarantined_instance(quarantined_instance_id=found.pk),
        said=_("The file goes through filing again. If it fails again, it comes back here."),
        done_url=reverse("administration:quarantine"),
    )


@administration_page("POST")
def reject_quarantined(request: HttpRequest, quarantined_instance_id: int) -> HttpResponse:
    found = _visible_quarantined(quarantined_instance_id)
    return answer_action(
        request,
        act=lambda: reject_quarantined_instance(quarantined_instance_id=found.pk),
        said=_("Rejected. The file is kept."),
        done_url=reverse("administration:quarantine"),
    )


@administration_page()
def damaged_files(request: HttpRequest) -> HttpResponse:
    """List stored files that are gone or not what was received."""
    filters = DamagedFileFilterForm(request.GET)
    return show_list(
        request,
        "administration/damaged_files.html",
        name="instances",
        rows=find_damaged_files(**filters.chosen()),
        filters=filters,
    )


@administration_page()
def audit(request: HttpRequest) -> HttpResponse:
    filters = AuditFilterForm(request.GET)
    return show_list(
        request,
        "administration/audit.html",
        name="entries",
        rows=find_audit_entries(**filters.chosen()),
        filters=filters,
        links=_detail_words,
    )


def _add_node_link(rejection: RejectedAssociation) -> dict[str, str]:
    """Offer to add the caller as a node where its AE title was what we did not know."""
    words = {"reason_words": words_of_reason(rejection.reason)}
    if rejection.reason != "calling_ae_title_unknown" or not rejection.calling_ae_title:
        return words
    filled = urlencode({"ae_title": rejection.calling_ae_title, "host": rejection.peer_address})
    return words | {"add_node_url": f"{reverse('administration:add_node')}?{filled}"}


def _detail_words(entry: AuditEntry) -> dict[str, str]:
    """Write an entry's detail as words: fields: city, name; count: 2."""
    parts = []
    for key, value in entry.detail.items():
        text = ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)
        if text:
            parts.append(f"{key.replace('_', ' ')}: {text}")
    return {"detail_words": "; ".join(parts).replace("_", " ")}


def _decision_links(quarantined: QuarantinedInstance) -> dict[str, str]:
    if quarantined.resolved_at:
        return {}
    return {
        "retry_url": reverse("administration:retry_quarantined", args=[quarantined.pk]),
        "reject_url": reverse("administration:reject_quarantined", args=[quarantined.pk]),
    }


def _visible_quarantined(quarantined_instance_id: int) -> QuarantinedInstance:
    found = quarantined_instances().filter(pk=quarantined_instance_id).first()
    if found is None:
        raise NotVisible(f"No quarantined instance {quarantined_instance_id} is visible.")
    return found
