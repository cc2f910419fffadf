"""A resident reads and sends to an attending, who changes the text and signs; the resident sees what was changed."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hospitals.models import RadiologistProfile, User
from reporting.models import ReportVersion
from routing_rules.services.rule_sets import publish_rule_set
from tests.browser.conftest import Opener
from tests.browser.screen import wait_until_saved, write
from tests.browser.test_screens import judge
from tests.flow.network import Network
from tests.installation import wait_for
from tests.story import PASSWORD, in_hospital, make_item, make_order, make_radiologist, make_study, see_all
from worklist.models import WorklistItem
from worklist.services.ai_findings import record_ai_finding

DRAFT = {
    "technique": "CT of the head without contrast.",
    "comparison": "None available.",
    "findings": "No haemorrhage. Mucosal thickening of the left maxillary sinus.",
    "impression": "Sinusitis on the left.",
}
FINAL = (
    "Hyperdense left middle cerebral artery: acute occlusion likely. Mucosal thickening of the left maxillary sinus."
)


def rule(reading: str) -> list[dict[str, Any]]:
    return [
        {
            "name": "Teaching",
            "when": {"fact": "modality", "operator": "equals", "value": "CT"},
            "then": {"reading": reading},
        },
        {"name": "Everything else", "when": {}, "then": {}},
    ]


@pytest.fixture
def rita(network: Network) -> User:
    rita = make_radiologist(network.north, email="rita@example.org", name="Dr. Rita Young")
    RadiologistProfile.objects.filter(user=rita).update(is_resident=True)
    return rita


def make_waiting(network: Network, reader: User, mode: str) -> WorklistItem:
    """An examination that waits for the reader, with what an AI service found."""
    order = make_order(network.north, procedure_description="CT head without contrast", reason_for_study="Aphasia")
    study = make_study(network.north, order.patient, accession_number=order.accession_number)
    item = make_item(
        network.north, study, order, status="assigned", assigned_to=reader, is_pinned=True, reading_mode=mode
    )
    with in_hospital(network.north):
        record_ai_finding(
            study=study,
            service="VesselNet",
            code="large_vessel_occlusion",
            label="Large vessel occlusion",
            confidence=0.81,
            found_at=study.first_received_at,
        )
    return item


def now(item: WorklistItem) -> WorklistItem:
    with see_all():
        return WorklistItem.objects.select_related("assigned_to").get(pk=item.pk)


def second_reader(item: WorklistItem) -> User:
    """Wait until the planner has given the second stage to somebody."""

    def found() -> User | None:
        waiting = now(item)
        return waiting.assigned_to if waiting.reading_stage == 2 else None

    return wait_for(found, seconds=40, what="a second reader")


def write_report(page: Page, **sections: str) -> None:
    for name, text in sections.items():
        write(page, name, text)
    wait_until_saved(page)


def sign(page: Page, item: WorklistItem) -> None:
    page.keyboard.press("Control+Enter")
    dialog = page.locator("#sign-dialog")
    expect(dialog).to_be_visible()
    for box in dialog.locator('[name="acknowledged"]').all():
        box.check()
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign").click()
    wait_for(lambda: now(item).status == "signed", seconds=60, what="the signed report")


def test_a_resident_reads_and_an_attending_signs(network: Network, rita: User, open_screen: Opener) -> None:
    with see_all():
        publish_rule_set(rules=rule("two_tier"))
    item = make_waiting(network, rita, "two_tier")
    resident = open_screen(rita.email)
    page = resident.page
    page.goto(f"/reading/{item.pk}/")
    write_report(page, **DRAFT)
    expect(page.get_by_text("AI: Large vessel occlusion (0.81, VesselNet), not a diagnosis")).to_be_visible()
    expect(page.get_by_role("button", name="Send to attending")).to_be_visible()
    judge(page, "two-tier-resident-dark")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#finish-dialog")).to_contain_text("CT head without contrast")
    judge(page, "two-tier-confirm-dark")
    page.locator("#finish-dialog").get_by_role("button", name="Send to attending").click()
    expect(page.locator("#finished-dialog")).to_be_visible()
    attending = wait_for(
        lambda: now(item).reading_stage == 2 and now(item).assigned_to, seconds=30, what="an attending"
    )
    assert attending != rita
    _attending_sends_back_and_signs(network, item, attending, resident, open_screen)


def _attending_sends_back_and_signs(
    network: Network, item: WorklistItem, attending: User, resident: Any, open_screen: Opener
) -> None:
    page = open_screen(attending.email).page
    page.goto(f"/reading/{item.pk}/")
    expect(page.get_by_text("Preliminary by Dr. Rita Young")).to_be_visible()
    page.get_by_role("button", name="Send back").click()
    page.get_by_label("What to look at again").fill("Compare the density of both middle cerebral arteries.")
    judge(page, "two-tier-send-back-dark")
    page.locator("#send-back-dialog").get_by_role("button", name="Send back").click()
    page.wait_for_url("**/worklist/**")
    resident.page.goto(f"/reading/{item.pk}/")
    expect(resident.page.get_by_text("sent it back: Compare the density")).to_be_visible()
    judge(resident.page, "two-tier-sent-back-dark")
    resident.page.keyboard.press("Control+Enter")
    resident.page.locator("#finish-dialog").get_by_role("button", name="Send to attending").click()
    expect(resident.page.locator("#finished-dialog")).to_be_visible()
    second = second_reader(item)
    page = page if second == attending else open_screen(second.email).page
    page.goto(f"/reading/{item.pk}/")
    write_report(page, findings=FINAL, impression="Acute occlusion of the left middle cerebral artery likely.")
    page.keyboard.press("F9")
    expect(page.locator("#comparison ins").first).to_be_visible()
    judge(page, "two-tier-changes-dark")
    page.keyboard.press("Escape")
    sign(page, item)
    with see_all():
        assert ReportVersion.objects.get().signer == second
    resident.page.goto("/first-readings/")
    expect(resident.page.locator("#first-readings tr[data-key]").first).to_contain_text(f"Signed by {second.name}")
    judge(resident.page, "first-readings-dark")


def test_two_readers_read_independently_and_compare(network: Network, open_screen: Opener) -> None:
    with see_all():
        publish_rule_set(rules=rule("double"))
    item = make_waiting(network, network.ada, "double")
    first = open_screen(network.ada.email).page
    first.goto(f"/reading/{item.pk}/")
    write_report(first, **DRAFT)
    first.keyboard.press("Control+Enter")
    first.locator("#finish-dialog").get_by_role("button", name="Finish").click()
    expect(first.locator("#finished-dialog")).to_be_visible()
    wait_for(lambda: now(item).assigned_to == network.body_reader, seconds=30, what="the second reader")
    second = open_screen(network.body_reader.email).page
    second.goto(f"/reading/{item.pk}/")
    expect(second.get_by_text("Second of two readings")).to_be_visible()
    expect(second.locator("body")).not_to_contain_text("Sinusitis")
    write_report(second, **(DRAFT | {"impression": "No acute finding."}))
    second.keyboard.press("Control+Enter")
    second.locator("#finish-dialog").get_by_role("button", name="Finish").click()
    expect(second.locator("#comparison")).to_be_visible()
    expect(second.locator("#comparison del").first).to_have_text("Sinusitis on the left")
    judge(second, "double-comparison-dark")
    second.keyboard.press("Escape")
    sign(second, item)
