"""Pages of hospitals, DICOM nodes and HL7 senders."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from hospitals.forms.filters import Hl7SourceFilterForm, HospitalFilterForm, NodeFilterForm
from hospitals.forms.places import Hl7SourceForm, HospitalForm, NodeForm
from hospitals.models import User
from hospitals.selectors.administration import administered_hospital, may_change_hospital
from hospitals.selectors.lists import find_hl7_sources, find_hospitals, find_nodes
from hospitals.services.directory import add_hospital as save_hospital
from hospitals.views.administration.edge import (
    administration_page,
    answer_action,
    answer_form,
    is_system_administrator,
    show_list,
)
from pacs_core.access.errors import NotVisible
from pacs_core.network.hl7.sources import add_hl7_source as save_hl7_source
from pacs_core.network.models import Node
from pacs_core.network.nodes.selectors import may_change_node, visible_node_titled, visible_nodes
from pacs_core.network.nodes.services import change_node, remove_node, save_node


@administration_page()
def hospitals(request: HttpRequest) -> HttpResponse:
    filters = HospitalFilterForm(request.GET)
    return show_list(
        request,
        "administration/hospitals.html",
        name="hospitals",
        rows=find_hospitals(**filters.chosen()),
        filters=filters,
        links=lambda hospital: {"edit_url": reverse("administration:hospital", args=[hospital.code])},
        add_url=reverse("administration:add_hospital") if is_system_administrator(request) else "",
        add_label=_("Add hospital"),
    )


@administration_page("GET", "POST", roles=(User.Role.SYSTEM_ADMINISTRATOR,))
def add_hospital(request: HttpRequest) -> HttpResponse:
    form = HospitalForm(request.POST or None)
    return answer_form(
        request,
        form,
        save=lambda: save_hospital(**form.values()),
        said=_("The hospital is in the network. Add its nodes next."),
        done_url=reverse("administration:hospitals"),
        title=_("Add hospital"),
        explanation=_("Code, name and time zone are enough to begin; the code cannot be changed later."),
        verb=_("Add hospital"),
    )


@administration_page("GET", "POST")
def hospital(request: HttpRequest, code: str) -> HttpResponse:
    found = administered_hospital(code)
    form = HospitalForm(request.POST or None, hospital=found, may_all=is_system_administrator(request))

    def save() -> None:
        may_change_hospital(code=found.code, fields=form.values())
        save_hospital(code=found.code, **form.values())

    return answer_form(
        request,
        form,
        save=save,
        said=_("%(name)s is changed.") % {"name": found.name},
        done_url=reverse("administration:hospitals"),
        title=f"{found.code} · {found.name}",
        explanation=_("Changes hold for what comes in from now on."),
        verb=_("Save"),
    )


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
        said=_("The node may call from now on."),
        done_url=reverse("administration:nodes"),
        title=_("Add node"),
        explanation=_("A device or system that calls us by its AE title. It acts for one hospital only."),
        verb=_("Add node"),
    )


@administration_page("GET", "POST")
def node(request: HttpRequest, node_id: int) -> HttpResponse:
    found = _visible_node(node_id)
    form = NodeForm(request.POST or None, node=found, may_share=is_system_administrator(request))

    def save() -> None:
        may_change_node(found, form.values())
        change_node(node=found, **form.values())

    return answer_form(
        request,
        form,
        save=save,
        said=_("%(name)s is changed.") % {"name": found.ae_title},
        done_url=reverse("administration:nodes"),
        template="administration/node.html",
        node=found,
        title=found.ae_title,
        explanation=found.hospital.name,
        verb=_("Save"),
    )


@administration_page("POST")
def pause_node(request: HttpRequest, node_id: int) -> HttpResponse:
    """Pause a node, or let it call again (pause=0)."""
    found = _visible_node(node_id)
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
    found = _visible_node(node_id)
    return answer_action(
        request,
        act=lambda: remove_node(node=found),
        said=_("%(name)s is removed; its images stay.") % {"name": found.ae_title},
        done_url=reverse("administration:nodes"),
    )


@administration_page()
def hl7_sources(request: HttpRequest) -> HttpResponse:
    filters = Hl7SourceFilterForm(request.GET)
    return show_list(
        request,
        "administration/hl7_sources.html",
        name="sources",
        rows=find_hl7_sources(**filters.chosen()),
        filters=filters,
        add_url=reverse("administration:add_hl7_source"),
        add_label=_("Add HL7 source"),
    )


@administration_page("GET", "POST")
def add_hl7_source(request: HttpRequest) -> HttpResponse:
    form = Hl7SourceForm(request.POST or None)

    def save() -> None:
        values = form.cleaned_data
        save_hl7_source(
            hospital_code=values["hospital"].code, application=values["application"], facility=values["facility"]
        )

    return answer_form(
        request,
        form,
        save=save,
        said=_("Orders from this sender are taken from now on."),
        done_url=reverse("administration:hl7_sources"),
        title=_("Add HL7 source"),
        explanation=_("A RIS or interface engine that sends orders (ORM^O01, OMI^O23) by MLLP."),
        verb=_("Add HL7 source"),
    )


def _visible_node(node_id: int) -> Node:
    found = visible_nodes().filter(pk=node_id).first()
    if found is None:
        raise NotVisible(f"No node {node_id} is visible.")
    return found
