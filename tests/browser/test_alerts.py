"""Alerts on the coordinator's board: in a strip of their own that covers nothing, acknowledged one by one by key."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from hospitals.models import User
from routing_rules.services.notices import give_notices
from tests.browser.board_day import begin_day
from tests.browser.conftest import Opener
from tests.browser.screen import DESKTOP, LARGE
from tests.browser.test_screens import judge
from tests.flow.network import Network
from tests.story import see_all
from worklist.models import WorklistItem

LOOKS = {"dark": {"size": DESKTOP, "theme": "dark"}, "light": {"size": LARGE, "theme": "light"}}
SWEPT_MILLISECONDS = 40_000
PLACES = """() => {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const strip = box('#alert-strip'), main = box('main');
  return {strip: [strip.top, strip.bottom], main: [main.top, main.bottom], window: innerHeight};
}"""


@pytest.fixture
def olga(network: Network) -> User:
    return begin_day(network)


def alert(coordinator: User, *names: str) -> None:
    with see_all():
        for name in names:
            item = WorklistItem.objects.get(study__patient__name=name)
            give_notices(
                hospital_id=item.hospital_id,
                kind="alert",
                recipient_ids=[coordinator.pk],
                now=timezone.now(),
                worklist_item=item,
            )


def lies_in_the_flow(page: Page) -> None:
    places = page.evaluate(PLACES)
    assert places["strip"][1] <= places["main"][0], "The strip covers the board."
    assert places["main"][1] <= places["window"], "The board is pushed out of the window."


@pytest.mark.parametrize("look", LOOKS)
def test_alerts_cover_nothing_of_the_board_and_are_acknowledged_by_key(
    olga: User, open_screen: Opener, look: str
) -> None:
    screen = open_screen(olga.email, **LOOKS[look])
    page = screen.page
    screen.wait_until_live()
    strip, lines = page.locator("#alert-strip"), page.locator(".alert-line")
    expect(strip).to_be_hidden()
    page.locator("#item-table tr[data-key]").first.click()
    expect(page.locator("#why-panel .decision-summary")).to_be_visible(timeout=20_000)
    alert(olga, "MÜLLER^JAN", "SILVA^RUI")
    expect(lines).to_have_count(2, timeout=SWEPT_MILLISECONDS)
    expect(lines.first).to_contain_text("MÜLLER, JAN")
    lies_in_the_flow(page)
    judge(page, f"board-alerts-{look}")
    alert(olga, "NIELSEN^MARTA", "OKAFOR^GRACE")
    expect(lines).to_have_count(4, timeout=SWEPT_MILLISECONDS)
    expect(lines.nth(1)).to_be_hidden()
    more = strip.get_by_role("button", name="3 more")
    expect(more).to_have_attribute("aria-expanded", "false")
    lies_in_the_flow(page)
    judge(page, f"board-alerts-folded-{look}")
    more.press("Enter")
    expect(lines.nth(3)).to_be_visible()
    lies_in_the_flow(page)
    judge(page, f"board-alerts-unfolded-{look}")
    for left in (3, 2, 1, 0):
        page.keyboard.press("Alt+a")
        expect(lines).to_have_count(left)
    expect(strip).to_be_hidden()
