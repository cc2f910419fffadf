"""A coordinator builds a rule by keyboard, sees what it takes and what it contradicts, publishes, and rolls back."""

import pytest
from playwright.sync_api import Page, expect

from hospitals.models import User
from hospitals.services.reader_groups import add_reader_group
from routing_rules.demonstration_procedures import PROCEDURES
from routing_rules.models import Procedure
from tests.browser.conftest import Opener
from tests.browser.screen import DESKTOP, LARGE
from tests.browser.test_screens import judge
from tests.flow.network import Network
from tests.story import make_user, see_all

SITE = "/coordination/rules/"
LOOKS = {"dark": {"size": DESKTOP, "theme": "dark"}, "light": {"size": LARGE, "theme": "light"}}


@pytest.fixture
def olga(network: Network) -> User:
    """A coordinator of both hospitals, with a catalogue, a reader group and examinations that wait."""
    Procedure.objects.bulk_create(Procedure(**values) for values in PROCEDURES)
    olga = make_user("coordinator", network.north, network.south, email="olga@example.org", name="Olga Hansen")
    with see_all():
        add_reader_group(name="Stroke readers", members=[network.ada])
    return olga


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize("look", LOOKS)
def test_a_rule_from_nothing_by_keyboard(network: Network, olga: User, open_screen: Opener, look: str) -> None:
    page = open_screen(olga.email, **LOOKS[look]).page
    page.goto(SITE)
    judge(page, f"rules-versions-{look}")
    page.keyboard.press("n")
    expect(page.locator("#rule-cards [role=option]")).to_have_count(8)
    judge(page, f"rules-editor-{look}")
