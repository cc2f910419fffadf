"""What the administration's pages share: who may come, paged lists, forms that end in one service call."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hospitals.errors import HospitalsError, InvalidValue
from hospitals.forms.filters import ListFilterForm
from hospitals.models import User
from pacs_core.access.permissions import roles_required
from pacs_core.archive.errors import QuarantineError, RejectionRefused, RetentionRefused
from pacs_core.network.errors import NetworkError, NodeOfOtherHospital, NodeValueRefused
from pacs_core.network.hl7.errors import Hl7NetworkError
from pacs_core.network.research.errors import ExportValueRefused
from pacs_core.web.paging import BoundedPaginator

View = Callable[..., HttpResponse]
PAGE_SIZE = 50
KNOWN_ERRORS = (HospitalsError, NetworkError, Hl7NetworkError, QuarantineError, RejectionRefused, RetentionRefused)


def administration_page(
    *methods: str, roles: Sequence[str] = (User.Role.HOSPITAL_ADMINISTRATOR, User.Role.SYSTEM_ADMINISTRATOR)
) -> Callable[[View], View]:
    """Let administrators reach a page by these methods: nobody is sent to sign in, another role gets 403."""

    def decorate(view: View) -> View:
        guarded = roles_required(*roles)(view)
        return wraps(view)(never_cache(require_http_methods(methods or ("GET", "HEAD"))(guarded)))

    return decorate


def is_system_administrator(request: HttpRequest) -> bool:
    return request.user.role == User.Role.SYSTEM_ADMINISTRATOR


def show_list(
    request: HttpRequest,
    template: str,
    *,
    name: str,
    rows: QuerySet[Any],
    filters: ListFilterForm,
    links: Callable[[Any], dict[str, str]] = lambda row: {},
    **context: Any,
) -> HttpResponse:
    """Show a page of `rows` as `name`; `links` returns the addresses to set on each row."""
    pager = BoundedPaginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    shown = list(pager.object_list)
    for row in shown:
        for key, address in links(row).items():
            setattr(row, key, address)
    pager.object_list = shown
    return render(request, template, {name: shown, "filters": filters, "pager": pager} | context)


def was_saved(form: Form, save: Callable[[], Any]) -> bool:
    """Run a service call for a valid form; put a known error beside its field. Return whether it went well."""
    if not form.is_valid():
        return False
    try:
        save()
    except KNOWN_ERRORS as error:
        for field, reason in _reasons(error):
            form.add_error(field if field in form.fields else None, reason)
        return False
    return True


def answer_form(
    request: HttpRequest, form: Form, *, save: Callable[[], Any], said: str, done_url: str, **context: Any
) -> HttpResponse:
    """Show a form; when posted and saved, say so and go to `done_url`, else show what is wrong with 422."""
    if request.method == "POST" and was_saved(form, save):
        messages.success(request, said)
        return redirect(done_url)
    status = 422 if request.method == "POST" else 200
    template = context.pop("template", "administration/form.html")
    return render(request, template, {"form": form, "cancel_url": done_url} | context, status=status)


def answer_action(request: HttpRequest, *, act: Callable[[], Any], said: str, done_url: str) -> HttpResponse:
    """Do what a button asks; say that it is done or why not, and go to `done_url`."""
    try:
        act()
    except KNOWN_ERRORS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect(done_url)


def _reasons(error: Exception) -> list[tuple[str | None, str]]:
    if isinstance(error, InvalidValue | RetentionRefused):
        return [(error.field, error.reason)]
    if isinstance(error, NodeValueRefused | ExportValueRefused):
        return [(field, " ".join(reasons)) for field, reasons in error.errors.items()]
    if isinstance(error, NodeOfOtherHospital):
        return [("ae_title", str(error))]
    return [(None, str(error))]
