"""The report's editor never loses a word: two tabs, two devices, a killed browser, a lost connection."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.cases import case_for, report_of
from tests.browser.conftest import Opener
from tests.browser.screen import FLAGS, section_text, wait_until_saved, write
from tests.browser_session import Session
from tests.flow.network import Network
from tests.installation import Installation, wait_for
from tests.story import PASSWORD
from worklist.models import WorklistItem

LAST_WORDS = "The last words before the machine went away"


@pytest.fixture
def item(network: Network) -> WorklistItem:
    return case_for(network.ada, network)


@pytest.fixture
def elsewhere(network: Network, installation: Installation) -> Iterator[Session]:
    """Ada at another computer."""
    session = Session(installation.url, "ada@example.org")
    yield session
    session.client.close()


def stored_text(session: Session, item: WorklistItem) -> dict[str, str]:
    return report_of(session, item)["sections"]


def test_second_tab_only_reads_and_takes_over_by_a_click(open_screen: Opener, item: WorklistItem) -> None:
    ada = open_screen("ada@example.org")
    ada.page.goto(f"/reading/{item.pk}/")
    write(ada.page, "findings", "Written in the first tab.")
    wait_until_saved(ada.page)
    second = ada.context.new_page()
    second.goto(f"/reading/{item.pk}/")
    notice = second.locator('[data-event="SecondTab"]')
    expect(notice).to_contain_text("open in another tab")
    expect(second.locator('[data-section="findings"] .cm-content')).to_have_attribute("contenteditable", "false")
    notice.get_by_role("button", name="Write here instead").click()
    expect(second.locator('[data-section="findings"] .cm-content')).to_have_attribute("contenteditable", "true")
    expect(ada.page.locator('[data-event="SecondTab"]')).to_be_visible()
    assert section_text(second, "findings") == "Written in the first tab."


def test_another_device_s_text_is_never_overwritten_silently(
    open_screen: Opener, item: WorklistItem, elsewhere: Session
) -> None:
    ada = open_screen("ada@example.org")
    ada.page.goto(f"/reading/{item.pk}/")
    ada.page.locator('[data-section="findings"] .cm-content').wait_for()
    report = report_of(elsewhere, item)
    theirs = report["sections"] | {"findings": "Findings from home.", "impression": "Impression from home."}
    assert elsewhere.save_draft(report["id"], report["draft_version"], theirs).status_code == 200
    write(ada.page, "findings", "Findings from the hospital.")
    dialog = ada.page.locator("#conflict")
    expect(dialog).to_be_visible()
    findings = dialog.locator("fieldset", has_text="Findings")
    expect(findings).to_contain_text("Findings from the hospital.")
    expect(findings).to_contain_text("Findings from home.")
    findings.get_by_label("Written here").check()
    dialog.locator("fieldset", has_text="Impression").get_by_label("On the server").check()
    dialog.get_by_role("button", name="Use what is chosen").click()
    wait_until_saved(ada.page)
    stored = stored_text(elsewhere, item)
    assert stored["findings"] == "Findings from the hospital."
    assert stored["impression"] == "Impression from home."


def test_text_typed_without_connection_is_kept_and_sent_afterwards(
    open_screen: Opener, item: WorklistItem, elsewhere: Session
) -> None:
    ada = open_screen("ada@example.org")
    ada.allow("WebSocket connection to", "ERR_INTERNET_DISCONNECTED")
    ada.page.goto(f"/reading/{item.pk}/")
    write(ada.page, "findings", "Before the cut.")
    wait_until_saved(ada.page)
    ada.context.set_offline(True)
    write(ada.page, "findings", "Written without a connection.")
    expect(ada.page.locator("#offline-banner")).to_contain_text("No connection to the server since", timeout=20_000)
    expect(ada.page.locator("#save-state")).to_contain_text("Not on the server since")
    expect(ada.page.locator("#sign-button")).to_be_disabled()
    assert stored_text(elsewhere, item)["findings"] == "Before the cut."
    ada.context.set_offline(False)
    expect(ada.page.locator("#offline-banner")).to_be_hidden(timeout=40_000)
    wait_until_saved(ada.page)
    assert stored_text(elsewhere, item)["findings"] == "Written without a connection."
    expect(ada.page.locator("#sign-button")).to_be_enabled()


def test_typing_that_ends_where_it_began_is_saved_again(open_screen: Opener, item: WorklistItem) -> None:
    ada = open_screen("ada@example.org")
    ada.page.goto(f"/reading/{item.pk}/")
    write(ada.page, "findings", "As it was.")
    wait_until_saved(ada.page)
    ada.page.keyboard.type("!")
    ada.page.keyboard.press("Backspace")
    ada.page.locator("#save-state[data-tone=quiet]").wait_for()
    wait_until_saved(ada.page)


def test_text_outlives_a_killed_browser(
    chromium: Browser, installation: Installation, item: WorklistItem, tmp_path: Path
) -> None:
    with own_browser(chromium, tmp_path / "profile") as (page, kill):
        _sign_in(page, installation.url)
        page.goto(f"{installation.url}/reading/{item.pk}/")
        write(page, "findings", LAST_WORDS, milliseconds_a_key=15)
        page.wait_for_timeout(250)  # well before the 600 ms after which the server would have it
        kill()
    with own_browser(chromium, tmp_path / "profile") as (page, _kill):
        _sign_in(page, installation.url)
        page.goto(f"{installation.url}/reading/{item.pk}/")
        expect(page.locator('[data-section="findings"] .cm-content')).to_have_text(LAST_WORDS)
        wait_until_saved(page)


def _sign_in(page: Page, url: str) -> None:
    page.route("**/viewer/**", lambda route: route.fulfill(body="", content_type="text/html"))
    page.goto(f"{url}/sign-in/")
    if "/sign-in/" not in page.url:
        return
    page.get_by_label("Mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/worklist/")


@contextmanager
def own_browser(chromium: Browser, profile: Path) -> Iterator[tuple]:
    """Run a Chromium of this test's own with a lasting profile; yields its page and what kills it with SIGKILL."""
    program = shutil.which("chromium")
    assert program is not None
    (profile / "DevToolsActivePort").unlink(missing_ok=True)
    arguments = [*FLAGS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(
        [program, *arguments], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def kill() -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    try:
        port_file = profile / "DevToolsActivePort"
        wait_for(
            lambda: port_file.exists() and port_file.read_text().count("\n"), seconds=60, what="the browser's port"
        )
        port = port_file.read_text().split()[0]
        remote = chromium.browser_type.connect_over_cdp(f"http://127.0.0.1:{port}")
        yield remote.contexts[0].pages[0], kill
        remote.close()
    finally:
        kill()


def test_missing_mandatory_section_stops_the_signature_with_words(open_screen: Opener, item: WorklistItem) -> None:
    ada = open_screen("ada@example.org")
    ada.page.goto(f"/reading/{item.pk}/")
    write(ada.page, "technique", "CT of the head without contrast.")
    write(ada.page, "findings", "No haemorrhage.")
    write(ada.page, "impression", "")
    wait_until_saved(ada.page)
    ada.page.keyboard.press("Control+Enter")
    expect(ada.page.locator('[data-event="NotReady"]')).to_contain_text("Impression")
    expect(ada.page.locator("#sign-dialog")).to_be_hidden()
    expect(ada.page.locator('[data-section="impression"] .cm-content')).to_be_focused()


def test_the_wrong_side_is_marked_and_must_be_confirmed(open_screen: Opener, network: Network) -> None:
    item = case_for(
        network.ada, network, laterality="L", procedure_description="CT knee left", body_part="KNEE", procedure_code="K"
    )
    ada = open_screen("ada@example.org")
    ada.page.goto(f"/reading/{item.pk}/")
    write(ada.page, "technique", "CT of the knee.")
    write(ada.page, "findings", "Fracture of the right tibial plateau.")
    write(ada.page, "impression", "Tibial plateau fracture.")
    wait_until_saved(ada.page)
    expect(ada.page.locator("#check-list")).to_contain_text('"right", but the order is for the left side.')
    expect(ada.page.locator('[data-section="findings"] .cm-lint-marker-warning')).to_have_count(1)
    ada.page.keyboard.press("Control+Enter")
    dialog = ada.page.locator("#sign-dialog")
    expect(dialog.locator("[data-acknowledge]")).to_contain_text("the order is for the left side")
    ada.page.get_by_label("Your password").fill(PASSWORD)
    ada.page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    assert dialog.locator("form").evaluate("form => form.checkValidity()") is False
