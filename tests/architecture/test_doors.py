"""Every address of the web process, tried as nobody, without the right, from another hospital, and with the right.

One world for the module, each attempt rolled back.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings as configuration
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client

from hospitals.models import User
from tests.architecture.door import SYSTEM, Door
from tests.architecture.doors import DOORS, ELSEWHERE
from tests.architecture.routes import Route, all_routes
from tests.architecture.world import ROLES, World, make_world

ROUTES = {route.path: route for route in all_routes()}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    for folder in (configuration.STORAGE_ROOT, configuration.INCOMING_ROOT):
        folder.mkdir(parents=True, exist_ok=True)
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def attempt(world: World, django_db_blocker: Any, settings: Any, tmp_path: Any) -> Iterator[World]:
    settings.STATIC_ROOT = tmp_path
    with django_db_blocker.unblock(), transaction.atomic():
        yield world
        transaction.set_rollback(True)


def knock(world: World, key: str, person: User | None) -> HttpResponseBase:
    method, path = key.split(" ", 1)
    door = DOORS[key]
    values = {name: world.values[value] for name, value in door.arguments.items()}
    client = Client(headers=SAME_ORIGIN)
    if person is not None:
        client.force_login(person)
    address, body = ROUTES[path].address(values), door.body(world.values) if door.body else None
    if method == "GET":
        return client.get(address, body)
    if door.content_type or path.startswith("api/"):
        return client.generic(method, address, *_encoded(door, body))
    return client.post(address, body or {})


def _encoded(door: Door, body: Any) -> tuple[bytes, str]:
    if door.content_type:
        return body, door.content_type
    return Client()._encode_json(body if body is not None else {}, "application/json").encode(), "application/json"


def keys(chosen: Any) -> Any:
    return pytest.mark.parametrize("key", [key for key, door in DOORS.items() if chosen(door)])


def delegated(route: Route) -> bool:
    return route.path.startswith(tuple(ELSEWHERE))


def test_every_address_has_a_line_in_the_table() -> None:
    known = {key.split(" ", 1)[1] for key in DOORS}
    assert known - set(ROUTES) == set(), "These lines of doors.py name no address any more."
    assert {route.path for route in ROUTES.values() if not delegated(route)} - known == set()


def test_every_method_of_the_api_has_a_line_in_the_table() -> None:
    offered = {f"{method} {route.path}" for route in ROUTES.values() for method in route.methods}
    assert offered - set(DOORS) == set()


def test_delegated_addresses_are_all_tried_there() -> None:
    for module in ELSEWHERE.values():
        assert import_module(module)
    patterns = import_module(ELSEWHERE["administration/"]).PATTERNS
    tried = {f"administration/{pattern.pattern}" for pattern in patterns}
    assert len(tried) == sum(path.startswith("administration/") for path in ROUTES)


@keys(lambda door: door.may)
def test_nobody_is_asked_to_sign_in(attempt: World, key: str) -> None:
    answer = knock(attempt, key, None)
    if key.split(" ", 1)[1].startswith(("api/", "dicom-web/")):
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Token"
    else:
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/")


@keys(lambda door: door.may and set(door.may) != set(ROLES))
def test_missing_right_is_refused(attempt: World, key: str) -> None:
    door = DOORS[key]
    for role in ROLES:
        if role not in door.may:
            assert (role, knock(attempt, key, attempt.people[role]).status_code) == (role, door.refused)


@keys(lambda door: door.foreign)
def test_what_is_another_hospitals_does_not_exist(attempt: World, key: str) -> None:
    door = DOORS[key]
    for role in door.may:
        if role != SYSTEM:  # belongs to every hospital
            assert (role, knock(attempt, key, attempt.strangers[role]).status_code) == (role, door.foreign)


@keys(lambda door: True)
def test_right_person_is_let_in(attempt: World, key: str) -> None:
    door = DOORS[key]
    people = [attempt.people[role] for role in door.may] or [None]
    for person in people:
        with transaction.atomic():
            answer = knock(attempt, key, person)
            content = b"" if answer.streaming else answer.content[:600]
            assert answer.status_code in door.right, (person and person.role, answer.status_code, content)
            transaction.set_rollback(True)
