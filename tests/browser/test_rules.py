"""A coordinator builds a rule by keyboard, sees what it takes and what it contradicts, publishes, and rolls back."""

import pytest
from playwright.sync_api import Page, expect

from hospitals.models import User
from hospitals.services.reader_groups import add_reader_group
from routing_rules.demonstration import RULES
from routing_rules.demonstration_procedures import PROCEDURES
from routing_rules.models import Procedure, RuleSet
from routing_rules.services.planning import request_plan
from routing_rules.services.rule_sets import save_draft, start_draft
from tests.browser.conftest import Opener
from tests.browser.screen import DESKTOP, LARGE
from tests.browser.test_screens import judge
from tests.flow.network import Network
from tests.installation import wait_for
from tests.story import as_user, make_item, make_order, make_user, see_all
from worklist.models import WorklistItem

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


@pytest.fixture
def head(network: Network) -> WorklistItem:
    """A CT of the head, which waits on the list of Ada, who reads neuro."""
    item = make_item(network.north, order=make_order(network.north))
    for text, part in (("CT abdomen and pelvis", "ABDOMEN"), ("CT chest", "CHEST"), ("CT head and neck", "NECK")):
        make_item(network.north, order=make_order(network.north, procedure_description=text, body_part=part))
    with see_all():
        request_plan()
    wait_for(lambda: holder_of(item) == network.ada, seconds=60, what="the plan by the rules in force")
    return item


def holder_of(item: WorklistItem) -> User | None:
    with see_all():
        return WorklistItem.objects.select_related("assigned_to").get(pk=item.pk).assigned_to


@pytest.mark.parametrize("look", LOOKS)
def test_a_rule_from_nothing_by_keyboard(
    network: Network, olga: User, head: WorklistItem, open_screen: Opener, look: str
) -> None:
    page = open_screen(olga.email, **LOOKS[look]).page
    page.goto(SITE)
    page.keyboard.press("n")
    expect(page.locator("#rule-cards [role=option]")).to_have_count(len(RULES))
    _write_the_rule(page)
    judge(page, f"rules-editor-{look}")
    _meet_the_contradiction(page, look)
    _publish(page, look)
    wait_for(lambda: holder_of(head) == network.body_reader, seconds=60, what="the plan by the new rule")
    page.goto(f"/assignments/{head.pk}/explanation/")
    expect(page.locator("body")).to_contain_text("Heads to David")
    expect(page.locator("body")).to_contain_text("Dr. David Lind")
    _roll_back(page, look)
    wait_for(lambda: holder_of(head) == network.ada, seconds=60, what="the plan by the rules rolled back to")
    with see_all():
        assert list(RuleSet.objects.order_by("version").values_list("version", "rolls_back_to__version")) == [
            (1, None),
            (2, None),
            (3, 1),
        ]


def _write_the_rule(page: Page) -> None:
    """Name, condition and effects without the mouse; the rule comes first."""
    page.keyboard.press("n")
    page.keyboard.type("Heads to David")
    page.keyboard.press("Enter")
    page.keyboard.type("descr")
    press(page, "Enter", "Tab")
    page.keyboard.type("head")
    press(page, "Escape", "Alt+ArrowUp", "e")
    page.keyboard.type("only this")
    page.keyboard.press("Enter")
    page.keyboard.type("Dr. David")
    press(page, "Escape")
    card = page.locator("#rule-cards [aria-selected=true]")
    expect(card).to_contain_text("When description has the word “head”: only Dr. David Lind.")
    expect(card.locator(".card-figures")).to_contain_text("2 now")
    expect(page.locator("#rule-matches li")).to_have_count(2)
    expect(page.locator("#whole-words")).to_contain_text("2 of 4 waiting")
    expect(page.locator("#save-state")).to_have_attribute("data-tone", "fine")


def _meet_the_contradiction(page: Page, look: str) -> None:
    """Ask for neuro as well: David does not read it, so that it cannot be published; take it out again."""
    press(page, "e")
    page.keyboard.type("only readers")
    page.keyboard.press("Enter")
    page.keyboard.type("neuro")
    page.keyboard.press("Escape")
    expect(page.locator("#rule-findings")).to_contain_text("Dr. David Lind is required but does not read neuro")
    judge(page, f"rules-contradiction-{look}")
    page.keyboard.press("p")
    expect(page.locator("#publish-changes [data-blocked]")).to_be_visible()
    expect(page.locator("#publish-now")).to_be_disabled()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove “Only readers of”").press("Enter")
    expect(page.locator("#rule-findings")).not_to_contain_text("does not read neuro")
    page.keyboard.press("Escape")


def _publish(page: Page, look: str) -> None:
    expect(page.locator("#rule-cards")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#rule-cards [aria-selected=true]").focus()
    page.keyboard.press("p")
    expect(page.locator("#publish-changes")).to_contain_text("“head”: only Dr. David Lind")
    expect(page.locator("#publish-now")).to_be_enabled()
    page.keyboard.type("David covers heads this week")
    judge(page, f"rules-publish-{look}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Version 2 is in force")).to_be_visible()


def _roll_back(page: Page, look: str) -> None:
    page.goto(SITE)
    judge(page, f"rules-versions-{look}")
    press(page, "j", "j", "Enter")
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    page.locator('#connection[data-state="live"]').wait_for()
    page.keyboard.press("r")
    expect(page.locator("#roll-back")).to_be_visible()
    page.keyboard.type("David is back to bodies")
    judge(page, f"rules-roll-back-{look}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Version 3 is in force")).to_be_visible()


def test_two_editors_lose_nothing(network: Network, olga: User, open_screen: Opener) -> None:
    paulo = make_user("coordinator", network.north, name="Paulo Reis")
    with as_user(olga):
        draft = start_draft(user=olga, name="Night")
    screen = open_screen(olga.email)
    page = screen.page
    page.goto(f"{SITE}drafts/{draft.pk}/")
    expect(page.locator("#rule-cards [role=option]")).to_have_count(len(RULES))
    with as_user(paulo):
        save_draft(draft_id=draft.pk, rules=draft.rules[1:], name="Night", edit_number=1, user=paulo)
    screen.allow("409")
    page.keyboard.press("n")
    page.keyboard.type("Mine")
    expect(page.locator("#conflict")).to_be_visible()
    expect(page.locator("#conflict-words")).to_contain_text("Paulo Reis has saved this draft")
    judge(page, "rules-conflict-dark")
    page.keyboard.press("Enter")
    expect(page.locator("#draft-name")).to_have_value("Night (kept)")
    expect(page.locator("#rule-cards")).to_contain_text("Mine")
    draft.refresh_from_db()
    assert draft.rules == RULES[1:]


@pytest.mark.parametrize("look", LOOKS)
def test_groups_and_engine(network: Network, olga: User, open_screen: Opener, look: str) -> None:
    page = open_screen(olga.email, **LOOKS[look]).page
    page.goto(f"{SITE}groups/")
    judge(page, f"rules-groups-{look}")
    page.keyboard.press("n")
    page.get_by_label("Name").fill("Night team")
    page.get_by_label("Dr. David Lind").check()
    judge(page, f"rules-group-{look}")
    page.get_by_role("button", name="Add group").click()
    expect(page.get_by_role("status").filter(has_text="Night team is there")).to_be_visible()
    page.goto(f"{SITE}engine/")
    judge(page, f"rules-engine-{look}")
    page.get_by_label("Fair share", exact=True).fill("3")
    expect(page.get_by_label("Own weights")).to_be_checked()
    page.get_by_label("Even shares").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="from its next plan on")).to_be_visible()
