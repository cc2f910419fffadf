"""A node's page: its settings from the model, echo test, certificate shown, and what an administrator is warned of."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hospitals.models import Hospital
from pacs_core.network.dimse.admission import RIGHTS
from pacs_core.network.models import EchoTest, Node, NodeTraffic, RejectedAssociation
from pacs_core.network.nodes.selectors import settings_of_a_node
from tests.hospitals.pages import browser
from tests.story import in_hospital, make_hospital, make_node, make_user

pytestmark = pytest.mark.django_db
SITE = "/administration"
FINGERPRINT = "ab" * 32


@pytest.fixture
def north() -> Hospital:
    return make_hospital()


@pytest.fixture
def nora(north: Hospital) -> Client:
    return browser(make_user("hospital_administrator", north))


@pytest.fixture
def node(north: Hospital) -> Node:
    return make_node(north, host="10.0.0.5", port=104)


def page_of(node: Node) -> str:
    return f"{SITE}/nodes/{node.pk}/"


def saved(node: Node, client: Client, **values: object) -> Node:
    assert client.post(page_of(node), {"ae_title": "NORTH_CT", "may_store": "on"} | values).status_code == 302
    node.refresh_from_db()
    return node


def test_the_form_shows_every_setting_of_the_model(nora: Client, node: Node) -> None:
    form = nora.get(page_of(node)).context["form"]
    shown = {field.name for _heading, fields in form.sections() for field in fields}
    assert shown == set(settings_of_a_node()) - {"is_network_service"} | {"dicomweb_secret"}
    assert not any(field.name.startswith(("last_", "presented_")) for field in form)


def test_addresses_certificates_limits_and_hours_are_set(nora: Client, node: Node) -> None:
    written = ":".join(FINGERPRINT[at : at + 2] for at in range(0, 64, 2)).upper()
    saved(
        node,
        nora,
        addresses="10.0.0.5, 10.1.0.0/16",
        requires_tls="on",
        certificate_fingerprints=f"sha256 Fingerprint={written}",
        most_associations="4",
        instances_per_minute="600",
        calls_from_time="22:00",
        calls_until_time="06:30",
    )
    assert (node.addresses, node.certificate_fingerprints) == (["10.0.0.5", "10.1.0.0/16"], [FINGERPRINT])
    assert (node.requires_tls, node.most_associations, node.instances_per_minute) == (True, 4, 600)
    assert (str(node.calls_from_time), str(node.calls_until_time)) == ("22:00:00", "06:30:00")
    assert 'value="22:00"' in nora.get(page_of(node)).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("addresses", "10.0.0.5, ten", "no address or network"),
        ("addresses", "10.0.0.5/8", "has host bits set"),
        ("certificate_fingerprints", "abcd", "no SHA-256 fingerprint"),
        ("certificate_subject", "north-ct", "no name as in RFC 4514"),
        ("most_associations", "0", "greater than or equal to 1"),
        ("instances_per_minute", "-1", "greater than or equal to"),
        ("calls_from_time", "07:00", "a beginning and an end"),
    ],
)
def test_a_value_that_cannot_be_is_named_beside_its_field(
    nora: Client, node: Node, field: str, value: str, words: str
) -> None:
    answer = nora.post(page_of(node), {"ae_title": "NORTH_CT", field: value})
    assert answer.status_code == 422
    told = answer.context["form"].errors["calls_until_time" if field == "calls_from_time" else field]
    assert words in " ".join(told)
    assert Node.objects.get(pk=node.pk).may_store


def test_an_echo_test_is_asked_for_once_and_shown(nora: Client, node: Node) -> None:
    for _ in range(2):
        assert nora.post(f"{page_of(node)}echo/").status_code == 302
    with in_hospital(node.hospital):
        test = EchoTest.objects.get()
    assert "waits" in nora.get(page_of(node)).content.decode()
    with in_hospital(node.hospital):
        EchoTest.objects.update(started_at=test.asked_at, finished_at=test.asked_at, error="NORTH_CT did not answer.")
    assert nora.get(page_of(node)).context["activity"]["echo"].sentence == "NORTH_CT did not answer."
    with in_hospital(node.hospital):
        EchoTest.objects.update(finished_at=None, started_at=None, asked_at=timezone.now() - timedelta(minutes=5))
    assert nora.get(page_of(node)).context["activity"]["echo"].word == "not done"


def test_a_node_without_an_address_cannot_be_tested(nora: Client, north: Hospital) -> None:
    node = make_node(north)
    answer = nora.post(f"{page_of(node)}echo/", follow=True)
    assert "no host and port to call" in answer.content.decode()
    with in_hospital(north):
        assert not EchoTest.objects.exists()


def test_the_certificate_that_is_seen_is_stored_and_no_other(nora: Client, node: Node) -> None:
    Node.objects.update(
        presented_fingerprint=FINGERPRINT, presented_subject="CN=ct", presented_until=datetime(2030, 1, 2, tzinfo=UTC)
    )
    answer = nora.post(f"{page_of(node)}store-certificate/", {"fingerprint": "cd" * 32}, follow=True)
    assert "has shown another" in answer.content.decode()
    node.refresh_from_db()
    assert node.certificate_fingerprints == []
    nora.post(f"{page_of(node)}store-certificate/", {"fingerprint": FINGERPRINT})
    node.refresh_from_db()
    assert node.certificate_fingerprints == [FINGERPRINT]


def test_a_hospitals_administrator_does_not_say_by_which_certificate_the_networks_service_is_known(
    nora: Client, node: Node
) -> None:
    Node.objects.update(is_network_service=True, presented_fingerprint=FINGERPRINT)
    assert nora.post(f"{page_of(node)}store-certificate/", {"fingerprint": FINGERPRINT}).status_code == 403
    saved(node, nora, certificate_fingerprints=FINGERPRINT, is_reached_over_tls="on")
    assert (node.certificate_fingerprints, node.is_reached_over_tls) == ([], False)


def test_who_is_open_to_strangers_is_warned_of(nora: Client, node: Node) -> None:
    def warnings() -> str:
        return " ".join(nora.get(page_of(node)).context["activity"]["warnings"])

    assert warnings() == ""
    for right in ("may_find", "may_move", "may_query_worklist"):
        Node.objects.update(**dict.fromkeys(RIGHTS, False) | {right: True})
        assert "Whoever knows this AE title" in warnings()
    Node.objects.update(addresses=["10.0.0.5"])
    assert warnings() == ""
    Node.objects.update(addresses=[], requires_tls=True, certificate_fingerprints=[FINGERPRINT])
    assert "Whoever knows" not in warnings()
    assert "set DIMSE_TLS_PORT" in warnings()
    Node.objects.update(presented_until=timezone.now() + timedelta(days=3))
    assert "showed last ends on" in warnings()


def test_traffic_and_refusals_are_counted_in_words(nora: Client, node: Node) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    with in_hospital(node.hospital):
        for ago, images in ((0, 5), (30, 7), (24 * 20, 900)):
            NodeTraffic.objects.create(
                hospital=node.hospital, node=node, hour_at=hour - timedelta(hours=ago), instances=images, bytes=10**6
            )
    for title in (node.ae_title, "STRANGER"):
        RejectedAssociation.objects.create(
            calling_ae_title=title, called_ae_title="M", peer_address="10.0.0.9", reason="outside_hours", times=3
        )
    activity = nora.get(page_of(node)).context["activity"]
    day, fortnight = activity["charts"]
    assert day.words == "5 images, 1.0 MB; 5 in the busiest hour"
    assert fortnight.words.startswith("12 images, 2.0 MB")
    assert (len(day.columns), len(fortnight.columns)) == (24, 14)
    assert [rejection.reason_words for rejection in activity["rejections"]] == ["It called outside its hours."]
