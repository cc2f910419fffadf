"""The coordinator plans by keyboard, undoes and decides; a reader offers, asks for time off and can't go on."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from hospitals.models import Holiday, ReaderGroup, Shift, ShiftBreak, ShiftSwap, ShiftTemplate, TimeOff, User
from hospitals.services.rota import add_shift
from hospitals.services.shift_swaps import decide_swap
from hospitals.services.time_off import ask_time_off, decide_time_off
from tests.browser.conftest import Opener
from tests.browser.screen import DESKTOP, LARGE, PHONE
from tests.browser.test_screens import judge
from tests.flow.network import Network
from tests.hospitals.rota.arrange import make_template
from tests.story import make_item, make_radiologist, make_study, make_user, see_all

SITE = "/coordination/rota/"
BERLIN = ZoneInfo("Europe/Berlin")
LOOKS = {"dark": {"size": DESKTOP, "theme": "dark"}, "light": {"size": LARGE, "theme": "light"}}
# Copies, no text: what a picture taken before has styled would be inline style when it is read again.
DRAWN_ANEW = """() => {
  const results = document.getElementById("results");
  results.replaceChildren(...[...results.childNodes].map(node => node.cloneNode(true)));
}"""
MIDDLE = """element => {
  element.closest("td").scrollIntoView({ block: "nearest" });
  const { left, top, width, height } = element.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""
# Name, subspecialties, hour of the start, hours, weekdays.
TEAM = (
    ("Dr. Ada Berger", "neuro", 6, 9, range(7)),
    ("Dr. Bruno Costa", "neuro chest", 14, 9, range(7)),
    ("Dr. Clara Nowak", "neuro body chest", 22, 9, (0, 1, 2, 3, 6)),
    ("Dr. David Lind", "body", 6, 9, range(5)),
    ("Dr. Elena Ferro", "body musculoskeletal", 14, 9, range(5)),
    ("Dr. Farid Amin", "musculoskeletal paediatric", 7, 8, range(6)),
    ("Dr. Greta Holm", "chest breast", 8, 8, range(5)),
    ("Dr. Henry Oduya", "chest", 10, 8, (1, 2, 3, 4, 5)),
)


def monday() -> date:
    today = timezone.now().astimezone(BERLIN).date()
    return today - timedelta(days=today.weekday())


def local(day: date, hour: float) -> datetime:
    return datetime.combine(day, time.min, BERLIN) + timedelta(hours=hour)


@pytest.fixture
def team(network: Network) -> dict[str, User]:
    """Eight readers with two weeks of shifts, some on call, off, dropped out; arrivals of the last weeks."""
    readers = {}
    for name, subspecialties, hour, hours, weekdays in TEAM:
        reader = make_radiologist(
            network.north,
            network.south,
            name=name,
            subspecialties=tuple(subspecialties.split()),
            on_shift=False,
            time_zone="Europe/Berlin",
            email=f"{name.split()[-1].lower()}@example.org",
        )
        readers[name.split()[-1]] = reader
        for day in (monday() + timedelta(days=number) for number in range(14)):
            if day.weekday() in weekdays:
                starts_at = local(day, hour)
                shift = Shift.objects.create(radiologist=reader, starts_at=starts_at, ends_at=local(day, hour + hours))
                pause = local(day, hour + 4)
                ShiftBreak.objects.create(shift=shift, starts_at=pause, ends_at=pause + timedelta(minutes=45))
    _what_happens(readers, network)
    return readers


def _what_happens(readers: dict[str, User], network: Network) -> None:
    friday = local(monday() + timedelta(days=4), 22)
    Shift.objects.create(
        radiologist=readers["Oduya"], starts_at=friday, ends_at=friday + timedelta(hours=8), is_on_call=True
    )
    off = local(monday() + timedelta(days=3), 0)
    TimeOff.objects.create(
        radiologist=readers["Lind"], starts_at=off, ends_at=off + timedelta(days=2), reason="Congress"
    )
    asked = local(monday() + timedelta(days=9), 0)
    TimeOff.objects.create(
        radiologist=readers["Holm"], starts_at=asked, ends_at=asked + timedelta(days=1), status="asked"
    )
    first = Shift.objects.filter(radiologist=readers["Amin"]).earliest("starts_at")
    Shift.objects.filter(pk=first.pk).update(dropped_out_at=first.starts_at + timedelta(hours=5), drop_out_reason="ill")
    Holiday.objects.create(hospital=None, on=monday() + timedelta(days=2), name="Unity day")
    make_template(name="Night, Berlin", weekdays=[0, 1, 2, 3, 4])
    make_template(name="Early", starts_at_time="06:00", minutes=540, break_after_minutes=240, break_minutes=45)
    ReaderGroup.objects.create(name="Night team").members.set([readers["Nowak"], readers["Costa"]])
    now = timezone.now()
    for number in range(60):
        opened = now - timedelta(hours=9 * number + 3)
        make_item(network.north, make_study(network.north), opened_at=opened, expected_minutes=90, status="signed")


@pytest.fixture
def olga(network: Network, team: dict[str, User]) -> User:
    return make_user(
        "coordinator",
        network.north,
        network.south,
        email="olga@example.org",
        name="Olga Hansen",
        time_zone="Europe/Berlin",
    )


def cell(page: Page, reader: User, day: date) -> Locator:
    return page.locator(f"#cell-{reader.pk}-{day:%Y-%m-%d}")


@pytest.mark.parametrize("look", LOOKS)
def test_the_calendar(olga: User, team: dict[str, User], open_screen: Opener, look: str) -> None:
    page = open_screen(olga.email, **LOOKS[look]).page
    page.goto(SITE)
    expect(page.locator(".rota-grid tbody.readers tr")).to_have_count(len(TEAM) + 3)
    expect(page.locator(".rota-gap").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    judge(page, f"rota-{look}")
    page.goto(f"{SITE}?days=14&coverage=all")
    judge(page, f"rota-two-weeks-{look}")
    page.goto(f"{SITE}?days=1&zone=UTC")
    judge(page, f"rota-day-{look}")


def test_shifts_are_planned_by_keyboard(olga: User, team: dict[str, User], open_screen: Opener) -> None:
    screen = open_screen(olga.email)
    page, reader = screen.page, team["Oduya"]
    next_monday = monday() + timedelta(days=7)
    page.goto(f"{SITE}?start={next_monday}")
    cell(page, reader, next_monday).focus()
    page.keyboard.press("a")
    expect(page.locator("#rota-dialog")).to_be_visible()
    expect(page.locator("#shift_radiologist")).to_have_value(str(reader.pk))
    page.locator("#shift_breaks").fill("noon")
    judge(page, "rota-add-dark")
    screen.allow("422")
    page.keyboard.press("Enter")
    expect(page.locator("#rota-dialog .fault")).to_contain_text("Maybe 12:00-12:30")
    page.locator("#shift_breaks").fill("12:00-12:30")
    page.keyboard.press("Enter")
    expect(page.locator("#rota-said")).to_contain_text("shift added, Mon 08:00–16:00")
    expect(cell(page, reader, next_monday)).to_be_focused()
    shift = Shift.objects.get(radiologist=reader, starts_at=local(next_monday, 8))
    assert shift.breaks.get().starts_at == local(next_monday, 12)
    page.keyboard.press("z")
    expect(page.locator("#rota-said")).to_contain_text("Undone.")
    assert not Shift.objects.filter(pk=shift.pk).exists()
    _remove_and_put_back(page, reader, next_monday + timedelta(days=1))
    _change(page, reader, next_monday + timedelta(days=1))
    _apply_template(page, team["Holm"], next_monday)


def _remove_and_put_back(page: Page, reader: User, day: date) -> None:
    page.keyboard.press("ArrowRight")
    expect(cell(page, reader, day)).to_be_focused()
    before = Shift.objects.get(radiologist=reader, starts_at=local(day, 10))
    page.keyboard.press("Delete")
    page.locator("#confirmation").get_by_role("button", name="Remove").click()
    expect(page.locator("#rota-said")).to_contain_text("shift removed")
    assert not Shift.objects.filter(pk=before.pk).exists()
    page.keyboard.press("z")
    expect(page.locator("#rota-said")).to_contain_text("Undone.")
    again = Shift.objects.get(radiologist=reader, starts_at=local(day, 10))
    assert (again.ends_at, again.breaks.count()) == (before.ends_at, 1)


def _change(page: Page, reader: User, day: date) -> None:
    page.keyboard.press("Enter")
    expect(page.locator("#shift_starts")).to_have_value("10:00")
    page.locator("#shift_ends").fill("19:30")
    judge(page, "rota-shift-dark")
    page.keyboard.press("Enter")
    expect(page.locator("#rota-said")).to_contain_text("Tue 10:00–19:30")
    assert Shift.objects.get(radiologist=reader, starts_at=local(day, 10)).ends_at == local(day, 19.5)


def _apply_template(page: Page, reader: User, day: date) -> None:
    cell(page, reader, day).focus()
    page.keyboard.press("t")
    expect(page.locator("#apply_first")).to_have_value(f"{day}")
    page.locator("#apply_template").select_option(label=page.locator("#apply_template option").last.inner_text())
    judge(page, "rota-template-dark")
    page.get_by_role("button", name="Make the shifts").click()
    expect(page.locator("#rota-said")).to_contain_text("5 shifts added.")
    assert Shift.objects.filter(radiologist=reader, starts_at=local(day, 22)).exists()


def bar(page: Page, shift: Shift) -> Locator:
    return page.locator(f'.shift[data-shift="{shift.pk}"]').first


def hold(page: Page, handle: Locator) -> tuple[float, float]:
    """Press the mouse in the middle of a bar or of one of its ends; return where."""
    # In one step: a live update may draw the row anew between two.
    x, y = handle.evaluate(MIDDLE)
    page.mouse.move(x, y)
    page.mouse.down()
    return x, y


def pixels(page: Page, reader: User, day: date, hours: float) -> float:
    box = cell(page, reader, day).bounding_box()
    assert box is not None
    return box["width"] * hours / 24


def carry(page: Page, at: tuple[float, float], *, right: float = 0, down: float = 0) -> None:
    """Move the held mouse there in several steps, as a hand does."""
    page.mouse.move(at[0] + right, at[1] + down, steps=6)


@pytest.fixture
def look() -> str:
    return "dark"


@pytest.fixture
def dragged(olga: User, team: dict[str, User], open_screen: Opener, look: str) -> tuple[Page, Shift, date]:
    """The calendar of next week, and the shift of its Tuesday, 10:00 to 18:00, that is dragged."""
    screen, day = open_screen(olga.email, **LOOKS[look]), monday() + timedelta(days=8)
    screen.allow("422")
    screen.page.goto(f"{SITE}?start={day}")
    return screen.page, Shift.objects.get(radiologist=team["Oduya"], starts_at=local(day, 10)), day


@pytest.mark.parametrize("look", LOOKS)
def test_a_shift_is_dragged_to_another_time_and_put_back(
    dragged: tuple[Page, Shift, date], team: dict[str, User], look: str
) -> None:
    page, shift, day = dragged
    at = hold(page, bar(page, shift))
    carry(page, at, right=pixels(page, team["Oduya"], day, 2.05))
    expect(page.locator(".shift-tip")).to_have_text("Tue 12:00–20:00")
    judge(page, f"rota-drag-{look}")
    page.mouse.up()
    expect(page.locator("#rota-said")).to_contain_text("Dr. Henry Oduya: shift changed, Tue 12:00–20:00.")
    expect(page.locator(".shift-ghost")).to_have_count(0)
    expect(cell(page, team["Oduya"], day)).to_be_focused()
    shift.refresh_from_db()
    assert (shift.starts_at, shift.ends_at) == (local(day, 12), local(day, 20))
    assert shift.breaks.get().starts_at == local(day, 16)
    page.keyboard.press("z")
    expect(page.locator("#rota-said")).to_contain_text("Undone.")
    shift.refresh_from_db()
    assert (shift.starts_at, shift.breaks.get().starts_at) == (local(day, 10), local(day, 14))


def test_a_shift_is_dragged_to_another_reader_and_day_where_it_fits(
    dragged: tuple[Page, Shift, date], team: dict[str, User]
) -> None:
    page, shift, day = dragged
    rows = {name: cell(page, team[name], day).bounding_box() for name in ("Oduya", "Holm", "Lind")}
    down = {name: box["y"] - rows["Oduya"]["y"] for name, box in rows.items() if box and rows["Oduya"]}
    carry(page, hold(page, bar(page, shift)), down=down["Holm"])
    expect(page.locator(".shift-tip")).to_have_text("Dr. Greta Holm, Tue 10:00–18:00")
    page.mouse.up()
    expect(page.locator(".toast-line")).to_contain_text("Dr. Greta Holm has a shift then already")
    expect(page.locator(".shift-ghost")).to_have_count(0)
    shift.refresh_from_db()
    assert shift.radiologist == team["Oduya"]
    # Dr. Lind has no shift on Saturday.
    saturday = day + timedelta(days=4)
    carry(page, hold(page, bar(page, shift)), right=4 * pixels(page, team["Oduya"], day, 24), down=down["Lind"])
    page.mouse.up()
    expect(page.locator("#rota-said")).to_contain_text("Dr. David Lind: shift changed, Sat 10:00–18:00.")
    shift.refresh_from_db()
    assert (shift.radiologist, shift.starts_at) == (team["Lind"], local(saturday, 10))
    page.keyboard.press("z")
    expect(page.locator("#rota-said")).to_contain_text("Undone.")
    shift.refresh_from_db()
    assert (shift.radiologist, shift.starts_at) == (team["Oduya"], local(day, 10))


def test_the_ends_of_a_shift_are_dragged_in_quarters_of_an_hour(
    dragged: tuple[Page, Shift, date], team: dict[str, User]
) -> None:
    page, shift, day = dragged
    carry(
        page,
        hold(page, bar(page, shift).locator('[data-edge="end"]')),
        right=pixels(page, team["Oduya"], day, 1.3),
    )
    page.mouse.up()
    expect(page.locator("#rota-said")).to_contain_text("Tue 10:00–19:15.")
    carry(
        page,
        hold(page, bar(page, shift).locator('[data-edge="start"]')),
        right=pixels(page, team["Oduya"], day, -2),
    )
    page.mouse.up()
    expect(page.locator("#rota-said")).to_contain_text("Tue 08:00–19:15.")
    shift.refresh_from_db()
    assert (shift.starts_at, shift.ends_at) == (local(day, 8), local(day, 19.25))
    assert shift.breaks.get().starts_at == local(day, 14)


def test_escape_leaves_a_dragged_shift_and_a_click_still_opens_it(
    dragged: tuple[Page, Shift, date], team: dict[str, User]
) -> None:
    page, shift, day = dragged
    carry(page, hold(page, bar(page, shift)), right=pixels(page, team["Oduya"], day, 30))
    expect(page.locator(".shift-ghost")).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".shift-ghost")).to_have_count(0)
    expect(page.locator("#spoken")).to_have_text("Not moved.")
    page.mouse.up()
    expect(page.locator("#rota-dialog")).not_to_be_visible()
    bar(page, shift).click()
    expect(page.locator("#shift_starts")).to_have_value("10:00")
    # By key a shift goes to another reader too.
    page.locator("#shift_radiologist").select_option(str(team["Costa"].pk))
    page.locator("#shift_day").fill(f"{day + timedelta(days=5)}")
    page.locator("#shift_starts").fill("02:00")
    page.locator("#shift_ends").fill("09:00")
    page.locator("#shift_breaks").fill("")
    page.keyboard.press("Enter")
    expect(page.locator("#rota-said")).to_contain_text("Dr. Bruno Costa: shift changed, Sun 02:00–09:00.")
    shift.refresh_from_db()
    assert shift.radiologist == team["Costa"]
    assert shift.starts_at == local(day + timedelta(days=5), 2)


