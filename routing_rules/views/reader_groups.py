"""Groups of radiologists that rules name together: who is in them, and which rules in force name them."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hospitals.errors import InvalidValue
from hospitals.models import ReaderGroup
from hospitals.services.reader_groups import add_reader_group, remove_reader_group, set_group_members
from pacs_core.access.errors import NotVisible
from pacs_core.access.permissions import roles_required
from routing_rules.forms_rules import ReaderGroupForm
from routing_rules.selectors.reader_groups import groups_with_rules, rules_naming

coordinators = roles_required("coordinator")


@never_cache
@require_GET
@coordinators
def groups(request: HttpRequest) -> HttpResponse:
    return render(request, "routing_rules/rules/groups.html", {"section": "groups", "groups": groups_with_rules()})


@never_cache
@require_http_methods(["GET", "POST"])
@coordinators
def add(request: HttpRequest) -> HttpResponse:
    form = ReaderGroupForm(request.POST if request.method == "POST" else None)

    def save() -> str:
        added = add_reader_group(name=form.cleaned_data["name"], members=form.cleaned_data["members"])
        return _("The group %(name)s is there: rules may name it.") % {"name": added.name}

    return _answer(request, form, save, title=_("Add a reader group"), verb=_("Add group"))


@never_cache
@require_http_methods(["GET", "POST"])
@coordinators
def group(request: HttpRequest, group_id: int) -> HttpResponse:
    found = _group(group_id)
    form = ReaderGroupForm(request.POST if request.method == "POST" else None, group=found)

    def save() -> str:
        set_group_members(group=found, members=form.cleaned_data["members"])
        return _("The group %(name)s is changed: rules follow with the next decision.") % {"name": found.name}

    context = {"group": found, "rules": rules_naming(found.name)}
    return _answer(request, form, save, title=found.name, verb=_("Save"), **context)


@require_POST
@coordinators
def remove(request: HttpRequest, group_id: int) -> HttpResponse:
    found = _group(group_id)
    if named := rules_naming(found.name):
        told = _("The rule “%(rule)s” in force names the group %(name)s. Change the rule first.")
        messages.error(request, told % {"rule": named[0], "name": found.name})
        return redirect("routing_rules:reader_group", group_id=found.pk)
    remove_reader_group(group=found)
    messages.success(request, _("The group %(name)s is removed.") % {"name": found.name})
    return redirect("routing_rules:reader_groups")


def _answer(request: HttpRequest, form: ReaderGroupForm, save: Callable[[], str], **context: object) -> HttpResponse:
    """Show the form; when saved, say so and go to the list, else show what is wrong with 422."""
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, save())
            return redirect("routing_rules:reader_groups")
        except InvalidValue as error:
            form.add_error(error.field if error.field in form.fields else None, error.reason)
    status = 422 if request.method == "POST" else 200
    context |= {"form": form, "section": "groups"}
    return render(request, "routing_rules/rules/group.html", context, status=status)


def _group(group_id: int) -> ReaderGroup:
    found = ReaderGroup.objects.filter(pk=group_id).first()
    if found is None:
        raise NotVisible(f"There is no reader group {group_id}.")
    return found
