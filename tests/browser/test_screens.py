"""Every role's pages, dark and small, light and large, the portal on a phone: they fit, and axe finds nothing.

MERIDIAN_SCREENSHOTS=1 writes the pictures of docs/screenshots again; any other value names a folder for all of them.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hospitals.demonstration.people import PASSWORD
from tests import servers
from tests.browser import demonstration
from tests.browser.conftest import Opener, quiet_screens
from tests.browser.screen import DESKTOP, LARGE, PHONE, Screen, viewer_frame, wait_for_image, wait_until_saved, write
from tests.installation import Installation

AXE = (servers.PROJECT / "node_modules/axe-core/axe.min.js").read_text
LOOKS = {"dark": {"size": DESKTOP, "theme": "dark"}, "light": {"size": LARGE, "theme": "light"}}
# Of these the README and the guides show a picture.
IN_DOCS = {"worklist-dark", "reading-dark", "coordination-light", "portal-report-phone"}
VIOLATIONS = """async () => (await axe.run({exclude: [['iframe']]}, {iframes: false})).violations.map(
    violation => `${violation.id}: ${violation.help}: ${violation.nodes.slice(0, 4).map(node => node.target + ' ' +
        (node.any[0]?.message ?? '')).join(' | ')}`)"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def network_at_work(
    installation: Installation,
    django_db_setup: None,
    django_db_blocker: pytest.FixtureRequest,
    tables_filled_by_migrations: frozenset[str],
) -> Iterator[None]:
    """The demonstration network, loaded once for all pictures."""
    from django.db import connections

    with django_db_blocker.unblock():
        demonstration.load_demonstration(installation)
        yield
        connections.close_all()
        servers.empty_database(tables_filled_by_migrations)


@pytest.fixture
def look(network_at_work: None, chromium: Browser, installation: Installation) -> Iterator[Opener]:
    with quiet_screens(chromium, installation) as start:
        yield lambda email="", **options: start(email, password=PASSWORD, **options)


def judge(page: Page, name: str) -> None:
    """Take the picture that is asked for; fail when the page is too wide or axe finds a fault."""
    page.wait_for_selector("main", state="attached")
    wanted = os.environ.get("MERIDIAN_SCREENSHOTS", "")
    folder = servers.PROJECT / "docs/screenshots" if wanted == "1" else Path(wanted)
    if wanted and (wanted != "1" or name in IN_DOCS):
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", animations="disabled")
    assert page.evaluate(OVERFLOW) <= 0, f"{name} is wider than its window"
    page.evaluate(AXE())
    assert page.evaluate(VIOLATIONS) == [], name


@pytest.fixture(params=LOOKS)
def theme(request: pytest.FixtureRequest) -> str:
    return request.param


def test_sign_in(look: Opener, theme: str) -> None:
    screen = look(**LOOKS[theme])
    screen.page.goto("/sign-in/")
    judge(screen.page, f"sign-in-{theme}")
    screen.page.get_by_label("Mail address").fill("nobody@example.org")
    screen.page.get_by_label("Password").fill("wrong")
    screen.allow("422")
    screen.page.get_by_role("button", name="Sign in").click()
    expect(screen.page.get_by_role("alert")).to_contain_text("do not match")
    judge(screen.page, f"sign-in-refused-{theme}")


def test_worklist_with_its_panel(look: Opener, theme: str) -> None:
    item = demonstration.case(demonstration.STROKE)
    screen = look(demonstration.reader_of(demonstration.STROKE), **LOOKS[theme])
    screen.wait_until_live()
    screen.page.locator(f'tr[data-key="{item.pk}"]').click()
    expect(screen.page.locator("#peek-why .candidates li").first).to_be_visible()
    screen.page.wait_for_timeout(300)
    judge(screen.page, f"worklist-{theme}")
    screen.page.keyboard.press("?")
    expect(screen.page.locator("#key-help")).to_be_visible()
    judge(screen.page, f"keys-{theme}")
    screen.page.keyboard.press("Escape")
    screen.page.keyboard.press("Control+k")
    expect(screen.page.locator("#palette")).to_be_visible()
    judge(screen.page, f"palette-{theme}")


def test_reading_page_with_images(look: Opener, installation: Installation, theme: str) -> None:
    story = _stroke_with_unfinished_text(installation)
    screen = look(demonstration.reader_of(story), has_viewer=True, **LOOKS[theme])
    screen.page.goto(f"/reading/{demonstration.case(story).pk}/")
    wait_for_image(viewer_frame(screen.page))
    expect(screen.page.locator("#viewer-warning")).to_be_hidden()
    _scroll_to_the_middle(screen.page)
    judge(screen.page, f"reading-{theme}")


