"""The administrator's commands: each may be repeated, each says in one sentence what is wrong."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from hospitals.models import Hospital, Membership, User
from pacs_core.network.hl7.models import Hl7Source
from pacs_core.network.models import Node
from tests.story import make_hospital, make_user

pytestmark = pytest.mark.django_db


def run(*arguments: str, **options: Any) -> str:
    said = io.StringIO()
    call_command(*arguments, stdout=said, **options)
    return said.getvalue().strip()


def test_add_hospital() -> None:
    arguments = ("add_hospital", "NORTH", "--name", "North", "--time-zone", "Europe/Berlin", "--quiet-seconds", "5")
    assert run(*arguments) == "Added hospital NORTH: North"
    assert run(*arguments) == "Have hospital NORTH: North"
    assert run(*arguments, "--city", "Kiel") == "Have hospital NORTH: North"
    hospital = Hospital.objects.get()
    assert (hospital.city, hospital.quiet_seconds) == ("Kiel", 5)
    with pytest.raises(CommandError, match="time_zone: 'Mars' is no IANA time zone"):
        run("add_hospital", "EAST", "--name", "East", "--time-zone", "Mars")
    with pytest.raises(CommandError, match="code:"):
        run("add_hospital", "1 bad", "--name", "East", "--time-zone", "UTC")
    assert Hospital.objects.count() == 1


def test_add_user(monkeypatch: pytest.MonkeyPatch) -> None:
    make_hospital("NORTH")
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough secret\n"))
    arguments = ("add_user", "ada@example.org", "--role", "radiologist", "--hospital", "NORTH", "--name", "Ada")
    subspecialties = ("--subspecialty", "neuro", "--subspecialty", "body")
    assert run(*arguments, *subspecialties, "--password-stdin") == "Added radiologist ada@example.org"
    assert run(*arguments, "--no-password") == "Have radiologist ada@example.org"
    ada = User.objects.get()
    assert ada.check_password("a long enough secret")
    assert ada.radiologist_profile.subspecialties == ["neuro", "body"]
    assert Membership.objects.count() == 1
    for wrong, words in (
        (("--hospital", "SOUTH"), "No hospital has the code 'SOUTH'"),
        (("--subspecialty", "feet"), "subspecialties: 'feet' is unknown"),
        (("--time-zone", "Mars"), "time_zone: 'Mars'"),
    ):
        with pytest.raises(CommandError, match=words):
            run("add_user", "ben@example.org", "--role", "radiologist", "--no-password", *wrong)
    with pytest.raises(CommandError, match="invalid choice: 'wizard'"):
        run("add_user", "ben@example.org", "--role", "wizard", "--no-password")
    assert User.objects.count() == 1


def test_create_token_works_and_names_an_unknown_address() -> None:
    user = make_user("system_administrator")
    first, second = run("create_token", user.email), run("create_token", user.email.upper())
    assert first != second
    for token in (first, second):
        assert Client().get("/api/hospitals/", headers={"Authorization": f"Token {token}"}).status_code == 200
    with pytest.raises(CommandError, match="No account has the address"):
        run("create_token", "nobody@example.org")


def test_add_node() -> None:
    make_hospital("NORTH")
    make_hospital("SOUTH")
    arguments = ("add_node", "NORTH", "NORTH_CT", "--host", "10.0.0.5", "--port", "104", "--may", "store,find")
    added, warning = run(*arguments).splitlines()
    assert added == "Node NORTH_CT of NORTH added."
    assert warning.startswith("Warning: Whoever knows this AE title can read its hospital's studies")
    tied = run(*arguments, "--calls-from", "10.0.0.0/24")
    assert tied == "Node NORTH_CT of NORTH is up to date."
    node = Node.objects.get()
    assert (node.may_store, node.may_find, node.may_move) == (True, True, False)
    for wrong, words in (
        (("NOWHERE", "X"), "There is no hospital 'NOWHERE'. Maybe one of NORTH, SOUTH"),
        (("SOUTH", "NORTH_CT"), "belongs to another hospital"),
        (("NORTH", "X", "--may", "fly"), "--may holds fly"),
        (("NORTH", "A\\B"), "ae_title"),
    ):
        with pytest.raises(CommandError, match=words):
            run("add_node", *wrong)
    assert Node.objects.count() == 1


def test_add_hl7_source() -> None:
    make_hospital("NORTH")
    make_hospital("SOUTH")
    assert run("add_hl7_source", "NORTH", "RIS", "MAIN") == "HL7 source RIS of MAIN added."
    assert run("add_hl7_source", "NORTH", "RIS", "MAIN") == "HL7 source RIS of MAIN was there already."
    with pytest.raises(CommandError, match="There is no hospital 'NOWHERE'"):
        run("add_hl7_source", "NOWHERE", "RIS", "OTHER")
    with pytest.raises(CommandError, match="already sends for hospital"):
        run("add_hl7_source", "SOUTH", "RIS", "MAIN")
    assert Hl7Source.objects.get().hospital.code == "NORTH"
