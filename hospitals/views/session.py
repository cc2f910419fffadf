"""Signing in and out, and the way from / to each role's first page."""

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.forms import CharField, EmailField, Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from hospitals.models import User
from hospitals.services.people import announce_access_change
from hospitals.services.sign_in import TooManyGuesses, user_of_sign_in
from pacs_core.access.scopes import Principal, Scope, open_scope
from pacs_core.audit.services import record_audit

FIRST_PAGE = {
    User.Role.RADIOLOGIST: "/worklist/",
    User.Role.COORDINATOR: "/coordination/",
    User.Role.REFERRING_PHYSICIAN: "/portal/",
    User.Role.HOSPITAL_ADMINISTRATOR: "/administration/",
    User.Role.SYSTEM_ADMINISTRATOR: "/administration/",
}


class SignInForm(Form):
    username = EmailField()
    password = CharField(strip=False)

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST or None)
        self.request = request
        self.user: User | None = None

    def clean(self) -> None:
        """Find the user; the message is the same for an unknown address and a wrong password."""
        if self.errors:
            return
        try:
            self.user = user_of_sign_in(
                email=self.cleaned_data["username"],
                password=self.cleaned_data["password"],
                address=self.request.META.get("REMOTE_ADDR", ""),
            )
        except TooManyGuesses as error:
            self.add_error(None, str(error))
            return
        if self.user is None:
            message = _(
                "Mail address and password do not match an account. Passwords tell capitals from small letters."
            )
            self.add_error(None, message)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request)
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    destination = wanted if safe else "/"
    if request.method == "POST" and form.is_valid() and form.user is not None:
        login(request, form.user, backend="django.contrib.auth.backends.ModelBackend")
        _audit(request, form.user, "signed_in")
        return redirect(destination)
    context = {"form": form, "next": destination, "demonstration_logins": _demonstration_logins()}
    return render(request, "sign_in.html", context, status=200 if request.method == "GET" else 422)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; its open sockets are told to check and close."""
    if request.user.is_authenticated:
        user = request.user
        _audit(request, user, "signed_out")
        logout(request)
        announce_access_change(user)
    return redirect("/sign-in/")


@login_required
def home(request: HttpRequest) -> HttpResponse:
    return redirect(FIRST_PAGE[request.user.role])


def _audit(request: HttpRequest, user: User, action: str) -> None:
    principal = Principal(user_id=user.pk, role=user.role, address=request.META.get("REMOTE_ADDR", ""))
    with open_scope(Scope(frozenset(), principal)):
        record_audit(action=action, object_type="user", object_id=user.pk)


def _demonstration_logins() -> list[dict[str, str]]:
    if settings.MERIDIAN_MODE != "demonstration":
        return []
    from hospitals.demonstration.people import logins

    return logins()
