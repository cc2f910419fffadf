"""Pages of hospitals and HL7 senders."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from hospitals.forms.filters import Hl7SourceFilterForm, HospitalFilterForm
from hospitals.forms.places import Hl7SourceForm, HospitalForm
from hospitals.models import User
from hospitals.selectors.administration import administered_hospital, may_change_hospital
from hospitals.selectors.lists import find_hl7_sources, find_hospitals
from hospitals.services.directory import add_hospital as save_hospital
from hospitals.views.administration.edge import (
    administration_page,
    answer_form,
    is_system_administrator,
    show_list,
)
from pacs_core.network.hl7.sources import add_hl7_source as save_hl7_source


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
