"""A coordinator merges two records by keyboard, sees why, and takes it back; every page fits and axe finds nothing."""

import os
from pathlib import Path

from playwright.sync_api import Page, expect

from pacs_core.archive.models import Patient
from pacs_core.archive.services.link_search import compare_patients
from tests.browser.conftest import Opener
from tests.browser.screen import LARGE
from tests.browser.test_screens import AXE, OVERFLOW, VIOLATIONS
from tests.flow.network import Network
from tests.story import make_item, make_order, make_patient, make_study, make_user, see_all
from tests.worklist.patient_records import make_records


def looked_at(page: Page, name: str) -> None:
    """Check that the page fits and axe has no complaint; keep a picture where MERIDIAN_SCREENSHOTS names a folder."""
    expect(page.locator("#main")).to_be_visible()
    assert page.evaluate(OVERFLOW) == 0
    page.evaluate(AXE())
    assert page.evaluate(VIOLATIONS) == []
    folder = os.environ.get("MERIDIAN_SCREENSHOTS", "")
    if folder not in ("", "1"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def make_people(network: Network) -> tuple[Patient, Patient]:
    make_user("coordinator", network.north, network.south, email="cora@example.org", name="Cora Lind")
    kept = make_patient(network.north, name="MÜLLER^ZOË", patient_id="P1")
    lost = make_patient(network.north, name="MULLER^ZOE", patient_id="P2")
    make_patient(network.south, name="MÜLLER^ZOE", patient_id="S1")
    make_study(network.north, kept, description="MR knee", modalities=["MR"])
    order = make_order(network.north, lost)
    make_item(network.north, make_study(network.north, lost), order)
    make_records(network.north)
    with see_all():
        kept.identifiers.create(hospital=network.north, value="943 476 5919", issuer="NHS", type_code="NI")
        while compare_patients():
            pass
    return kept, lost


def test_records_are_compared_merged_and_taken_apart_again(network: Network, open_screen: Opener) -> None:
    kept, lost = make_people(network)
    page = open_screen("cora@example.org").page
    page.goto("/patients/")
    page.locator("#filter-bar input[name=search]").fill("muller")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(3)
    looked_at(page, "patients-dark")
    page.get_by_role("row", name="P1").get_by_role("link").press("Enter")
    page.wait_for_url(f"**/patients/{kept.pk}/")
    looked_at(page, "patient-dark")
    page.keyboard.press("c")
    page.get_by_role("row", name="P2").get_by_role("link").press("Enter")
    page.wait_for_url(f"**/compare/{lost.pk}/")
    looked_at(page, "compare-dark")
    page.locator(f"#merge-{kept.pk}").fill("same birth record")
    page.keyboard.press("Enter")
    expect(page.locator("#confirmation")).to_contain_text("MÜLLER, ZOË")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/patients/{kept.pk}/")
    expect(page.locator(".change")).to_contain_text("same birth record")
    looked_at(page, "patient-merged-dark")
    page.locator(".change input[name=reason]").fill("twins")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".change[data-undone]")).to_contain_text("twins")


def test_suggestions_and_rules_fit_in_light(network: Network, open_screen: Opener) -> None:
    kept, _lost = make_people(network)
    screen = open_screen("cora@example.org", size=LARGE, theme="light")
    for name, address in {
        "links-light": "/patients/links/",
        "rules-light": "/patients/national-identifiers/",
        "patient-light": f"/patients/{kept.pk}/",
    }.items():
        screen.page.goto(address)
        looked_at(screen.page, name)
    screen.page.goto("/patients/links/")
    screen.page.get_by_role("row", name="S1").first.get_by_role("link", name="Compare").click()
    looked_at(screen.page, "compare-link-light")
    screen.page.locator("#link-reason").fill("passport")
    screen.page.keyboard.press("Enter")
    expect(screen.page.locator(".notice[data-tone=fine]")).to_contain_text("one history of priors")
