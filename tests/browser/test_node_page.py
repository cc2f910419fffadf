"""A node's page: how it does, an echo test that is followed, a pause, its settings; without the mouse too."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from pacs_core.network.models import Node, NodeTraffic, OpenAssociation, RejectedAssociation
from tests.browser.conftest import Opener
from tests.browser.screen import DESKTOP
from tests.browser.test_screens import judge
from tests.flow.network import Network
from tests.protocol.test_forwarding import storescp
from tests.story import in_hospital, make_user


def fill_with_life(node: Node) -> None:
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    with in_hospital(node.hospital):
        for number in range(60):
            images = (number * 37) % 400
            NodeTraffic.objects.create(
                hospital=node.hospital,
                node=node,
                hour_at=hour - timedelta(hours=number * 3),
                instances=images,
                bytes=images * 525_000,
                refused=3 if number == 2 else 0,
            )
        OpenAssociation.objects.create(
            hospital=node.hospital,
            node=node,
            process="archive-1:4711",
            peer_address="10.0.0.5",
            secured_by="TLSv1.3 TLS_AES_256_GCM_SHA384",
        )
    for reason, times in (("certificate_of_another", 3), ("outside_hours", 12)):
        RejectedAssociation.objects.create(
            calling_ae_title=node.ae_title,
            called_ae_title="MERIDIAN",
            peer_address="10.0.0.9",
            reason=reason,
            times=times,
        )


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_node_is_watched_tested_paused_and_set(
    network: Network, open_screen: Opener, tmp_path: Path, theme: str
) -> None:
    make_user("hospital_administrator", network.north, email="nora@example.org")
    node = Node.objects.get(ae_title="NORTH_CT")
    Node.objects.filter(pk=node.pk).update(
        may_find=True,
        presented_fingerprint="3f" * 32,
        presented_subject="CN=north-ct,O=Northgate General",
        presented_until=timezone.now() + timedelta(days=12),
        last_association_at=timezone.now() - timedelta(minutes=2),
        last_stored_at=timezone.now() - timedelta(minutes=2),
        last_error="An image was answered with 0xC000: it could not be read and waits in quarantine.",
        last_error_at=timezone.now() - timedelta(hours=3),
    )
    fill_with_life(node)
    with storescp(tmp_path / "taken") as port:
        Node.objects.filter(pk=node.pk).update(host="127.0.0.1", port=port)
        screen = open_screen("nora@example.org", size=DESKTOP, theme=theme)
        page = screen.page
        page.goto(f"/administration/nodes/{node.pk}/")
        expect(page.locator("#activity")).to_contain_text("Whoever knows this AE title can read")
        page.get_by_role("button", name="Echo test").press("Enter")
        expect(page.locator("#activity [role=status]")).to_contain_text("It answered C-ECHO after", timeout=30_000)
    judge(page, f"node-{theme}")
    page.get_by_label("Calls from").fill("10.0.0.5, 10.1.0.0/33")
    page.get_by_label("Calls from").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("is no address or network")
    screen.allow("422")
    page.get_by_label("Calls from").fill("10.0.0.5, 10.1.0.0/16")
    page.get_by_label("Calls from").press("Enter")
    expect(page.locator("#activity")).not_to_contain_text("Whoever knows this AE title can read")
    page.get_by_role("button", name="Pause").press("Enter")
    page.get_by_role("alertdialog").get_by_role("button", name="Pause").press("Enter")
    expect(page.locator("#activity")).to_contain_text("paused")
    node.refresh_from_db()
    assert (node.addresses, node.is_paused) == (["10.0.0.5", "10.1.0.0/16"], True)
