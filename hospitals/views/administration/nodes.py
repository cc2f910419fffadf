"""Pages of DICOM nodes: the list, and how one of them does, with its settings."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hospitals.forms.filters import NodeFilterForm
from hospitals.forms.places import NodeForm
from hospitals.selectors.lists import find_nodes
from hospitals.views.administration.edge import (
    administration_page,
    answer_action,
    answer_form,
    is_system_administrator,
    show_list,
)
from hospitals.views.administration.node_activity import activity_of
from pacs_core.access.errors import NotVisible
from pacs_core.network.models import Node
from pacs_core.network.nodes.echo import ask_for_echo
from pacs_core.network.nodes.selectors import may_change_node, visible_node_titled, visible_nodes
from pacs_core.network.nodes.services import change_node, remove_node, save_node, store_presented_certificate


@administration_page()
def nodes(request: HttpRequest) -> HttpResponse:
    filters = NodeFilterForm(request.GET)
    return show_list(
        request,
        "administration/nodes.html",
        name="nodes",
        rows=find_nodes(**filters.chosen()),
        filters=filters,
        links=lambda node: {"edit_url": reverse("administration:node", args=[node.pk])},
        add_url=reverse("administration:add_node"),
        add_label=_("Add node"),
    )


@administration_page("GET", "POST")
def add_node(request: HttpRequest) -> HttpResponse:
    """Add a node; ?ae_title=...&host=... fill the form, as the list of rejected associations does."""
    filled = {name: request.GET[name] for name in ("ae_title", "host") if name in request.GET}
    form = NodeForm(request.POST or None, initial=filled, may_share=is_system_administrator(request))

    def save() -> None:
        may_change_node(visible_node_titled(form.cleaned_data["ae_title"]), form.values())
        save_node(hospital_id=form.cleaned_data["hospital"].pk, **form.values())

    return answer_form(
        request,
        form,
        save=save,
        template="administration/add_node.html",
        said=_("The node may call from now on."),
        done_url=reverse("administration:nodes"),
        title=_("Add node"),
        explanation=_("A device or system that calls us by its AE title. It acts for one hospital only."),
        verb=_("Add node"),
    )


@administration_page("GET", "POST")
def node(request: HttpRequest, node_id: int) -> HttpResponse:
    """Show how a node does, with its settings below; the part with its activity is fetched again every few seconds."""
    found = visible_node(node_id)
    now = timezone.now()
    form = NodeForm(request.POST or None, node=found, may_share=is_system_administrator(request))

    def save() -> None:
        may_change_node(found, form.values())
        change_node(node=found, **form.values())

    return answer_form(
        request,
        form,
        save=save,
        said=_("%(name)s is changed.") % {"name": found.ae_title},
        done_url=reverse("administration:node", args=[found.pk]),
        template="administration/node.html",
        node=found,
        title=found.ae_title,
        explanation=found.hospital.name,
        verb=_("Save"),
        now=now,
        activity=activity_of(found, now=now),
    )


@administration_page("POST")
def echo_node(request: HttpRequest, node_id: int) -> HttpResponse:
    """Have a C-ECHO sent; the page follows it."""
    found = visible_node(node_id)
    return answer_action(
        request,
        act=lambda: ask_for_echo(node=found),
        said=_("%(name)s is being called.") % {"name": found.ae_title},
        done_url=reverse("administration:node", args=[found.pk]),
    )


@administration_page("POST")
def store_certificate(request: HttpRequest, node_id: int) -> HttpResponse:
    """Store the certificate that the page shows; another one that came meanwhile is refused."""
    found = visible_node(node_id)

    def act() -> None:
        fingerprints = {"certificate_fingerprints": [request.POST.get("fingerprint", "")]}
        may_change_node(found, fingerprints)
        store_presented_certificate(node=found, fingerprint=request.POST.get("fingerprint", ""))

    return answer_action(
        request,
        act=act,
        said=_("%(name)s may show this certificate from now on.") % {"name": found.ae_title},
        done_url=reverse("administration:node", args=[found.pk]),
    )


@administration_page("POST")
def pause_node(request: HttpRequest, node_id: int) -> HttpResponse:
    """Pause a node, or let it call again (pause=0)."""
    found = visible_node(node_id)
    pause = request.POST.get("pause") != "0"
    said = _("%(name)s is paused; it is turned away.") if pause else _("%(name)s may call again.")
    return answer_action(
        request,
        act=lambda: change_node(node=found, is_paused=pause),
        said=said % {"name": found.ae_title},
        done_url=reverse("administration:node", args=[found.pk]),
    )


@administration_page("POST")
def remove_node_page(request: HttpRequest, node_id: int) -> HttpResponse:
    found = visible_node(node_id)
    return answer_action(
        request,
        act=lambda: remove_node(node=found),
        said=_("%(name)s is removed; its images stay.") % {"name": found.ae_title},
        done_url=reverse("administration:nodes"),
    )


def visible_node(node_id: int) -> Node:
    found = visible_nodes().filter(pk=node_id).first()
    if found is None:
        raise NotVisible(f"No node {node_id} is visible.")
    return found
