"""A coordinator replays a draft over past days and simulates coming ones by keyboard, and reads what came of it."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction
from playwright.sync_api import Page, expect

from hospitals.models import User
from routing_rules.demonstration import RULES
from routing_rules.models import NetworkSettings, RuleSet
from routing_rules.services.rule_sets import start_draft
from tests.browser.conftest import Opener
from tests.browser.days_of_reading import make_days_of_reading
from tests.browser.screen import DESKTOP, LARGE
from tests.browser.test_screens import judge
from tests.flow.network import Network
from tests.story import as_user, make_user

SITE = "/coordination/trials/"
DAYS = 3
DARK, LIGHT = {"size": DESKTOP, "theme": "dark"}, {"size": LARGE, "theme": "light"}
WITHOUT_CHEST = [rule for rule in RULES if rule["name"] != "Chest"]
MILLISECONDS_FOR_A_TRIAL = 120_000


@pytest.fixture
def olga(network: Network) -> User:
    make_days_of_reading(network, days=DAYS)
    return make_user("coordinator", network.north, network.south, email="olga@example.org", name="Olga Hansen")


@pytest.fixture
def draft(olga: User) -> RuleSet:
    """Rules by which anybody may read a chest."""
    with as_user(olga):
        return start_draft(user=olga, rules=WITHOUT_CHEST, name="Chests for all")


@contextmanager
def worker_held_at_work() -> Iterator[None]:
    """Let a trial wait where it reads the engine's settings, so that its progress can be looked at."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"lock table {NetworkSettings._meta.db_table} in access exclusive mode")
        yield


def test_a_draft_is_replayed_over_the_last_days(olga: User, draft: RuleSet, open_screen: Opener) -> None:
    page = open_screen(olga.email, **DARK).page
    page.goto(f"/coordination/trials/replay/?rule_set={draft.pk}")
    expect(page.get_by_label("Rules")).to_have_value(str(draft.pk))
    page.get_by_label("Days back").fill(str(DAYS))
    page.locator("#id_rota-0-reader").select_option(label="Dr. Clara Nowak")
    page.locator("#id_rota-0-starts_at").fill("16:00")
    judge(page, "trial-form-dark")
    with worker_held_at_work():
        page.get_by_label("Days back").press("Enter")
        expect(page.locator("#state")).to_contain_text("Reading what happened", timeout=60_000)
        expect(page.locator("#state progress")).to_have_js_property("value", 0.02)
        judge(page, "trial-progress-dark")
    _read_the_replay(page)
    judge(page, "trial-replay-dark")
    _figures_as_csv(page)
    light = open_screen(olga.email, **LIGHT).page
    light.goto(page.url)
    judge(light, "trial-replay-light")
    page.keyboard.press("u")
    expect(page.locator("#results tbody tr")).to_have_count(1)
    expect(page.locator("#results")).to_contain_text("draft “Chests for all”")


def _read_the_replay(page: Page) -> None:
    expect(page.get_by_role("heading", name="Figures")).to_be_visible(timeout=MILLISECONDS_FOR_A_TRIAL)


def _figures_as_csv(page: Page) -> None:
    with page.expect_download() as download:
        page.keyboard.press("e")
    lines = list(csv.reader(Path(download.value.path()).read_text("utf-8").splitlines()))
    assert lines[0] == ["Figure", "Group", "Unit", "What happened", "Rules in force", "What is tried"]


def test_coming_days_are_simulated(olga: User, open_screen: Opener) -> None:
    page = open_screen(olga.email, **DARK).page
    page.goto(SITE)
    page.keyboard.press("s")
    page.wait_for_url("**/simulation/")
    page.get_by_label("Days ahead").fill("1")
    page.get_by_label("Runs").fill("2")
    page.get_by_label("Runs").press("Enter")
    expect(page.get_by_role("heading", name="Hours at risk")).to_be_visible(timeout=MILLISECONDS_FOR_A_TRIAL)
    judge(page, "trial-simulation-dark")
    light = open_screen(olga.email, **LIGHT).page
    light.goto(page.url)
    judge(light, "trial-simulation-light")
