"""A coordinator replays a draft over past days and simulates coming ones by keyboard, and reads what came of it."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
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

DAYS = 3
DARK, LIGHT = {"size": DESKTOP, "theme": "dark"}, {"size": LARGE, "theme": "light"}
WITHOUT_CHEST = [rule for rule in RULES if rule["name"] != "Chest"]
# On a busy machine a worker may take as long.
MILLISECONDS_FOR_A_TRIAL = 120_000


@pytest.fixture
def olga(network: Network) -> User:
    """A coordinator of a network that read for some days, and will not keep up between 15 and 19."""
    make_days_of_reading(network, days=DAYS, now=timezone.now())
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
    page.goto(f"/coordination/rules/drafts/{draft.pk}/")
    expect(page.locator("#rule-cards [role=option]")).to_have_count(len(WITHOUT_CHEST))
    page.keyboard.press("t")
    page.wait_for_url(f"**/replay/?rule_set={draft.pk}")
    _ask_for_the_draft_and_one_more_reader(page)
    judge(page, "trial-form-dark")
    with worker_held_at_work():
        page.keyboard.press("Enter")
        expect(page.locator("#state")).to_contain_text("Reading what happened", timeout=60_000)
        expect(page.locator("#state")).to_contain_text("2 %")
        expect(page.locator("#state progress")).to_have_js_property("value", 0.02)
        judge(page, "trial-progress-dark")
    _read_the_replay(page)
    _take_the_replays_figures(page)
    light = open_screen(olga.email, **LIGHT).page
    light.goto(page.url)
    judge(light, "trial-replay-light")
    page.keyboard.press("u")
    expect(page.locator("#results tbody tr")).to_contain_text("draft “Chests for all”, ")
    judge(page, "trials-dark")


def _ask_for_the_draft_and_one_more_reader(page: Page) -> None:
    """Fill the form in from field to field: the draft stands there already, the cursor in the days."""
    expect(page.get_by_label("Days back")).to_be_focused()
    expect(page.get_by_label("Rules").locator("option:checked")).to_have_text("draft: Chests for all")
    page.keyboard.press("Control+a")
    page.keyboard.type(str(DAYS))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Dr. Clara")
    expect(page.locator("#id_rota-0-reader option:checked")).to_have_text("Dr. Clara Nowak")
    page.locator("#id_rota-0-starts_at").fill("15:00")
    page.get_by_label("Days back").focus()


def _read_the_replay(page: Page) -> None:
    """The page turns into that of the result by itself: words first, then tables, each with its plot."""
    expect(page.get_by_role("heading", name="Figures")).to_be_visible(timeout=MILLISECONDS_FOR_A_TRIAL)
    conclusion = page.get_by_role("region", name="What it comes to")
    expect(conclusion.get_by_role("heading")).to_contain_text("Fewer would be late")
    expect(conclusion).to_contain_text("Subspecialty match falls")
    figures = page.locator(".figures-table")
    expect(figures.locator("tbody th")).to_have_text(
        [
            "Late %",
            "Median turnaround min",
            "95th percentile of turnaround min",
            "Weighted late minutes an examination",
            "Subspecialty match %",
            "Uneven load Gini, 0 is even",
        ]
    )
    expect(figures.locator("tbody").first.locator("tr:not(.group) td:first-child")).to_have_text(
        ["STAT", "Urgent", "Routine", "All"]
    )
    expect(figures.locator("tbody").first).to_contain_text("better")
    expect(figures.locator(".dot.tried")).to_have_count(15)
    expect(page.locator(".load-table tbody tr")).to_have_count(5)
    expect(page.get_by_role("img", name="Late by day of arrival").locator(".bar.in_force")).to_have_count(DAYS)
    expect(page.locator(".changes-table tbody tr", has_text="the rules").first).to_be_attached()
    judge(page, "trial-replay-dark")
    _scroll_down(page)
    judge(page, "trial-replay-changes-dark")


def _take_the_replays_figures(page: Page) -> None:
    lines = _figures(page)
    assert lines[0] == ["Figure", "Group", "Unit", "What happened", "Rules in force", "What is tried"]
    [late] = [line for line in lines if line[:3] == ["Late", "All", "%"]]
    assert 0 <= float(late[5]) < float(late[4])
    assert {line[1] for line in lines if line[0] == "Load"} >= {"Dr. Ada Roth", "Dr. Clara Nowak"}


def test_coming_days_are_simulated(olga: User, open_screen: Opener) -> None:
    page = open_screen(olga.email, **DARK).page
    page.goto("/coordination/trials/")
    page.keyboard.press("s")
    page.wait_for_url("**/simulation/")
    expect(page.get_by_label("Days ahead")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("1")
    page.get_by_label("Runs").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hours at risk")).to_be_visible(timeout=MILLISECONDS_FOR_A_TRIAL)
    _read_the_simulation(page)
    lines = _figures(page)
    assert lines[0][:5] == ["Hour", "Arrive", "Late, expected", "Late, low", "Late, high"]
    assert len(lines) == 1 + 24
    light = open_screen(olga.email, **LIGHT).page
    light.goto(page.url)
    judge(light, "trial-simulation-light")


def _read_the_simulation(page: Page) -> None:
    conclusion = page.get_by_role("region", name="What it comes to")
    expect(conclusion.get_by_role("heading")).to_contain_text("in the coming 24 hours")
    for name in ("Late, examinations, by hour of arrival", "Queue, ", "Readers on shift, "):
        expect(page.get_by_role("img", name=name)).to_be_visible()
    expect(page.get_by_role("img", name="Readers on shift").locator(".bar.nobody")).to_have_count(4)
    expect(page.locator(".risk-table tbody tr", has_text="nobody on shift").first).to_be_attached()
    expect(page.locator(".more-table tbody tr").first).to_contain_text("like Dr.")
    expect(page.locator(".hours-table tbody tr")).to_have_count(24)
    judge(page, "trial-simulation-dark")
    _scroll_down(page)
    judge(page, "trial-simulation-tables-dark")


def _scroll_down(page: Page) -> None:
    page.locator(".trial-result").evaluate("frame => frame.scrollTo(0, frame.scrollHeight)")


def _figures(page: Page) -> list[list[str]]:
    """Download the file of figures by its key and return its lines."""
    with page.expect_download() as download:
        page.keyboard.press("e")
    return list(csv.reader(Path(download.value.path()).read_text("utf-8").splitlines()))
