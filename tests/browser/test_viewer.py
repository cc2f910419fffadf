"""Images beside the text in a real browser, with the real viewer: priors, measurements, what comes next."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect

from pacs_core.archive.models import Study
from tests.browser.conftest import Opener
from tests.browser.screen import Screen, viewer_frame, wait_for_image, wait_until_saved, write
from tests.flow.network import Network
from tests.installation import Installation, wait_for
from tests.senders import dcmsend, head_ct, write_study
from tests.story import see_all
from worklist.models import WorklistItem

# What the viewers say, from before the page's own scripts.
HEAR = """window.heard = [];
new BroadcastChannel('meridian-viewer').addEventListener('message', event => window.heard.push(event.data));"""
SHOWS = """uids => {
    const last = window.heard.findLast(message => message.type === 'showing' && message.shown.length);
    return last && JSON.stringify(last.shown.map(image => image.studyInstanceUid)) === JSON.stringify(uids);
}"""


def send_study(installation: Installation, folder: Path, accession_number: str, year: int, **fields: str) -> Study:
    """Send a head CT of this year; return it once all of it is filed."""
    at = datetime(year, 11, 24, 9, 30)  # noqa: DTZ001  a DICOM local time has no zone
    write_study(folder, head_ct(2, accession_number=accession_number, study_at=at, **fields))
    dcmsend(installation.dimse, folder)

    def filed() -> Study | None:
        with see_all():
            return Study.objects.filter(accession_number=accession_number, number_of_instances=2).first()

    return wait_for(filed, what=f"study {accession_number}")


def item_of(study: Study) -> WorklistItem:
    def opened() -> WorklistItem | None:
        with see_all():
            return WorklistItem.objects.filter(study=study).first()

    return wait_for(opened, what="the item")


@pytest.fixture
def open_reader(open_screen: Opener) -> Callable[[], Screen]:
    def start() -> Screen:
        ada = open_screen("ada@example.org", has_viewer=True)
        ada.context.add_init_script(HEAR)
        return ada

    return start


def wait_until_shown(page: Page, *studies: Study) -> None:
    page.wait_for_function(SHOWS, arg=[study.study_instance_uid for study in studies], timeout=60_000)


def test_reading_with_images(
    installation: Installation, network: Network, open_reader: Callable[[], Screen], tmp_path: Path
) -> None:
    prior = send_study(installation, tmp_path / "prior", "A0", 2020)
    study = send_study(installation, tmp_path / "study", "A1", 2026)
    ada = open_reader()
    page = ada.page
    seen: list[Response] = []
    page.on("response", lambda answer: seen.append(answer))
    page.goto(f"/reading/{item_of(study).pk}/")
    _prior_opens_beside_and_is_put_away(page, study, prior)
    _what_is_measured_is_offered_and_stored(page, study)
    _a_key_marks_the_image(page, study)
    _signing_stores_what_is_left(page, study)
    _the_next_case_was_fetched_ahead(page, seen, prior)
    _a_window_of_its_own_is_kept_between_cases(page, study, prior)


def measure(page: Page, *, down: int) -> None:
    """Draw a length across the study's image, in the left half."""
    frame = viewer_frame(page)
    box = page.locator("#viewer-frame").bounding_box()
    assert box is not None
    frame.locator('[data-cy="MeasurementTools-split-button-primary"]').click()
    left, top = box["x"] + box["width"] / 4, box["y"] + box["height"] / 2 + down
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 60, top + down / 2, steps=5)
    page.mouse.up()


