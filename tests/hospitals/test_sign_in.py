"""Signing in and out: who gets in, where to, what is counted, and that a session ends."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from hospitals.models import Membership, User
from hospitals.selectors.scopes import scope_of_user
from hospitals.services.sign_in import GUESSES
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from tests.story import PASSWORD, make_hospital, make_user, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_user("radiologist", make_hospital(), email="ada@example.org")


def sign_in(client: Client, email: str = "ada@example.org", password: str = PASSWORD, **more: str):
    return client.post("/sign-in/", {"username": email, "password": password} | more)


def actions() -> list[str]:
    with see_all():
        return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_right_password_opens_a_session_and_leads_on(ada: User) -> None:
    client = Client()
    answer = sign_in(client, email="Ada@Example.org")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    cookie = answer.cookies[django_settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert client.get("/")["Location"] == "/worklist/"
    assert actions() == ["signed_in"]


@pytest.mark.parametrize(
    ("role", "page"),
    [
        ("coordinator", "/coordination/"),
        ("referring_physician", "/portal/"),
        ("hospital_administrator", "/administration/"),
        ("system_administrator", "/administration/"),
    ],
)
def test_each_role_has_its_first_page(role: str, page: str) -> None:
    client = Client()
    client.force_login(make_user(role))
    assert client.get("/")["Location"] == page


def test_wrong_password_and_unknown_address_say_the_same(ada: User) -> None:
    client = Client()
    wrong = sign_in(client, password="something else")
    unknown = sign_in(client, email="nobody@example.org")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()
    assert client.get("/").status_code == 302
    assert client.get("/")["Location"].startswith("/sign-in/")
    assert actions() == ["password.refused"]


def test_account_is_locked_after_too_many_guesses_for_the_right_password_too(ada: User) -> None:
    client = Client()
    with see_all():
        AuditEntry.objects.bulk_create(
            AuditEntry(action="password.refused", object_type="user", object_id=str(ada.pk), at=timezone.now())
            for _ in range(GUESSES - 1)
        )
    assert sign_in(client, password="guess").status_code == 422
    locked = sign_in(client)
    assert locked.status_code == 422
    assert "Too many wrong passwords" in str(locked.context["form"].non_field_errors())


def test_lock_ends_by_itself(ada: User) -> None:
    with see_all():
        AuditEntry.objects.bulk_create(
            AuditEntry(
                action="password.refused",
                object_type="user",
                object_id=str(ada.pk),
                at=timezone.now() - timedelta(minutes=16),
            )
            for _ in range(GUESSES)
        )
    assert sign_in(Client()).status_code == 302


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", "http:evil.example"],
)
def test_next_leads_to_no_other_site(ada: User, wanted: str) -> None:
    assert sign_in(Client(), next=wanted)["Location"] == "/"


def test_next_leads_back_to_the_page_that_was_wanted(ada: User) -> None:
    assert sign_in(Client(), next="/worklist/?view=mine")["Location"] == "/worklist/?view=mine"


def test_sign_out_ends_the_session_and_tells_open_screens(ada: User) -> None:
    client = Client()
    sign_in(client)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/worklist/")["Location"].startswith("/sign-in/")
    assert actions() == ["signed_in", "signed_out"]
    with see_all():
        assert Event.objects.get(name="AccessChanged").payload == {"user_ids": [ada.pk]}


def test_inactive_user_neither_signs_in_nor_keeps_a_session(ada: User) -> None:
    client = Client()
    sign_in(client)
    User.objects.update(is_active=False)
    assert client.get("/worklist/")["Location"].startswith("/sign-in/")
    assert sign_in(Client()).status_code == 422


def test_scope_holds_current_memberships_only(ada: User) -> None:
    north = ada.hospitals.get()
    now = timezone.now()
    past, future, closed = make_hospital("PAST"), make_hospital("FUTURE"), make_hospital("CLOSED", is_active=False)
    Membership.objects.create(user=ada, hospital=past, valid_until=now - timedelta(seconds=1))
    Membership.objects.create(user=ada, hospital=future, valid_from=now + timedelta(days=1))
    Membership.objects.create(user=ada, hospital=closed)
    assert scope_of_user(ada).hospital_ids == {north.pk}
    assert scope_of_user(ada).principal.role == "radiologist"


def test_scope_of_inactive_user_is_empty(ada: User) -> None:
    ada.is_active = False
    assert scope_of_user(ada).hospital_ids == frozenset()


def test_scope_of_system_administrator_is_every_hospital(ada: User) -> None:
    south = make_hospital("SOUTH")
    assert scope_of_user(make_user("system_administrator")).hospital_ids == {ada.hospitals.get().pk, south.pk}
