"""Escalation at the screen: the coordinator sets it, an alert comes by itself, a message is read and answered."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from hospitals.models import Hospital, User
from routing_rules.models import EscalationPolicy, Notice
from routing_rules.services.notices import give_notices
from tests.browser.conftest import Opener
from tests.browser.screen import DESKTOP, LARGE
from tests.browser.test_screens import judge
from tests.flow.network import Network
from tests.routing_rules.escalation.arrange import make_waiting
from tests.story import in_hospital, make_order, make_patient, make_study, make_user, see_all
from worklist.models import WorklistItem

PAGE = "/coordination/escalation/"
LOOKS = {"dark": {"size": DESKTOP, "theme": "dark"}, "light": {"size": LARGE, "theme": "light"}}
STEPS_SECONDS = 40_000


@pytest.fixture
def olga(network: Network) -> User:
    return make_user("coordinator", network.north, network.south, email="olga@example.org", name="Olga Hansen")


def waiting(
    network: Network, name: str, *, used: float, priority: str = "stat", description: str = "CT head"
) -> WorklistItem:
    """An item pinned to Ada whose clock started so long ago, as its study and its order say too."""
    minutes = {"stat": 30, "urgent": 120}[priority]
    patient = make_patient(network.north, name=name)
    order = make_order(network.north, patient, procedure_description=description, priority=priority)
    received_at = timezone.now() - used * timedelta(minutes=minutes)
    study = make_study(network.north, patient, first_received_at=received_at, completed_at=received_at)
    values = {"status": "assigned", "assigned_to": network.ada, "assigned_at": received_at, "is_pinned": True}
    return make_waiting(
        *(network.north, timezone.now()),
        used=used,
        priority=priority,
        minutes=minutes,
        study=study,
        order=order,
        **values,
    )


def cell(page: Page, priority: str, step: str) -> object:
    return page.locator(f'input[name="{priority}-{step}"]')


@pytest.mark.parametrize("look", LOOKS)
def test_the_coordinator_sets_when_what_is_done(olga: User, open_screen: Opener, look: str) -> None:
    screen = open_screen(olga.email, **LOOKS[look])
    page = screen.page
    page.goto(PAGE)
    example = page.locator('[data-label="STAT"] [data-example]')
    expect(example).to_have_text(
        "STAT, 30 min: reader reminded at 15 min, pool widened at 20 min, coordinators alerted at 24 min, "
        "on-call readers called at 27 min."
    )
    judge(page, f"escalation-{look}")
    cell(page, "stat", "remind_reader").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("40")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(example).to_contain_text("reader reminded at 12 min, coordinators alerted at 24 min")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="1 priority is changed.")).to_be_visible()
    row = EscalationPolicy.objects.get(priority="stat")
    assert (row.remind_reader_at, row.widen_pool_at, row.changed_by) == (0.4, None, olga)


@pytest.mark.parametrize("look", LOOKS)
def test_two_coordinators_at_once_are_told(network: Network, olga: User, open_screen: Opener, look: str) -> None:
    screen = open_screen(olga.email, **LOOKS[look])
    page = screen.page
    page.goto(PAGE)
    paulo = make_user("coordinator", network.north, name="Paulo Reis")
    EscalationPolicy.objects.create(
        priority="stat", remind_reader_at=0.3, edit_number=1, changed_by=paulo, changed_at=timezone.now()
    )
    cell(page, "stat", "remind_reader").fill("70")
    cell(page, "urgent", "call_on_call").fill("300")
    screen.allow("422", "409")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").first).to_contain_text("200")
    cell(page, "urgent", "call_on_call").fill("")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").first).to_contain_text("Paulo Reis changed the same priorities")
    expect(page.locator(".in-force").first).to_have_text("30 % now")
    judge(page, f"escalation-conflict-{look}")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="2 priorities are changed.")).to_be_visible()
    assert EscalationPolicy.objects.get(priority="stat").remind_reader_at == 0.7


@pytest.mark.parametrize("look", LOOKS)
def test_an_alert_comes_by_itself_and_stays_until_it_is_acknowledged(
    network: Network, olga: User, open_screen: Opener, look: str
) -> None:
    screen = open_screen(olga.email, **LOOKS[look])
    page = screen.page
    page.goto("/worklist/")
    screen.wait_until_live()
    tell_of_other_things(network.north, olga)
    item = waiting(network, "BECKER^MAJA", used=1.2, description="CT head without contrast")
    line = page.locator(".alert-line", has_text="BECKER, MAJA")
    expect(line).to_be_visible(timeout=STEPS_SECONDS)
    expect(page.locator("[data-bell-count]")).to_have_text("3")
    page.keyboard.press("Alt+n")
    expect(page.locator(".bell-line")).to_have_count(3)
    judge(page, f"bell-{look}")
    page.keyboard.press("Escape")
    page.reload()
    expect(line).to_be_visible()
    page.keyboard.press("Alt+a")
    expect(line).to_have_count(0)
    with see_all():
        assert Notice.objects.get(recipient=olga, worklist_item=item).read_at is not None
    page.keyboard.press("Alt+n")
    page.get_by_role("button", name="All read").click()
    expect(page.locator("[data-bell-count]")).to_be_hidden()


def tell_of_other_things(hospital: Hospital, person: User) -> None:
    """A rule's notice, a right that lapses."""
    now = timezone.now() - timedelta(minutes=12)
    with in_hospital(hospital):
        item = make_waiting(hospital, timezone.now(), used=0.1, priority="urgent", minutes=120)
        give_notices(
            hospital_id=hospital.pk, kind="rule", recipient_ids=[person.pk], now=now, worklist_item=item, words="Stroke"
        )
        words = "Dr. Ada Roth: Licence DE lapses on 3 Dec 2026"
        give_notices(hospital_id=hospital.pk, kind="lapse", recipient_ids=[person.pk], now=now, words=words)


@pytest.mark.parametrize("look", LOOKS)
def test_a_message_is_seen_at_once_answered_and_known_to_be_read(
    network: Network, olga: User, open_screen: Opener, look: str
) -> None:
    item = waiting(network, "BECKER^MAJA", used=0.1, priority="urgent")
    reader = open_screen(network.ada.email, **LOOKS[look])
    reader.page.goto("/worklist/")
    reader.wait_until_live()
    desk = open_screen(olga.email, **LOOKS[look])
    desk.allow("422")
    page = desk.page
    page.goto(f"/worklist/?item={item.pk}")
    page.get_by_role("button", name="Write a message").click()
    dialog = page.locator("#form-dialog")
    expect(dialog.get_by_label("To")).to_have_value(str(network.ada.pk))
    expect(dialog.get_by_label("Message")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    page.keyboard.type("The ward asks for this one before noon, please.")
    judge(page, f"message-dialog-{look}")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden()
    line = reader.page.locator(".alert-line", has_text="The ward asks for this one")
    expect(line).to_be_visible()
    judge(reader.page, f"message-line-{look}")
    line.get_by_role("button", name="Reply").click()
    expect(reader.page.locator("#form-dialog").get_by_label("Reply")).to_be_focused()
    reader.page.keyboard.type("Next after this one.")
    reader.page.keyboard.press("Control+Enter")
    expect(line).to_have_count(0)
    expect(page.locator(".alert-line", has_text="Next after this one.")).to_be_visible()
    said = page.locator("#peek .reader-messages li")
    expect(said).to_have_count(2)
    expect(said.last).to_contain_text("read")
    judge(page, f"message-answered-{look}")