def _scroll_to_the_middle(page: Page) -> None:
    """Turn the wheel over the images, as a reader does: the first slice of a head shows little."""
    window = page.viewport_size
    page.mouse.move(window["width"] * 0.7, window["height"] * 0.6)
    for _ in range(11):
        page.mouse.wheel(0, 120)
        page.wait_for_timeout(120)
    page.wait_for_timeout(1500)


def _stroke_with_unfinished_text(installation: Installation) -> str:
    """Save the text that lacks its impression, whatever an earlier test left; return the case's story."""
    story = demonstration.STROKE
    session = demonstration.session_of_reader(installation, story)
    unfinished = demonstration.UNFINISHED | {"impression": "1. [answer to the clinical question]"}
    demonstration.save_text(session, demonstration.case(story), unfinished)
    session.client.close()
    return story


def test_sign_dialog(look: Opener, installation: Installation, theme: str) -> None:
    story = _stroke_with_unfinished_text(installation)
    screen = look(demonstration.reader_of(story), **LOOKS[theme])
    screen.page.goto(f"/reading/{demonstration.case(story).pk}/")
    write(screen.page, "impression", "Early ischaemia in the left middle cerebral artery territory.")
    wait_until_saved(screen.page)
    screen.page.keyboard.press("Control+Enter")
    expect(screen.page.get_by_label("Your password")).to_be_focused()
    judge(screen.page, f"sign-dialog-{theme}")


@pytest.mark.parametrize(("place", "picture"), [(PHONE, "phone"), (DESKTOP, "desktop")])
def test_portal(look: Opener, place: dict[str, int], picture: str) -> None:
    screen = look(demonstration.REFERRER, size=place, theme="light" if picture == "phone" else "dark")
    cards = screen.page.locator(".report-card")
    expect(cards).to_have_count(3)
    screen.wait_until_live()
    judge(screen.page, f"portal-{picture}")
    cards.filter(has_text="Gallstones").click()
    expect(screen.page.locator(".portal-text .impression")).to_contain_text("Gallstones")
    judge(screen.page, f"portal-report-{picture}")
    _targets_are_big(screen)
    screen.page.get_by_role("link", name="All reports").click()
    expect(screen.page.get_by_role("heading", name="Seen before")).to_be_visible()


def _targets_are_big(screen: Screen) -> None:
    """WCAG 2.5.5: what a thumb hits in the report's own controls is 44 pixels high."""
    heights = screen.page.locator(".portal-actions a").evaluate_all(
        "links => links.map(link => link.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44


ADMINISTRATION = {
    "health": "/administration/",
    "hospitals": "/administration/hospitals/",
    "nodes": "/administration/nodes/",
    "add-node": "/administration/nodes/add/",
    "hl7-sources": "/administration/hl7-sources/",
    "people": "/administration/people/",
    "add-person": "/administration/people/add/",
    "rejected-associations": "/administration/rejected-associations/",
    "quarantine": "/administration/quarantine/",
    "retention-rules": "/administration/retention-rules/",
    "add-retention-rule": "/administration/retention-rules/add/",
    "legal-holds": "/administration/legal-holds/",
    "image-deletions": "/administration/image-deletions/",
    "conflicts": "/administration/conflicts/",
    "rejection-notes": "/administration/rejection-notes/",
    "reject-images": "/administration/rejection-notes/add/",
    "damaged-files": "/administration/damaged-files/",
    "research": "/administration/research/",
    "add-project": "/administration/research/projects/add/",
    "ask-for-copies": "/administration/research/ask/",
    "commitments": "/administration/commitments/",
    "availability": "/administration/availability/",
    "audit": "/administration/audit/",
}


def test_administration(look: Opener, theme: str) -> None:
    screen = look(demonstration.SYSTEM_ADMINISTRATOR, **LOOKS[theme])
    for name, path in ADMINISTRATION.items():
        answer = screen.page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        judge(screen.page, f"administration-{name}-{theme}")


def test_error_pages_say_what_to_do(look: Opener, theme: str) -> None:
    screen = look(demonstration.REFERRER, **LOOKS[theme])
    assert screen.refused("/portal/reports/999999/").status == 404
    judge(screen.page, f"not-found-{theme}")
    assert screen.refused("/worklist/").status == 403
    judge(screen.page, f"forbidden-{theme}")