def _what_is_measured_is_offered_and_stored(page: Page, study: Study) -> None:
    """A key in the viewer puts it into the text; storing brings it back from the archive."""
    pane = page.locator("#measure-pane")
    expect(pane).to_be_hidden()
    page.locator('[data-section="impression"] .cm-content').click()
    measure(page, down=-40)
    live = pane.locator("#live-measurements .measure-line")
    expect(live).to_have_count(1)
    expect(page.locator("#measure-state")).to_have_text("1 not stored")
    page.keyboard.press("Alt+m")  # the frame has the focus
    expect(page.locator('[data-section="impression"] .cm-content')).to_contain_text(re.compile(r"Length [\d.]+ mm"))
    page.get_by_role("button", name="Store with the images").click()
    stored = pane.locator("#stored-measurements .measure-line")
    expect(stored).to_have_count(1)
    expect(stored).to_have_class(re.compile("is-inserted"))
    expect(stored).to_contain_text("series 1, image ")
    expect(stored).to_contain_text("Dr. Ada Roth")
    expect(live).to_have_count(0)
    expect(page.locator('[data-event="LateImagesArrived"]')).to_have_count(0)


def _a_key_marks_the_image(page: Page, study: Study) -> None:
    page.keyboard.press("Alt+k")
    pictures = page.locator("#key-images img")
    expect(pictures).to_have_count(1)
    expect(pictures).to_have_attribute("alt", re.compile(r"series 1, image \d"))
    page.wait_for_function("() => document.querySelector('#key-images img').naturalWidth > 0")
    page.get_by_role("button", name="Remove key image").click()
    expect(page.locator("#key-images")).to_be_hidden()


def _signing_stores_what_is_left(page: Page, study: Study) -> None:
    measure(page, down=40)
    expect(page.locator("#measure-state")).to_have_text("1 not stored")
    for section in ("technique", "findings", "impression"):
        write(page, section, "No acute finding.")
    wait_until_saved(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#sign-dialog")).to_be_visible()
    expect(page.locator("#stored-measurements .measure-line")).to_have_count(2)


def _the_next_case_was_fetched_ahead(page: Page, seen: list[Response], following: Study) -> None:
    """Its frames are in the browser's cache, it is nobody's yet, and the viewer takes them from there."""
    ahead = {answer.url for answer in seen if answer.request.headers.get("x-meridian-fetched-ahead") and answer.ok}
    assert len([url for url in ahead if "/frames/" in url]) == 2
    item = item_of(following)
    assert item.claimed_by_id is None
    seen.clear()
    page.keyboard.press("Escape")
    page.goto("/worklist/next/")
    assert page.url.endswith(f"/reading/{item.pk}/")
    wait_for_image(viewer_frame(page))
    wait_until_shown(page, following)
    taken = [answer for answer in seen if "/frames/" in answer.url]
    assert taken
    assert {answer.url for answer in taken} <= ahead
    assert {answer.request.sizes()["responseBodySize"] for answer in taken} == {0}  # asked for, and not sent again


def _a_window_of_its_own_is_kept_between_cases(page: Page, study: Study, prior: Study) -> None:
    """It shows the next case without being loaded again, and the page says nothing of another patient."""
    with page.expect_popup() as opened:
        page.locator("#viewer-window").click()
    window = opened.value
    window.wait_for_function("() => window.canvasDiffers()")
    window.evaluate("() => { window.neverLeft = true; }")
    page.goto(f"/reading/{item_of(study).pk}/")
    wait_until_shown(page, study, prior)
    assert window.evaluate("() => window.neverLeft")
    expect(page.locator("#viewer-warning")).to_be_hidden()
    page.locator("#viewer-frame-back").click()
    wait_for_image(viewer_frame(page))


def _prior_opens_beside_and_is_put_away(page: Page, study: Study, prior: Study) -> None:
    """The study at the left, its prior at the right; one key shows it alone, also when it is opened again."""
    wait_for_image(viewer_frame(page))
    wait_until_shown(page, study, prior)
    expect(page.locator("#viewer-warning")).to_be_hidden()
    switch = page.locator("#side-by-side")
    expect(switch).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("F2")
    wait_until_shown(page, study)
    expect(switch).to_have_attribute("aria-pressed", "false")
    page.reload()
    expect(switch).to_have_attribute("aria-pressed", "false")
    wait_until_shown(page, study)
    page.keyboard.press("F2")
    wait_until_shown(page, study, prior)
