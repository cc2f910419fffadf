"""A search may name a patient: it travels in bodies, never in an address, and holds for pages, rows and the pager."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from hospitals.models import Hospital, User
from tests.story import make_hospital, make_item, make_patient, make_radiologist, make_study
from tests.worklist.test_pages import browser, keys
from worklist.models import WorklistItem

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_radiologist(north)


@pytest.fixture
def roe(north: Hospital) -> WorklistItem:
    make_item(north)
    return make_item(north, make_study(north, make_patient(north, name="ROE^RICHARD")))


def test_top_bar_search_is_a_posted_page(ada: User, roe: WorklistItem) -> None:
    form = re.search(r'<form class="global-search".*?>', browser(ada).get("/worklist/").content.decode())
    assert form
    assert 'method="post"' in form[0]
    response = browser(ada).post("/worklist/", {"search": "roe"})
    html = response.content.decode()
    assert keys(html) == [roe.pk]
    assert html.count('value="roe"') == 2, "both fields keep what was searched for"
    assert "search=" not in html


def test_filter_shows_in_the_address_but_for_the_search(ada: User, roe: WorklistItem) -> None:
    sent = {"search": "roe", "view": "unassigned", "modality": "CT", "status": "", "page": "1"}
    response = browser(ada).post("/worklist/", sent, headers=HTMX)
    assert keys(response.content.decode()) == [roe.pk]
    address = urlsplit(response["HX-Push-Url"])
    assert address.path == "/worklist/"
    assert parse_qs(address.query) == {"view": ["unassigned"], "modality": ["CT"], "page": ["1"]}


def test_live_rows_keep_to_the_search(ada: User, roe: WorklistItem, north: Hospital) -> None:
    client = browser(ada)
    page = client.post("/worklist/", {"search": "roe", "view": "unassigned"})
    given = json.loads(page.context["rows_filter"])
    assert given == {"search": "roe", "view": "unassigned"}
    other = make_item(north)
    rows = client.post("/worklist/rows/", given | {"ids": f"{roe.pk},{other.pk}"})
    assert keys(rows.content.decode()) == [roe.pk]


def test_search_in_an_address_is_not_looked_at(ada: User, roe: WorklistItem) -> None:
    for path in ("/worklist/", "/worklist/rows/"):
        response = browser(ada).get(path, {"search": "roe"})
        assert len(keys(response.content.decode())) == 2, path
        assert "roe" not in response.content.decode().lower().replace("roe, richard", "")


def test_pager_sends_the_search_again(ada: User, north: Hospital) -> None:
    patient = make_patient(north, name="ROE^RICHARD")
    for _ in range(51):
        make_item(north, make_study(north, patient))
    html = browser(ada).post("/worklist/", {"search": "roe"}).content.decode()
    assert re.search(r'<button class="btn btn-quiet" form="filter-bar" name="page" value="2"', html)
    assert len(keys(browser(ada).post("/worklist/", {"search": "roe", "page": "2"}).content.decode())) == 1


def test_posted_search_needs_the_token_and_a_session(ada: User, roe: WorklistItem) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    for path in ("/worklist/", "/worklist/rows/"):
        assert client.post(path, {"search": "roe"}).status_code == 403
        assert Client().post(path, {"search": "roe"})["Location"] == f"/sign-in/?next={path}"
