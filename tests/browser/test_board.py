"""The coordinator's board in a real browser, the planner running: by keyboard, by dragging, live, and how it looks."""

import pytest
from playwright.sync_api import Locator, Page, expect

from hospitals.models import User
from tests.browser.board_day import begin_day
from tests.browser.conftest import Opener
from tests.browser.screen import DESKTOP, LARGE, Screen
from tests.browser.test_screens import judge
from tests.flow.network import Network
from tests.installation import wait_for
from tests.story import as_user, see_all
from worklist.models import WorklistItem
from worklist.services import claim_worklist_item

LOOKS = {"dark": {"size": DESKTOP, "theme": "dark"}, "light": {"size": LARGE, "theme": "light"}}


@pytest.fixture
def olga(network: Network) -> User:
    return begin_day(network)


@pytest.fixture
def board(olga: User, open_screen: Opener) -> Screen:
    screen = open_screen(olga.email)
    screen.page.goto("/coordination/?view=waiting")
    screen.wait_until_live()
    return screen


def row(page: Page, name: str) -> Locator:
    return page.locator("#item-table tr[data-key]", has_text=name).first


def reader_row(page: Page, name: str) -> Locator:
    return page.locator("#reader-table tr[data-key]", has_text=name)


def item_of(name: str) -> WorklistItem:
    with see_all():
        return WorklistItem.objects.select_related("assigned_to").get(study__patient__name=name)


def test_three_are_assigned_pinned_and_taken_back_by_keyboard(board: Screen) -> None:
    page = board.page
    page.keyboard.press("Home")
    for _ in range(2):
        page.keyboard.press("j")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("#ticked")).to_have_text("3 ticked")
    keys = page.locator("tr[data-ticked]").evaluate_all("rows => rows.map(row => Number(row.dataset.key))")
    page.keyboard.press("a")
    expect(page.locator("#choice-list [role=option]").first).to_be_visible()
    page.keyboard.type("nowak")
    page.keyboard.press("Enter")
    _confirm_if_asked(page)
    expect(page.locator("#outcome")).to_contain_text("Dr. Clara Nowak")
    _all_have(keys, "Dr. Clara Nowak", is_pinned=True)
    page.locator(f'#item-table tr[data-key="{keys[0]}"][data-pinned]').click()
    page.keyboard.press("p")
    expect(page.locator("#outcome")).to_contain_text("1 pin is taken out.")
    page.keyboard.press("z")
    expect(page.locator("#outcome")).to_contain_text("1 study is as it was before.")
    _all_have(keys, "Dr. Clara Nowak", is_pinned=True)
    page.keyboard.press("t")
    expect(page.locator("#outcome")).to_contain_text("1 study is taken back")
    with see_all():
        taken = WorklistItem.objects.select_related("assigned_to").get(pk=keys[0])
    assert not taken.is_pinned
    assert taken.assigned_to is None or taken.assigned_to.name != "Dr. Clara Nowak", "The planner may be faster."


def _confirm_if_asked(page: Page) -> None:
    page.wait_for_function(
        "() => document.getElementById('confirmation').open || !document.getElementById('outcome').hidden"
    )
    if page.locator("#confirmation").is_visible():
        page.keyboard.press("Enter")


def _all_have(keys: list[int], name: str, *, is_pinned: bool) -> None:
    with see_all():
        found = list(WorklistItem.objects.filter(pk__in=keys).values_list("assigned_to__name", "is_pinned"))
    assert found == [(name, is_pinned)] * len(keys)


def test_why_and_why_not_are_read_by_keyboard(board: Screen) -> None:
    page = board.page
    row(page, "MÜLLER").click()
    why = page.locator("#why-panel")
    expect(why.locator(".decision-summary")).to_be_visible()
    expect(why).to_contain_text("What happened")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("End")
    expect(page.locator("#reader-table tr[aria-selected=true]")).to_be_focused()
    reader_row(page, "Quirin Abel").click()
    expect(page.locator("#reader-panel .why-not")).to_contain_text("Not Dr. Quirin Abel: no privilege for CT at NORTH.")
    reader_row(page, "Nils Berg").click()
    expect(page.locator("#reader-panel .why-not")).to_contain_text("off shift until")
    page.keyboard.press("ArrowRight")
    expect(row(page, "MÜLLER")).to_be_focused()


