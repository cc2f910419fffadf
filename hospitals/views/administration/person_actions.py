"""What an administrator does on a person's page: access, password, memberships, privileges, shifts, order numbers."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from hospitals.forms.people import IdentifierForm, MembershipForm, PasswordForm, PrivilegeForm, ShiftForm
from hospitals.models import User
from hospitals.selectors.administration import (
    administered_hospital,
    administered_person,
    administered_privileges,
    may_change_person,
)
from hospitals.selectors.rota_lists import visible_shifts
from hospitals.services.people import add_user, end_membership, revoke_tokens, set_referring_identifier
from hospitals.services.rights import end_right, grant_privilege
from hospitals.services.rota import add_shift, remove_shift
from hospitals.views.administration.edge import administration_page, answer_action, was_saved
from hospitals.views.administration.people import require_changeable, show_person
from pacs_core.access.errors import NotVisible


@administration_page("POST")
def lock_out(request: HttpRequest, person_id: int) -> HttpResponse:
    """Lock a person out, or let the person in again (lock=0)."""
    found = administered_person(person_id)
    require_changeable(found)
    lock = request.POST.get("lock") != "0"
    said = _("%(name)s is locked out; open screens close.") if lock else _("%(name)s may sign in again.")
    return answer_action(
        request,
        act=lambda: add_user(email=found.email, is_active=not lock),
        said=said % {"name": found.name},
        done_url=_page_of(found),
    )


@administration_page("POST")
def set_password(request: HttpRequest, person_id: int) -> HttpResponse:
    found = administered_person(person_id)
    require_changeable(found)
    form = PasswordForm(request.POST)
    return _answer(
        request,
        found,
        "password_form",
        form,
        lambda: add_user(email=found.email, password=form.cleaned_data["password"]),
        _("The new password holds. Hand it over by a safe way; older sessions have ended."),
    )


@administration_page("POST")
def end_tokens(request: HttpRequest, person_id: int) -> HttpResponse:
    found = administered_person(person_id)
    require_changeable(found)
    return answer_action(
        request,
        act=lambda: revoke_tokens(user=found),
        said=_("All machine tokens of %(name)s are revoked.") % {"name": found.name},
        done_url=_page_of(found),
    )


@administration_page("POST")
def add_membership(request: HttpRequest, person_id: int) -> HttpResponse:
    found = administered_person(person_id)
    require_changeable(found)
    form = MembershipForm(request.POST)

    def save() -> None:
        code = form.cleaned_data["hospital"].code
        may_change_person(email=found.email, role=found.role, hospital_codes=[code])
        add_user(email=found.email, hospital_codes=[code])

    return _answer(request, found, "membership_form", form, save, _("The person may see the hospital from now on."))


@administration_page("POST")
def end_membership_page(request: HttpRequest, person_id: int, code: str) -> HttpResponse:
    """End a membership in a hospital of ours, whoever the person is."""
    found, hospital = administered_person(person_id), administered_hospital(code)
    return answer_action(
        request,
        act=lambda: end_membership(user=found, hospital=hospital),
        said=_("%(name)s sees %(hospital)s no more.") % {"name": found.name, "hospital": hospital.name},
        done_url=_page_of(found, or_list=True),
    )


@administration_page("POST")
def grant_privilege_page(request: HttpRequest, person_id: int) -> HttpResponse:
    found = administered_person(person_id)
    form = PrivilegeForm(request.POST)
    return _answer(
        request,
        found,
        "privilege_form",
        form,
        lambda: grant_privilege(radiologist=found, **form.values()),
        _("The privilege holds from now on."),
    )


@administration_page("POST")
def withdraw_privilege_page(request: HttpRequest, person_id: int, privilege_id: int) -> HttpResponse:
    found = administered_person(person_id)
    privilege = administered_privileges().filter(pk=privilege_id, radiologist=found).first()
    if privilege is None:
        raise NotVisible(f"No privilege {privilege_id} is visible.")
    return answer_action(
        request,
        act=lambda: end_right(right=privilege),
        said=_("The privilege has ended. Open cases find another reader."),
        done_url=_page_of(found),
    )


@administration_page("POST", roles=(User.Role.SYSTEM_ADMINISTRATOR,))
def add_shifts(request: HttpRequest, person_id: int) -> HttpResponse:
    found = administered_person(person_id)
    form = ShiftForm(request.POST)

    def save() -> None:
        for starts_at, ends_at in form.spans(ZoneInfo(found.time_zone)):
            add_shift(radiologist=found, starts_at=starts_at, ends_at=ends_at)

    return _answer(request, found, "shift_form", form, save, _("The rota is extended."))


@administration_page("POST", roles=(User.Role.SYSTEM_ADMINISTRATOR,))
def remove_shift_page(request: HttpRequest, person_id: int, shift_id: int) -> HttpResponse:
    found = administered_person(person_id)
    shift = visible_shifts().filter(pk=shift_id, radiologist=found).first()
    if shift is None:
        raise NotVisible(f"No shift {shift_id} is visible.")
    return answer_action(
        request,
        act=lambda: remove_shift(shift=shift),
        said=_("The shift is out of the rota."),
        done_url=_page_of(found),
    )


@administration_page("POST")
def set_identifier(request: HttpRequest, person_id: int) -> HttpResponse:
    found = administered_person(person_id)
    require_changeable(found)
    form = IdentifierForm(request.POST)
    return _answer(
        request,
        found,
        "identifier_form",
        form,
        lambda: set_referring_identifier(user=found, **form.cleaned_data),
        _("Orders with this number reach the person from now on."),
    )


def _answer(
    request: HttpRequest, found: User, name: str, form: Form, save: Callable[[], Any], said: str
) -> HttpResponse:
    """Save and go back to the person's page, or show that page with the form's faults."""
    if was_saved(form, save):
        messages.success(request, said)
        return redirect(_page_of(found))
    return show_person(request, found, status=422, **{name: form})


def _page_of(found: User, *, or_list: bool = False) -> str:
    if or_list:
        return reverse("administration:people")
    return reverse("administration:person", args=[found.pk])
