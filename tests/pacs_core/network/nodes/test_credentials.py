"""The secret that we show at a node's DICOMweb address: sealed, for that address only, over TLS only."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from hospitals.models import Hospital
from pacs_core.network.models import Node
from pacs_core.network.nodes.credentials import SecretUnreadable, opened, sealed
from tests.story import make_hospital, make_node, make_user

pytestmark = pytest.mark.django_db
ADDRESS = "https://pacs.example/dicom-web"


@pytest.fixture
def north() -> Hospital:
    return make_hospital()


def browser_of(role: str, hospital: Hospital) -> Client:
    browser = Client()
    browser.force_login(make_user(role, *([] if role == "system_administrator" else [hospital])))
    return browser


def change(browser: Client, node: Node, **values: Any) -> Any:
    answer = browser.patch(f"/api/nodes/{node.pk}/", values, content_type="application/json")
    node.refresh_from_db()
    return answer


def test_a_secret_stays_with_its_host_and_goes_to_no_other(north: Hospital) -> None:
    browser, node = browser_of("hospital_administrator", north), make_node(north)
    answer = change(browser, node, dicomweb_url=ADDRESS, dicomweb_secret="open sesame")
    assert (answer.status_code, answer.json()["has_dicomweb_secret"]) == (200, True)
    assert "dicomweb_secret" not in answer.json()
    assert opened(node.dicomweb_secret) == "open sesame"
    change(browser, node, dicomweb_secret="", dicomweb_url="https://pacs.example/other")
    assert opened(node.dicomweb_secret) == "open sesame"
    change(browser, node, dicomweb_url="https://elsewhere.example/dicom-web")
    assert bytes(node.dicomweb_secret) == b""


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"dicomweb_url": "http://pacs.example/", "dicomweb_secret": "x"}, "dicomweb_url"),
        ({"dicomweb_url": "ftp://pacs.example/"}, "dicomweb_url"),
        ({"dicomweb_url": "https://" + "someone@pacs.example/"}, "dicomweb_url"),
        ({"dicomweb_url": "https://pacs.example/?token=1"}, "dicomweb_url"),
        ({"dicomweb_url": "pacs.example"}, "dicomweb_url"),
    ],
)
def test_an_address_that_would_give_a_secret_away_is_refused(
    north: Hospital, values: dict[str, str], field: str
) -> None:
    node = make_node(north)
    answer = change(browser_of("hospital_administrator", north), node, **values)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert (node.dicomweb_url, bytes(node.dicomweb_secret)) == ("", b"")


def test_an_address_of_the_hospitals_network_needs_no_dots(north: Hospital) -> None:
    node = make_node(north)
    browser = browser_of("hospital_administrator", north)
    assert change(browser, node, dicomweb_url="http://pacs:8042/dicom-web").status_code == 200


def test_only_the_systems_administrator_says_where_a_service_of_the_network_is(north: Hospital) -> None:
    node = make_node(north, "AI", is_network_service=True, dicomweb_url=ADDRESS)
    browser = browser_of("hospital_administrator", north)
    for values in ({"dicomweb_url": "https://evil.example/"}, {"dicomweb_secret": "x"}, {"wants_availability": True}):
        assert change(browser, node, **values).status_code == 403
    assert change(browser, node, dicomweb_secret="", may_find=True).status_code == 200
    assert (node.dicomweb_url, node.may_find) == (ADDRESS, True)


def test_another_hospitals_node_is_not_there(north: Hospital) -> None:
    node = make_node(make_hospital("SOUTH"), "SOUTH_PACS")
    assert change(browser_of("hospital_administrator", north), node, dicomweb_url=ADDRESS).status_code == 404


def test_the_page_keeps_a_secret_that_is_left_empty(north: Hospital) -> None:
    node = make_node(north, dicomweb_url=ADDRESS, dicomweb_secret=sealed("open sesame"))
    browser = browser_of("hospital_administrator", north)
    filled = {"ae_title": node.ae_title, "dicomweb_url": ADDRESS, "wants_availability": "on", "may_store": "on"}
    answer = browser.post(f"/administration/nodes/{node.pk}/", filled)
    assert answer.status_code == 302
    node.refresh_from_db()
    assert (opened(node.dicomweb_secret), node.wants_availability) == ("open sesame", True)


def test_the_command_reads_the_secret_from_a_file(north: Hospital, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("open sesame\n")
    where = ["--dicomweb", ADDRESS, "--dicomweb-secret-file", str(tmp_path / "token"), "--notify"]
    call_command("add_node", "NORTH", "CLOUD", *where)
    node = Node.objects.get()
    assert (node.dicomweb_url, node.wants_availability, opened(node.dicomweb_secret)) == (ADDRESS, True, "open sesame")


def test_a_new_signing_secret_opens_what_the_old_one_sealed(settings: Any) -> None:
    settings.SIGNING_KEY_SECRET = "o" * 40
    kept = sealed("open sesame")
    assert b"sesame" not in kept
    settings.SIGNING_KEY_SECRET = f"{'n' * 40},{'o' * 40}"
    assert opened(kept) == "open sesame"
    settings.SIGNING_KEY_SECRET = "n" * 40
    with pytest.raises(SecretUnreadable, match="Maybe name the old one"):
        opened(kept)
