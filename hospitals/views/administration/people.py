"""Pages of people: the list, adding one, and one person's account with memberships, privileges and shifts."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hospitals.errors import InvalidValue
from hospitals.forms.filters import PeopleFilterForm
from hospitals.forms.people import (
    IdentifierForm,
    MembershipForm,
    PasswordForm,
    PersonForm,
    PrivilegeForm,
    ShiftForm,
)
from hospitals.models import User
from hospitals.selectors.administration import (
    ROLES_OF_A_HOSPITAL,
    administered_person,
    administered_privileges,
    current_hospital_codes,
    may_change_person,
    referring_identifiers_in_view,
)
from hospitals.selectors.lists import find_people, memberships_in_view
from hospitals.selectors.rota_lists import visible_shifts
from hospitals.services.people import add_user
from hospitals.views.administration.edge import (
    administration_page,
    answer_form,
    is_system_administrator,
    show_list,
    was_saved,
)
from pacs_core.access.errors import NotVisible, PermissionRefused

SHIFTS_SHOWN = 8


@administration_page()
def people(request: HttpRequest) -> HttpResponse:
    filters = PeopleFilterForm(request.GET)
    return show_list(
        request,
        "administration/people.html",
        name="people",
        rows=find_people(**filters.chosen()),
        filters=filters,
        links=lambda person: {"edit_url": reverse("administration:person", args=[person.pk])},
        add_url=reverse("administration:add_person"),
        add_label=_("Add person"),
    )


@administration_page("GET", "POST")
def add_person(request: HttpRequest) -> HttpResponse:
    initial = {"time_zone": request.user.time_zone, "role": User.Role.REFERRING_PHYSICIAN}
    form = PersonForm(request.POST or None, roles=roles_for(request), initial=initial)

    def save() -> None:
        values = form.values()
        _refuse_known_address(form)
        may_change_person(email=values["email"], role=values["role"], hospital_codes=values["hospital_codes"])
        add_user(**values)

    return answer_form(
        request,
        form,
        save=save,
        said=_("The account is there. Set a password on its page, then the person can sign in."),
        done_url=reverse("administration:people"),
        title=_("Add person"),
        explanation=_("One account for each person; who reads for several hospitals has one account too."),
        verb=_("Add person"),
    )


@administration_page("GET", "POST")
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show a person's account; a POST changes name, role, zone and what a radiologist reads."""
    found = administered_person(person_id)
    if request.method == "GET":
        return show_person(request, found)
    codes = require_changeable(found)
    form = PersonForm(request.POST, person=found, roles=roles_for(request))

    def save() -> None:
        values = form.values()
        may_change_person(email=found.email, role=values["role"], hospital_codes=codes)
        add_user(email=found.email, **values)

    if was_saved(form, save):
        messages.success(request, _("%(name)s is changed.") % {"name": form.cleaned_data["name"]})
        return redirect("administration:person", found.pk)
    return show_person(request, found, status=422, form=form)


def show_person(request: HttpRequest, found: User, *, status: int = 200, **forms: Form) -> HttpResponse:
    """Show the person's page; `forms` replace the empty ones, so that their faults are seen."""
    return render(request, "administration/person.html", person_context(request, found, **forms), status=status)


def person_context(request: HttpRequest, found: User, **forms: Form) -> dict[str, Any]:
    may_change = is_changeable(found)
    now = timezone.now()
    context: dict[str, Any] = {
        "person": found,
        "is_self": found == request.user,
        "may_change": may_change,
        "may_plan_shifts": is_system_administrator(request),
        "memberships": list(memberships_in_view(found)),
        "now": now,
        "form": PersonForm(person=found, roles=roles_for(request)) if may_change else None,
        "password_form": PasswordForm() if may_change else None,
        "membership_form": MembershipForm() if may_change else None,
        "verb": _("Save"),
    }
    if found.role == User.Role.RADIOLOGIST:
        context |= {
            "privileges": list(administered_privileges().filter(radiologist=found)),
            "shifts": list(visible_shifts().filter(radiologist=found, ends_at__gt=now)[:SHIFTS_SHOWN]),
            "privilege_form": PrivilegeForm(),
            "shift_form": ShiftForm(initial={"day": now.date()}),
        }
    if found.role == User.Role.REFERRING_PHYSICIAN:
        context |= {
            "identifiers": list(referring_identifiers_in_view(found)),
            "identifier_form": IdentifierForm() if may_change else None,
        }
    return context | forms


def roles_for(request: HttpRequest) -> tuple[str, ...]:
    return tuple(User.Role.values) if is_system_administrator(request) else ROLES_OF_A_HOSPITAL


def is_changeable(found: User) -> bool:
    try:
        require_changeable(found)
    except (PermissionRefused, NotVisible):
        return False
    return True


def require_changeable(found: User) -> list[str]:
    """Return the codes of the person's hospitals in view; PermissionRefused when the account is not ours to change."""
    codes = current_hospital_codes(found)
    may_change_person(email=found.email, role=found.role, hospital_codes=codes)
    return codes


def _refuse_known_address(form: PersonForm) -> None:
    """Adding must not change an account that is there; its own page does."""
    if User.objects.filter(email=form.cleaned_data["email"].lower()).exists():
        raise InvalidValue("email", _("An account with this address exists. Maybe look for it in the list of people."))
