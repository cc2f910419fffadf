"""A coordinator lets other content replace what is filed, by keyboard: the button that was confirmed is the answer."""

from django.urls import reverse
from playwright.sync_api import expect

from pacs_core.archive.models import Instance, StudyConflict
from tests.browser.conftest import Opener
from tests.flow.network import Network
from tests.installation import wait_for
from tests.pacs_core.archive.instances import receive, refused
from tests.story import make_user, see_all


def filed_window() -> list[int]:
    with see_all():
        filed = Instance.objects.values_list("metadata", flat=True).first() or {}
        return filed.get("00281050", {}).get("Value", [])


def test_the_confirmed_button_decides_a_conflict_and_it_is_taken_back(network: Network, open_screen: Opener) -> None:
    make_user("coordinator", network.north, email="cora@example.org")
    receive(network.north, WindowCenter=30)
    wait_for(lambda: filed_window() == [30])
    refused(network.north, WindowCenter=40)
    with see_all():
        conflict = StudyConflict.objects.get()
    page = open_screen("cora@example.org").page
    page.goto(reverse("administration:conflict", args=[conflict.pk]))
    page.get_by_role("button", name="Accept: replace").press("Enter")
    expect(page.locator("#confirmation")).to_contain_text("Replace the filed contents")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take back")).to_be_visible()
    with see_all():
        assert StudyConflict.objects.get().decision == "accepted"
    assert filed_window() == [40]
    page.get_by_role("button", name="Take back").press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('administration:conflicts')}")
    assert filed_window() == [30]
