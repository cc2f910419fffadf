"""What a node may do at most, over all worker processes: associations at once, images a minute, addresses, hours."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.utils import timezone
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import CTImageStorage

from pacs_core.network.models import Node, NodeTraffic, OpenAssociation, RejectedAssociation
from pacs_core.network.nodes.associations import GONE_AFTER
from tests.pacs_core.archive.instances import make_dataset
from tests.protocol.dimse_server import RunningServer, dimse_server, eventually  # noqa: F401
from tests.story import make_hospital, make_node, see_all

# ruff: noqa: F811  (the module-wide server is a fixture that is imported by name)
pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def node() -> Node:
    return make_node(make_hospital(), most_associations=3)


def associate(server: RunningServer, calling: str = "NORTH_CT") -> Association:
    ae = AE(ae_title=calling)
    ae.add_requested_context(CTImageStorage)
    return ae.associate("127.0.0.1", server.port, ae_title="MERIDIAN")


def change(node: Node, **values: object) -> None:
    Node.objects.filter(pk=node.pk).update(**values)


def reasons() -> set[str]:
    return set(RejectedAssociation.objects.values_list("reason", flat=True))


def test_the_limit_holds_over_all_processes_and_when_all_come_at_once(node: Node, dimse_server: RunningServer) -> None:
    make_node(node.hospital, "NORTH_MR")
    with ThreadPoolExecutor(8) as crowd:
        opened = list(crowd.map(lambda _: associate(dimse_server), range(8)))
    held = [association for association in opened if association.is_established]
    assert len(held) == 3
    with see_all():
        processes = set(OpenAssociation.objects.values_list("process", flat=True))
    assert 1 <= len(processes) <= len(dimse_server.worker_pids())
    refused = next(association for association in opened if not association.is_established)
    answer = refused.acceptor.primitive
    assert (answer.result, answer.result_source, answer.diagnostic) == (0x02, 0x03, 0x02)
    other = associate(dimse_server, "NORTH_MR")
    assert other.is_established
    for association in (*held, other):
        association.release()
    assert eventually(lambda: associate(dimse_server).is_established)
    assert reasons() == {"too_many_associations"}


def test_what_a_killed_process_held_is_free_again(node: Node, dimse_server: RunningServer) -> None:
    long_ago = timezone.now() - GONE_AFTER - timedelta(seconds=1)
    rows = {"hospital": node.hospital, "node": node, "process": "gone:1", "peer_address": "192.0.2.1"}
    with see_all():
        for _ in range(3):
            OpenAssociation.objects.create(**rows)
    assert associate(dimse_server).is_rejected
    with see_all():
        OpenAssociation.objects.update(beat_at=long_ago)
    association = associate(dimse_server)
    assert association.is_established
    with see_all():
        assert OpenAssociation.objects.count() == 1
    association.release()


def test_a_paused_node_loses_its_association_and_gets_no_other(node: Node, dimse_server: RunningServer) -> None:
    other = make_node(node.hospital, "NORTH_MR")
    association, untouched = associate(dimse_server), associate(dimse_server, other.ae_title)
    assert association.is_established
    change(node, is_paused=True)
    assert eventually(lambda: association.is_aborted, seconds=5)
    assert associate(dimse_server).is_rejected
    assert untouched.is_established
    untouched.release()
    change(node, is_paused=False)
    again = associate(dimse_server)
    assert again.is_established
    again.release()


@pytest.mark.parametrize(
    ("addresses", "lets_in"),
    [(["192.0.2.7"], False), (["192.0.2.0/24", "127.0.0.0/8"], True), (["127.0.0.1"], True), (["::1"], False)],
)
def test_a_node_calls_from_its_addresses_only(
    node: Node, dimse_server: RunningServer, addresses: list[str], lets_in: bool
) -> None:
    change(node, addresses=addresses)
    association = associate(dimse_server)
    assert association.is_established is lets_in
    if lets_in:
        association.release()
    assert eventually(lambda: reasons() == (set() if lets_in else {"address_not_allowed"}))


def test_outside_its_hours_a_node_is_told_to_come_again(node: Node, dimse_server: RunningServer) -> None:
    here = timezone.now().astimezone(node.hospital.zone)
    change(
        node, calls_from_time=(here + timedelta(hours=2)).time(), calls_until_time=(here + timedelta(hours=3)).time()
    )
    answer = associate(dimse_server).acceptor.primitive
    assert (answer.result, answer.result_source, answer.diagnostic) == (0x02, 0x01, 0x01)
    change(node, calls_from_time=(here - timedelta(hours=1)).time())
    association = associate(dimse_server)
    assert association.is_established
    association.release()


def test_a_node_that_sends_too_fast_is_slowed_down_and_nothing_is_refused(
    node: Node, dimse_server: RunningServer
) -> None:
    """240 a minute are four a second: of 24 images a burst of 8 and a second's 4 are free, the rest takes 3 seconds."""
    change(node, instances_per_minute=240)
    associations = [associate(dimse_server), associate(dimse_server)]
    numbers = iter(range(1, 100))
    datasets = [[make_dataset(number=next(numbers)) for _ in range(12)] for _ in associations]

    def send(association: Association, images: list) -> set[int]:
        return {association.send_c_store(image).Status for image in images}

    began = time.monotonic()
    with ThreadPoolExecutor(2) as senders:
        assert list(senders.map(send, associations, datasets)) == [{0x0000}, {0x0000}]
    assert time.monotonic() - began > 2
    for association in associations:
        association.release()

    def counted() -> list[tuple[int, int]]:
        with see_all():
            return list(NodeTraffic.objects.values_list("instances", "refused"))

    assert eventually(lambda: sum(instances for instances, _ in counted()) == 24)
    assert sum(refused for _, refused in counted()) == 0
    with see_all():
        assert NodeTraffic.objects.latest("hour_at").bytes > 0
    node.refresh_from_db()
    assert node.last_stored_at is not None