def test_what_others_change_appears(olga: User, team: dict[str, User], open_screen: Opener) -> None:
    screen = open_screen(olga.email)
    page, day = screen.page, monday() + timedelta(days=13)
    page.goto(f"{SITE}?start={day}")
    screen.wait_until_live()
    empty = f"Dr. Greta Holm, {day:%a} {day.day} {day:%b}: no shift"
    expect(cell(page, team["Holm"], day).locator(".words")).to_have_text(empty)
    with see_all():
        shift = add_shift(radiologist=team["Holm"], starts_at=local(day, 9), ends_at=local(day, 12))
    expect(cell(page, team["Holm"], day)).to_have_attribute("data-shifts", str(shift.pk), timeout=20_000)


@pytest.mark.parametrize("look", LOOKS)
def test_lists_and_decisions(olga: User, team: dict[str, User], open_screen: Opener, look: str) -> None:
    page = open_screen(olga.email, **LOOKS[look]).page
    shift = Shift.objects.filter(radiologist=team["Nowak"], starts_at__gt=timezone.now()).latest("starts_at")
    ShiftSwap.objects.create(
        shift=shift, offered_by=team["Nowak"], taken_by=team["Lind"], status="taken", note="Wedding"
    )
    page.goto(f"{SITE}templates/")
    judge(page, f"rota-templates-{look}")
    page.goto(f"{SITE}templates/add/")
    judge(page, f"rota-template-form-{look}")
    page.goto(f"{SITE}holidays/")
    page.get_by_label("Country or part").fill("DE-BE")
    page.get_by_role("button", name="Import").click()
    expect(page.locator(".notice[data-tone=fine]")).to_contain_text("holidays added.")
    judge(page, f"rota-holidays-{look}")
    page.goto(f"{SITE}time-off/")
    judge(page, f"rota-time-off-{look}")
    page.get_by_role("button", name="Agree").click()
    expect(page.locator(".notice")).to_contain_text("Dr. Greta Holm may be off. 1 shift inside is uncovered.")
    page.goto(f"{SITE}swaps/")
    expect(page.locator("#results")).to_contain_text("does not read chest, neuro")
    judge(page, f"rota-swaps-{look}")
    page.get_by_role("button", name="Agree").click()
    # A live update may draw the list anew while the question stands: the answer still holds for its button.
    page.evaluate(DRAWN_ANEW)
    page.locator("#confirmation").get_by_role("button", name="Agree").click()
    expect(page.locator(".notice")).to_contain_text("is Dr. David Lind's now")
    shift.refresh_from_db()
    assert shift.radiologist == team["Lind"]


