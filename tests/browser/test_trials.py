"""The coordinator replays a draft and simulates coming days by keyboard, and reads what came of it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from hospitals.models import Shift, User
from routing_rules.demonstration import RULES
from routing_rules.models import Trial
from routing_rules.services.rule_sets import publish_rule_set
from tests.browser.conftest import Opener
from tests.browser.screen import DESKTOP, LARGE
from tests.browser.test_screens import judge
from tests.flow.network import Network
from tests.routing_rules.procedures.arrange import make_mapping, make_procedure
from tests.routing_rules.trials.arrange import past_item
from tests.story import make_radiologist, make_user, see_all

SITE = "/coordination/trials/"
LOOKS = {"dark": {"size": DESKTOP, "theme": "dark"}, "light": {"size": LARGE, "theme": "light"}}
NAMES = ("Dr. Ada Roth", "Dr. Bruno Costa", "Dr. Clara Nowak")


@pytest.fixture
def olga(network: Network) -> User:
    """Four days in which three readers read; at noon more comes than they can read in time."""
    readers = [make_radiologist(network.north, name=name, on_shift=False) for name in NAMES]
    make_mapping(network.north, make_procedure(subspecialty="neuro"))
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(-4, 4):
        for number, reader in enumerate(readers):
            begins = today + timedelta(days=day, hours=8 * number)
            Shift.objects.create(radiologist=reader, starts_at=begins, ends_at=begins + timedelta(hours=8))
    for day in range(1, 5):
        for number in range(24):
            came = today - timedelta(days=day) + timedelta(hours=9, minutes=10 * number)
            priority = ("stat", "urgent", "routine")[number % 3]
            level = {"stat": 30, "urgent": 120, "routine": 1440}[priority]
            opened = today - timedelta(days=day) + timedelta(hours=9, minutes=14 * number)
            past_item(network.north, readers[1], came=came, opened=opened, minutes=13.5, level=level, priority=priority)
    with see_all():
        publish_rule_set(rules=RULES)
    return make_user("coordinator", network.north, email="olga@example.org", name="Olga Hansen")


@pytest.mark.parametrize("look", LOOKS)
def test_a_replay_and_a_simulation_from_the_list(olga: User, open_screen: Opener, look: str) -> None:
    page = open_screen(olga.email, **LOOKS[look]).page
    page.goto(SITE)
    page.keyboard.press("r")
    page.wait_for_url("**/replay/")
    page.get_by_label("Days back").fill("5")
    page.locator("#id_rota-0-reader").select_option(label="Dr. Clara Nowak")
    page.locator("#id_rota-0-starts_at").fill("09:00")
    judge(page, f"trial-form-{look}")
    page.get_by_role("button", name="Start the replay").press("Enter")
    expect(page.get_by_role("link", name="Show it").or_(page.get_by_role("heading", name="Figures"))).to_be_visible(
        timeout=90_000
    )
    page.goto(f"{SITE}{Trial.objects.get().pk}/")
    expect(page.get_by_role("heading", name="Load by reader")).to_be_visible()
    judge(page, f"trial-replay-{look}")
    page.keyboard.press("u")
    page.wait_for_url("**/trials/")
    page.keyboard.press("s")
    page.wait_for_url("**/simulation/")
    page.get_by_label("Runs").fill("4")
    page.get_by_label("Days ahead").fill("2")
    page.get_by_role("button", name="Start the simulation").press("Enter")
    expect(page.get_by_role("link", name="Show it")).to_be_visible(timeout=120_000)
    page.get_by_role("link", name="Show it").click()
    expect(page.get_by_role("heading", name="Hours at risk")).to_be_visible()
    judge(page, f"trial-simulation-{look}")
    page.keyboard.press("u")
    expect(page.locator("#results tbody tr")).to_have_count(2)
    judge(page, f"trials-{look}")
