"""What we send to a node over TLS: to itself only, with our certificate shown; what is wrong is said in words."""

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pacs_core.network.models import EchoTest, Node
from pacs_core.network.nodes.echo import ask_for_echo, carry_out_echo
from tests.protocol.certificates import Files, TestAuthority
from tests.protocol.dimse_server import free_port
from tests.protocol.test_forwarding import Way, storescp, uids_in
from tests.story import in_hospital, make_hospital, make_node

pytestmark = [
    pytest.mark.django_db,
    # pynetdicom's client does not close a socket whose handshake failed (transport.py, connect).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def peer(authority: TestAuthority) -> Files:
    return authority.issue("AI_BLEED", hosts=("127.0.0.1",))


@pytest.fixture(autouse=True)
def our_certificate(authority: TestAuthority, settings: Any) -> Iterator[None]:
    for name, path in authority.settings().items():
        setattr(settings, name, path)
    yield
    gc.collect()


@contextmanager
def secured_storescp(folder: Path, shown: Files, authorities: str) -> Iterator[int]:
    with storescp(folder, "+tls", shown.key, shown.certificate, "+cf", authorities) as port:
        yield port


def echo(node: Node) -> EchoTest:
    with in_hospital(node.hospital):
        test = ask_for_echo(node=node)
    carry_out_echo(echo_test_id=test.pk, hospital_id=node.hospital_id)
    with in_hospital(node.hospital):
        test.refresh_from_db()
    return test


def test_a_study_goes_out_over_tls(authority: TestAuthority, peer: Files, tmp_path: Path) -> None:
    with secured_storescp(tmp_path / "taken", peer, authority.authorities) as port:
        way = Way(port, images=4)
        Node.objects.update(is_reached_over_tls=True, certificate_fingerprints=[peer.fingerprint])
        job = way.ask()
        assert job is not None
        done = way.send(job)
        assert (done.status, done.last_error) == ("done", "")
    assert len(uids_in(tmp_path / "taken")) == 4


def test_to_whoever_is_not_the_node_nothing_is_said(authority: TestAuthority, peer: Files, tmp_path: Path) -> None:
    """A certificate of the same authority that another one has, and one that names another host."""
    other = authority.issue("OTHER", hosts=("other.example",))
    with secured_storescp(tmp_path / "taken", other, authority.authorities) as port:
        way = Way(port)
        job = way.ask()
        assert job is not None
        for fingerprints, words in (([peer.fingerprint], "none of those stored"), ([], "certificate is not valid for")):
            Node.objects.update(is_reached_over_tls=True, certificate_fingerprints=fingerprints)
            failed = way.send(job)
            assert failed.status == "waiting"
            assert words in failed.last_error
    assert not any((tmp_path / "taken").iterdir())
    node = Node.objects.get()
    assert node.last_error == failed.last_error


def test_echo_says_how_it_went(authority: TestAuthority, peer: Files, tmp_path: Path) -> None:
    node = make_node(make_hospital(), "AI_BLEED", host="127.0.0.1", port=free_port())
    assert "nothing listens at its port" in echo(node).error
    node.refresh_from_db()
    assert "nothing listens" in node.last_error
    with storescp(tmp_path / "plain") as port:
        Node.objects.update(port=port)
        answered = echo(node)
        assert (answered.error, answered.milliseconds is not None) == ("", True)
        Node.objects.update(is_reached_over_tls=True)
        assert "speaks no TLS" in echo(node).error
    with secured_storescp(tmp_path / "tls", peer, authority.authorities) as port:
        Node.objects.update(port=port)
        assert echo(node).error == ""
    with storescp(tmp_path / "refuses", "--refuse") as port:
        Node.objects.update(port=port, is_reached_over_tls=False)
        assert "rejected the association" in echo(node).error
    Node.objects.update(host="no-such-host.invalid")
    assert "has no address" in echo(node).error


def test_a_strange_authority_on_either_side_is_named(authority: TestAuthority, peer: Files, tmp_path: Path) -> None:
    stranger = TestAuthority(tmp_path / "stranger")
    theirs = stranger.issue("AI_BLEED", hosts=("127.0.0.1",))
    node = make_node(make_hospital(), "AI_BLEED", host="127.0.0.1", port=1, is_reached_over_tls=True)
    with secured_storescp(tmp_path / "theirs", theirs, stranger.authorities) as port:
        Node.objects.update(port=port)
        assert "shows a certificate that is not accepted" in echo(node).error
    with secured_storescp(tmp_path / "ours", peer, stranger.authorities) as port:
        Node.objects.update(port=port)
        assert "does not accept our certificate" in echo(node).error


def test_a_peer_that_falls_silent_is_told_from_one_that_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        node = make_node(make_hospital(), "AI_BLEED", host="127.0.0.1", port=silent.getsockname()[1])
        ends = threading.Thread(target=_take_and_close, args=(silent, 2), daemon=True)
        ends.start()
        assert "did not answer the association request" in echo(node).error
        ends.join(5)


def _take_and_close(listener: socket.socket, times: int) -> None:
    for _ in range(times):
        listener.accept()[0].close()


def test_without_a_certificate_of_ours_the_setting_is_named(settings: Any) -> None:
    settings.DIMSE_TLS_CERTIFICATE = ""
    node = make_node(make_hospital(), "AI_BLEED", host="127.0.0.1", port=1, is_reached_over_tls=True)
    assert "DIMSE_TLS_CERTIFICATE is empty" in echo(node).error