@pytest.mark.parametrize("look", LOOKS)
def test_what_was_decided_is_behind_the_readers_bell(
    olga: User, team: dict[str, User], open_screen: Opener, look: str
) -> None:
    reader, now = team["Nowak"], timezone.now()
    shift = Shift.objects.filter(radiologist=reader, starts_at__gt=now).latest("starts_at")
    swap = ShiftSwap.objects.create(shift=shift, offered_by=reader, taken_by=team["Lind"], status="taken")
    screen = open_screen(reader.email, **LOOKS[look])
    page = screen.page
    page.goto("/worklist/")
    screen.wait_until_live()
    with see_all():
        decide_swap(swap=swap, agree=True, decided_by=olga, now=now)
        day = local(monday() + timedelta(days=21), 0)
        asked = ask_time_off(radiologist=reader, starts_at=day, ends_at=local(monday() + timedelta(days=26), 0))
        decide_time_off(time_off=asked, agree=False, decided_by=olga, now=now)
    expect(page.locator("[data-bell-count]")).to_have_text("2", timeout=20_000)
    page.keyboard.press("Alt+n")
    expect(page.locator(".bell-line")).to_have_count(2)
    expect(page.locator(".bell-list")).to_contain_text("is Dr. David Lind's now, no longer yours.")
    expect(page.locator(".bell-list")).to_contain_text("Refused by Olga Hansen: your time off Mon")
    judge(page, f"bell-rota-{look}")
    page.locator(".bell-line").first.get_by_role("link", name="My shifts").click()
    expect(page.locator("#mine-shifts")).to_be_visible()


