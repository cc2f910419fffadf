"""A search in a real browser: it narrows the list, live rows keep to it, and no address ever holds it."""

from playwright.sync_api import Page, Request, expect

from tests.browser.cases import case_for
from tests.browser.conftest import Opener
from tests.flow.network import Network
from tests.story import as_user, make_item, make_patient, make_study
from worklist.services import claim_worklist_item

ROWS = "table[data-rows] tbody tr[data-key]"


def test_search_narrows_the_list_and_is_in_no_address(network: Network, open_screen: Opener) -> None:
    wanted = make_item(network.north, make_study(network.north, make_patient(network.north, name="ROE^RICHARD")))
    other = case_for(network.ada, network)
    screen = open_screen("david@example.org")
    page, asked = screen.page, _addresses_of(screen.page)
    screen.wait_until_live()
    _search_in_the_filter_bar(page, wanted.pk)
    with as_user(network.ada):
        claim_worklist_item(worklist_item_id=wanted.pk, user=network.ada)
        claim_worklist_item(worklist_item_id=other.pk, user=network.ada)
    expect(page.locator(f'{ROWS}[data-key="{wanted.pk}"] .col-status')).to_contain_text("Being read", timeout=20_000)
    expect(page.locator(ROWS)).to_have_count(1)
    _search_in_the_top_bar(page)
    assert asked
    assert [address for address in asked if "roe" in address.lower()] == []


def _addresses_of(page: Page) -> list[str]:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.context.on("request", note)
    return asked


def _search_in_the_filter_bar(page: Page, wanted: int) -> None:
    expect(page.locator(ROWS)).to_have_count(2)
    page.locator("#filter-bar select[name=modality]").select_option("CT")
    page.wait_for_url("**/worklist/?*modality=CT*")
    page.locator("#filter-bar input[name=search]").fill("roe")
    page.keyboard.press("Enter")
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator(ROWS)).to_have_attribute("data-key", str(wanted))
    assert "modality=CT" in page.url


def _search_in_the_top_bar(page: Page) -> None:
    page.goto("/worklist/")
    expect(page.locator(ROWS)).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("roe")
    page.keyboard.press("Enter")
    expect(page.locator(ROWS)).to_have_count(1)
    assert page.url.endswith("/worklist/")
    assert page.evaluate("() => performance.getEntriesByType('navigation')[0].name").endswith("/worklist/")
