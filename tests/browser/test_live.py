"""What one person does changes the other's screen at once; a lost connection is said and made up for."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.cases import case_for, sign_over_http
from tests.browser.conftest import Opener
from tests.browser.screen import Screen
from tests.browser_session import Session
from tests.flow.network import Network
from tests.installation import Installation
from tests.story import as_user, see_all
from worklist.models import WorklistItem
from worklist.services import claim_worklist_item, release_worklist_item

REMEMBER_CHANGES = """() => {
    window.changes = [];
    const seen = new Map();
    const look = () => {
        for (const row of document.querySelectorAll('tr[data-key]')) {
            const words = row.querySelector('.col-status').textContent.trim();
            if (seen.get(row.dataset.key) === words) continue;
            seen.set(row.dataset.key, words);
            window.changes.push([row.dataset.key, words, Date.now()]);
        }
    };
    look();
    const body = document.querySelector('table[data-rows] tbody');
    new MutationObserver(look).observe(body, {childList: true, subtree: true});
}"""


@pytest.fixture
def ada_over_http(network: Network, installation: Installation) -> Iterator[Session]:
    session = Session(installation.url, "ada@example.org")
    yield session
    session.client.close()


def status_of(page: Page, item: WorklistItem) -> str:
    return page.locator(f'tr[data-key="{item.pk}"] .col-status').inner_text()


def expect_status(page: Page, item: WorklistItem, words: str, *, seconds: int = 10) -> None:
    expect(page.locator(f'tr[data-key="{item.pk}"] .col-status')).to_contain_text(words, timeout=seconds * 1000)


def test_claim_in_one_browser_changes_the_row_in_the_other_and_signing_removes_it(
    network: Network, open_screen: Opener, ada_over_http: Session
) -> None:
    items = [case_for(network.ada, network) for _ in range(3)]
    david, ada = open_screen("david@example.org"), open_screen("ada@example.org")
    david.wait_until_live()
    david.page.evaluate(REMEMBER_CHANGES)
    waits = []
    for item in items:
        ada.page.goto("/worklist/")
        ada.page.locator(f'tr[data-key="{item.pk}"]').click()
        ada.page.keyboard.press("Enter")
        ada.page.wait_for_url(f"**/reading/{item.pk}/")
        expect_status(david.page, item, "Being read")
        waits.append(_milliseconds_to_the_screen(david.page, item))
    print("claim to the other's screen, ms:", waits)
    assert min(waits) < 1000
    assert max(waits) < 5000
    sign_over_http(ada_over_http, items[0])
    expect(david.page.locator(f'tr[data-key="{items[0].pk}"]')).to_have_count(0, timeout=30_000)
    assert david.page.locator("tr[data-key]").count() == 2


def _milliseconds_to_the_screen(page: Page, item: WorklistItem) -> float:
    with see_all():
        claimed_at = WorklistItem.objects.get(pk=item.pk).claimed_at
    assert claimed_at is not None
    changes = page.evaluate("() => window.changes")
    shown_at = next(at for key, words, at in changes if key == str(item.pk) and "Being read" in words)
    return round(shown_at - claimed_at.timestamp() * 1000)


def test_focused_row_keeps_its_focus_while_it_changes(network: Network, open_screen: Opener) -> None:
    items = [case_for(network.ada, network) for _ in range(2)]
    david = open_screen("david@example.org")
    david.wait_until_live()
    row = david.page.locator(f'tr[data-key="{items[1].pk}"]')
    row.click()
    with as_user(network.ada):
        claim_worklist_item(worklist_item_id=items[1].pk, user=network.ada)
    expect_status(david.page, items[1], "Being read")
    expect(row).to_be_focused()
    expect(row).to_have_attribute("aria-selected", "true")


def test_killed_server_is_shown_with_since_and_the_page_catches_up(
    installation: Installation, network: Network, open_screen: Opener
) -> None:
    item = case_for(network.ada, network)
    late = case_for(network.ada, network)
    david = open_screen("david@example.org")
    david.allow("WebSocket connection to", "Failed to fetch", "ERR_EMPTY_RESPONSE")
    # A request may be under way when the server is killed, or come after it.
    david.allow("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET")
    david.wait_until_live()
    installation.kill("web")
    try:
        _says_since_when(david)
        with as_user(network.ada):
            claim_worklist_item(worklist_item_id=item.pk, user=network.ada)
            claim_worklist_item(worklist_item_id=late.pk, user=network.ada)
            release_worklist_item(worklist_item_id=late.pk, user=network.ada, reason="")
        assert "Being read" not in status_of(david.page, item)
    finally:
        installation.start("web")
        installation.wait_until_ready()
    david.page.locator('#connection[data-state="live"]').wait_for(timeout=90_000)
    expect_status(david.page, item, "Being read")
    expect(david.page.locator("#stale-banner")).to_be_hidden()


def _says_since_when(screen: Screen) -> None:
    expect(screen.page.locator("#stale-banner")).to_contain_text("No live connection since", timeout=15_000)
    expect(screen.page.locator("#connection .words")).to_contain_text("since")


def test_browser_without_network_says_so_and_comes_back(network: Network, open_screen: Opener) -> None:
    item = case_for(network.ada, network)
    david = open_screen("david@example.org")
    david.allow("WebSocket connection to", "Failed to fetch", "ERR_INTERNET_DISCONNECTED")
    david.wait_until_live()
    david.context.set_offline(True)
    _says_since_when(david)
    with as_user(network.ada):
        claim_worklist_item(worklist_item_id=item.pk, user=network.ada)
    david.context.set_offline(False)
    expect_status(david.page, item, "Being read", seconds=30)
    david.wait_until_live()