@pytest.mark.parametrize("look", {**LOOKS, "phone": {}})
def test_my_shifts(olga: User, team: dict[str, User], open_screen: Opener, look: str) -> None:
    options = LOOKS.get(look, {"size": PHONE, "theme": "light"})
    now, reader = timezone.now(), team["Nowak"]
    near = {"starts_at__lt": now + timedelta(hours=8), "ends_at__gt": now - timedelta(hours=3)}
    Shift.objects.filter(radiologist=reader, **near).delete()
    Shift.objects.create(radiologist=reader, starts_at=now - timedelta(hours=2), ends_at=now + timedelta(hours=5))
    # Beyond the two weeks that are planned, so that whatever the day and hour nobody is booked then.
    for starts_at in (local(monday() + timedelta(days=days), 14) for days in (15, 16)):
        offered = Shift.objects.create(
            radiologist=team["Ferro"], starts_at=starts_at, ends_at=starts_at + timedelta(hours=9)
        )
        ShiftSwap.objects.create(shift=offered, offered_by=team["Ferro"], note="School play")
    page = open_screen(reader.email, **options).page
    page.goto("/my-shifts/")
    page.get_by_role("button", name="Offer the shift").last.click()
    expect(page.locator("#mine-shifts")).to_contain_text("offered")
    page.get_by_role("button", name="Take the shift").first.click()
    expect(page.locator("#mine-offers")).to_contain_text("waits for the coordinator")
    day = now.astimezone(BERLIN).date() + timedelta(days=20)
    page.get_by_label("First day").fill(f"{day}")
    page.get_by_label("Last day").fill(f"{day}")
    page.get_by_role("button", name="Ask for time off").click()
    expect(page.get_by_text("asked for")).to_be_visible()
    page.get_by_role("button", name="Make an address").click()
    address = page.get_by_label("Address of my calendar").input_value()
    assert address.endswith(".ics")
    judge(page, f"my-shifts-{look}")
    page.get_by_role("button", name="I can't go on").click()
    page.locator("#confirmation").get_by_role("button", name="I can't go on").click()
    expect(page.locator("#mine-shifts")).to_contain_text("dropped out")
    assert Shift.objects.get(radiologist=reader, dropped_out_at__isnull=False).starts_at < now
    page.get_by_role("button", name="I read on").click()
    expect(page.get_by_role("button", name="I can't go on")).to_be_visible()
    assert ShiftTemplate.objects.count() == 2