def test_a_barred_reader_cannot_be_chosen_and_one_off_shift_only_after_a_question(board: Screen) -> None:
    page = board.page
    row(page, "BRANDT").click()
    page.keyboard.press("a")
    page.keyboard.type("abel")
    expect(page.locator("#choice-list [role=option]:not([hidden])")).to_have_count(1)
    expect(page.locator("#assign-now")).to_be_disabled()
    page.keyboard.press("Enter")
    expect(page.locator("#assign-dialog")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("berg")
    page.keyboard.press("Enter")
    expect(page.locator("#confirmation")).to_contain_text("Dr. Nils Berg: Off shift until")
    expect(page.locator("#confirmation")).to_contain_text("BRANDT, OTTO, CT head without contrast")
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_contain_text("1 study is assigned to Dr. Nils Berg.")
    found = item_of("BRANDT^OTTO")
    assert (found.assigned_to.name, found.is_pinned) == ("Dr. Nils Berg", True)


def test_a_study_is_dragged_to_a_reader(board: Screen) -> None:
    page = board.page
    dragged = row(page, "NIELSEN")
    item_id = dragged.get_attribute("data-key")
    dragged.drag_to(reader_row(page, "Keiko Mori"))
    expect(page.locator("#outcome")).to_contain_text("1 study is assigned to Dr. Keiko Mori.")
    expect(page.locator(f'#item-table tr[data-key="{item_id}"]')).to_contain_text("Dr. Keiko Mori")
    with see_all():
        assert WorklistItem.objects.get(pk=item_id).is_pinned


def test_what_others_do_shows_at_once_and_focus_and_ticks_stay(board: Screen) -> None:
    page = board.page
    waiting = item_of("MÜLLER^JAN")
    row(page, "KOWALSKI").click()
    page.keyboard.press("x")
    row(page, "ROSSI").click()
    assert waiting.assigned_to is not None
    with as_user(waiting.assigned_to):
        claim_worklist_item(worklist_item_id=waiting.pk, user=waiting.assigned_to)
    expect(page.locator(f'#item-table tr[data-key="{waiting.pk}"]')).to_have_count(0)
    expect(row(page, "ROSSI")).to_be_focused()
    expect(row(page, "KOWALSKI")).to_have_attribute("data-ticked", "")
    expect(reader_row(page, waiting.assigned_to.name)).to_contain_text("left")


def test_the_hours_ahead_stay_open_when_a_refresh_was_on_its_way(board: Screen) -> None:
    page, held = board.page, []
    page.route("**/coordination/cover/", lambda route: held.append(route))
    changed = "new CustomEvent('meridian:hints', {detail: {hints: [{event: 'RotaChanged'}]}})"
    page.evaluate(f"() => document.dispatchEvent({changed})")
    wait_for(lambda: page.wait_for_timeout(20) or held, what="a refresh of the hours ahead")
    page.keyboard.press("c")
    expect(page.locator(".cover-table")).to_be_visible()
    page.evaluate("() => { document.querySelector('.cover-table').dataset.isOld = ''; }")
    held[0].continue_()
    expect(page.locator(".cover-table[data-is-old]")).to_have_count(0)
    expect(page.locator(".cover-table")).to_be_visible()


def test_views_search_and_filter_narrow_down(board: Screen) -> None:
    page = board.page
    page.keyboard.press("f")
    page.keyboard.type("okafor")
    expect(page.locator("#item-table tr[data-key]")).to_have_count(5)
    assert "okafor" not in page.url
    page.keyboard.press("Escape")
    page.locator("#board-subspecialty").select_option("chest")
    expect(reader_row(page, "Farid Amin")).to_have_count(0)
    expect(reader_row(page, "Henry Oduya")).to_have_count(1)
    assert "subspecialty=chest" in page.url


@pytest.mark.parametrize("look", LOOKS)
def test_how_it_looks(olga: User, open_screen: Opener, look: str) -> None:
    screen = open_screen(olga.email, **LOOKS[look])
    page = screen.page
    screen.wait_until_live()
    page.locator("#item-table tr[data-key]").first.click()
    reader_row(page, "Clara Nowak").click()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#why-panel .decision-summary")).to_be_visible(timeout=20_000)
    expect(page.locator("#reader-panel .why-not")).to_be_visible(timeout=20_000)
    page.wait_for_timeout(500)
    judge(page, f"coordination-{look}")
    page.keyboard.press("a")
    expect(page.locator("#choice-list [role=option]").first).to_be_visible()
    judge(page, f"assign-{look}")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.locator(".cover-table")).to_be_visible()
    judge(page, f"cover-{look}")
    page.keyboard.press("c")
    page.keyboard.press("b")
    expect(page.locator(".fairness-table")).to_be_visible()
    judge(page, f"fairness-{look}")
    page.keyboard.press("b")
    page.keyboard.press("6")
    expect(page.locator("#item-table .stage", has_text="prelim").first).to_be_visible()
    expect(page.locator("#item-table .stage", has_text="2nd")).to_have_count(0)
    expect(page.locator("#item-table .stage", has_text="1st").first).to_be_visible()
    page.locator("#item-table tr[data-key]", has=page.locator(".stage", has_text="final")).last.click()
    expect(page.locator("#why-panel")).to_contain_text("read first by Dr. Rita Young")
    judge(page, f"board-stages-{look}")
    assert page.locator("#cover .gap").count() > 0, "The day has an hour that falls short."
