"""The main job in a real browser: a row appears, is read and signed, and reaches a phone."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.screen import (
    PHONE,
    Screen,
    number_in,
    section_text,
    viewer_frame,
    wait_for_image,
    wait_until_saved,
    write,
)
from tests.flow.network import Network
from tests.installation import Installation
from tests.senders import dcmsend, order_message, send_message, write_real_ct
from tests.story import PASSWORD

FINDINGS = "No haemorrhage. Ventricles of normal size."
IMPRESSION = "No acute finding."


def test_from_scanner_to_the_referring_physicians_phone(
    installation: Installation, network: Network, open_screen: Opener, tmp_path: Path
) -> None:
    ada = open_screen("ada@example.org", has_viewer=True)
    row = _row_appears_without_reload(ada.page, installation, tmp_path)
    _explained_in_the_panel(ada.page)
    ada.page.keyboard.press("Enter")
    ada.page.wait_for_url("**/reading/*/")
    item = number_in(ada.page.url)
    assert row == str(item)
    wait_for_image(viewer_frame(ada.page))
    ada.allow("403 (Forbidden)")  # the wrong password below
    pdf_address = _write_and_sign(ada.page)
    pdf = ada.context.request.get(pdf_address).body()
    assert pdf.startswith(b"%PDF-")
    _deliver(open_screen, pdf)
    _hide_from(open_screen("sol@example.org"), item, pdf_address)


def _row_appears_without_reload(page: Page, installation: Installation, folder: Path) -> str:
    """Return the key of the row that appeared within 5 s of the last image."""
    page.locator('#connection[data-state="live"]').wait_for()
    expect(page.get_by_role("heading", name="Nothing waits here")).to_be_visible()
    page.evaluate("() => { window.neverLeft = true; }")
    assert b"MSA|AA|M1" in send_message(installation.hl7, order_message())
    write_real_ct(folder / "ct")
    dcmsend(installation.dimse, folder / "ct")
    row = page.locator("table[data-rows] tbody tr[data-key]")
    expect(row).to_have_count(1, timeout=5000)
    expect(row).to_contain_text("CT head without contrast")
    expect(row.locator(".col-reader")).to_have_text("Dr. Ada Roth", timeout=5000)
    expect(row.locator(".col-priority")).to_contain_text("STAT")
    assert page.evaluate("() => window.neverLeft")
    key = row.get_attribute("data-key")
    assert key
    return key


def _explained_in_the_panel(page: Page) -> None:
    page.keyboard.press("j")
    why = page.locator("#peek-why")
    expect(why.locator(".chosen")).to_contain_text("Dr. Ada Roth")
    expect(why.locator(".out", has_text="Dr. David Lind")).to_contain_text("Does not read neuro")


def _write_and_sign(page: Page) -> str:
    """Return the signed PDF's address."""
    write(page, "technique", "CT of the head without contrast.")
    write(page, "findings", FINDINGS)
    write(page, "impression", IMPRESSION)
    wait_until_saved(page)
    assert section_text(page, "findings") == FINDINGS
    page.keyboard.press("Control+Enter")
    dialog = page.locator("#sign-dialog")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("CT head without contrast")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    link = page.locator("#signed-dialog [data-pdf]")
    expect(link).to_be_visible(timeout=30_000)
    address = link.get_attribute("href")
    assert address
    return address


def _deliver(open_screen: Opener, pdf: bytes) -> None:
    anna = open_screen("anna@example.org", size=PHONE, has_viewer=True)
    card = anna.page.locator(".report-card")
    expect(card).to_contain_text(IMPRESSION)
    card.tap()
    expect(anna.page.locator(".portal-text .impression")).to_contain_text(IMPRESSION)
    with anna.page.expect_download() as download:
        anna.page.get_by_role("link", name="Signed PDF").tap()
    assert Path(download.value.path()).read_bytes() == pdf
    anna.page.get_by_role("link", name="Images").tap()
    anna.page.wait_for_url("**/viewer/**")
    wait_for_image(anna.page)


def _hide_from(stranger: Screen, item: int, pdf_address: str) -> None:
    expect(stranger.page.get_by_role("heading", name="Nothing waits here")).to_be_visible()
    for path in (f"/reading/{item}/", f"/worklist/{item}/peek/", f"/assignments/{item}/explanation/", pdf_address):
        assert stranger.refused(path).status == 404, path
        assert "DOE" not in stranger.page.content()
