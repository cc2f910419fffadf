"""DICOM over TLS: which certificates are let in and which are not, and that strangers at the port keep nobody out."""

import gc
import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pynetdicom import AE
from pynetdicom.sop_class import CTImageStorage, Verification

from pacs_core.archive.models import ReceivedInstance
from pacs_core.network.models import Node, OpenAssociation, RejectedAssociation
from tests.pacs_core.archive.instances import make_dataset
from tests.protocol.certificates import Files, TestAuthority
from tests.protocol.dimse_server import RunningServer, eventually, free_port, running_dimse_server
from tests.story import make_hospital, make_node, see_all
from tests.tools import require_tool

pytestmark = [
    pytest.mark.usefixtures("committed_db"),
    # pynetdicom's client does not close a socket whose handshake failed (transport.py, connect).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def collect_sockets() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def server(authority: TestAuthority) -> Iterator[RunningServer]:
    port = free_port()
    with running_dimse_server(DIMSE_TLS_PORT=str(port), **authority.settings()) as running:
        running.tls_port = port
        yield running


@pytest.fixture(scope="module")
def scanner(authority: TestAuthority) -> Files:
    return authority.issue("NORTH_CT")


@pytest.fixture
def node(scanner: Files) -> Node:
    return make_node(make_hospital(), certificate_fingerprints=[scanner.fingerprint])


def echoscu(port: int, authority: TestAuthority, shown: Files, *options: str) -> subprocess.CompletedProcess[str]:
    command = [require_tool("echoscu"), "+tls", shown.key, shown.certificate, "+cf", authority.authorities, *options]
    return subprocess.run(
        [*command, "-aet", "NORTH_CT", "-aec", "MERIDIAN", "localhost", str(port)],
        capture_output=True,
        text=True,
        timeout=30,
    )


def associate(port: int, context: ssl.SSLContext | None, *, sop_class: str = Verification):
    ae = AE(ae_title="NORTH_CT")
    ae.add_requested_context(sop_class)
    ae.connection_timeout = ae.acse_timeout = 5
    return ae.associate("127.0.0.1", port, ae_title="MERIDIAN", tls_args=(context, "localhost") if context else None)


def rejections() -> list[tuple[str, str]]:
    return list(RejectedAssociation.objects.order_by("pk").values_list("calling_ae_title", "reason"))


def test_dcmtk_echoes_and_stores_over_tls(
    server: RunningServer, authority: TestAuthority, scanner: Files, node: Node, tmp_path: Path
) -> None:
    for profile in ("+py", "+px"):
        echoed = echoscu(server.tls_port, authority, scanner, profile)
        assert echoed.returncode == 0, echoed.stderr
    make_dataset().save_as(tmp_path / "image.dcm")
    command = [require_tool("storescu"), "+tls", scanner.key, scanner.certificate, "+cf", authority.authorities]
    command += ["-aet", "NORTH_CT", "-aec", "MERIDIAN", "localhost", str(server.tls_port), str(tmp_path / "image.dcm")]
    stored = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert stored.returncode == 0, stored.stderr
    with see_all():
        assert ReceivedInstance.objects.count() == 1
    node.refresh_from_db()
    assert (node.presented_fingerprint, node.presented_subject) == (scanner.fingerprint, "CN=NORTH_CT")
    assert rejections() == []


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_many_large_instances_go_through_either_version(
    server: RunningServer, authority: TestAuthority, scanner: Files, node: Node, version: ssl.TLSVersion
) -> None:
    context = authority.client_context(scanner)
    context.minimum_version = context.maximum_version = version
    association = associate(server.tls_port, context, sop_class=CTImageStorage)
    with see_all():
        assert OpenAssociation.objects.get().secured_by.startswith(version.name.replace("_", "."))
    for number in range(1, 4):
        dataset = make_dataset(number=number)
        dataset.Rows = dataset.Columns = 800
        dataset.PixelData = os.urandom(800 * 800 * 2)
        assert association.send_c_store(dataset).Status == 0x0000
    association.release()
    with see_all():
        assert ReceivedInstance.objects.count() == 3
        assert eventually(lambda: not OpenAssociation.objects.exists())


def test_without_a_certificate_nobody_comes_in(server: RunningServer, authority: TestAuthority, node: Node) -> None:
    assert not associate(server.tls_port, authority.client_context()).is_established
    assert eventually(lambda: rejections() == [("", "tls_no_certificate")])


def test_a_certificate_of_a_strange_authority_is_refused(
    server: RunningServer, authority: TestAuthority, node: Node, tmp_path: Path
) -> None:
    stranger = TestAuthority(tmp_path).issue("NORTH_CT")
    assert echoscu(server.tls_port, authority, stranger).returncode != 0
    assert eventually(lambda: rejections() == [("", "tls_authority_unknown")])


def test_an_expired_certificate_is_refused(server: RunningServer, authority: TestAuthority, node: Node) -> None:
    expired = authority.issue("expired", lasts=timedelta(hours=-1))
    assert not associate(server.tls_port, authority.client_context(expired)).is_established
    assert eventually(lambda: rejections() == [("", "tls_certificate_expired")])


def test_another_nodes_certificate_does_not_make_one_this_node(
    server: RunningServer, authority: TestAuthority, scanner: Files, node: Node
) -> None:
    """Neither where the node has a certificate of its own, nor where it has none and the other has."""
    other = authority.issue("SOUTH_CT")
    make_node(make_hospital("SOUTH"), "SOUTH_CT", certificate_fingerprints=[other.fingerprint])
    assert associate(server.tls_port, authority.client_context(other)).is_rejected
    Node.objects.filter(pk=node.pk).update(certificate_fingerprints=[])
    assert associate(server.tls_port, authority.client_context(other)).is_rejected
    assert eventually(lambda: RejectedAssociation.objects.filter(times=2).exists())
    assert rejections() == [("NORTH_CT", "certificate_of_another")]
    allowed = associate(server.tls_port, authority.client_context(scanner))
    assert allowed.is_established
    allowed.release()


@pytest.mark.parametrize(("subject", "lets_in"), [("CN=NORTH_CT", True), ("CN=NORTH_MR", False)])
def test_a_node_may_be_known_by_the_subject(
    server: RunningServer, authority: TestAuthority, scanner: Files, node: Node, subject: str, lets_in: bool
) -> None:
    Node.objects.filter(pk=node.pk).update(certificate_fingerprints=[], certificate_subject=subject)
    assert (echoscu(server.tls_port, authority, scanner).returncode == 0) is lets_in


def test_who_has_to_use_tls_is_refused_at_the_plain_port(
    server: RunningServer, authority: TestAuthority, scanner: Files, node: Node
) -> None:
    Node.objects.filter(pk=node.pk).update(requires_tls=True)
    assert associate(server.port, None).is_rejected
    assert eventually(lambda: rejections() == [("NORTH_CT", "tls_required")])
    assert echoscu(server.tls_port, authority, scanner).returncode == 0


def test_the_two_ports_are_not_mistaken_for_each_other(
    server: RunningServer, authority: TestAuthority, scanner: Files, node: Node
) -> None:
    assert not associate(server.tls_port, None).is_established
    assert eventually(lambda: rejections() == [("", "tls_not_spoken")])
    assert not associate(server.port, authority.client_context(scanner)).is_established
    assert eventually(lambda: rejections()[1:] == [("", "tls_on_plain_port")])


def test_tls_of_yesterday_is_refused(
    server: RunningServer, authority: TestAuthority, scanner: Files, node: Node
) -> None:
    context = authority.client_context(scanner)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    assert not associate(server.tls_port, context).is_established
    context = authority.client_context(scanner)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES256-SHA256:AES128-SHA")
    assert not associate(server.tls_port, context).is_established
    assert eventually(lambda: rejections() == [("", "tls_version_too_old"), ("", "tls_no_shared_suite")])


def test_stalled_handshakes_do_not_lock_others_out(
    server: RunningServer, authority: TestAuthority, scanner: Files, node: Node
) -> None:
    """Half-open sockets, and one that begins a handshake and falls silent, for every worker several."""
    pids = server.worker_pids()
    strangers = [socket.create_connection(("127.0.0.1", server.tls_port)) for _ in range(60)]
    for stranger in strangers[::2]:
        stranger.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    try:
        assert echoscu(server.tls_port, authority, scanner).returncode == 0
    finally:
        for stranger in strangers:
            stranger.close()
    assert server.worker_pids() == pids


def test_a_renewed_certificate_is_shown_without_a_restart(
    server: RunningServer, authority: TestAuthority, scanner: Files, node: Node
) -> None:
    """An association that is open meanwhile goes on; files that cannot be read change nothing."""
    context, mine = authority.client_context(scanner), authority.meridian
    before = associate(server.tls_port, context)
    usual = Path(mine.certificate).read_bytes(), Path(mine.key).read_bytes()
    renewed = authority.issue("renewed", hosts=("localhost",))
    try:
        Path(mine.key).write_text("no key")
        assert echoscu(server.tls_port, authority, scanner).returncode == 0, server.text()
        Path(mine.certificate).write_bytes(Path(renewed.certificate).read_bytes())
        Path(mine.key).write_bytes(Path(renewed.key).read_bytes())
        with socket.create_connection(("127.0.0.1", server.tls_port)) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secured:
                shown = secured.getpeercert(binary_form=True)
    finally:
        Path(mine.certificate).write_bytes(usual[0])
        Path(mine.key).write_bytes(usual[1])
    assert shown == ssl.PEM_cert_to_DER_cert(Path(renewed.certificate).read_text())
    assert before.send_c_echo().Status == 0x0000
    before.release()


def test_a_missing_certificate_is_named_before_anything_starts(settings: Any) -> None:
    settings.DIMSE_TLS_CERTIFICATE = ""
    with pytest.raises(CommandError, match="DIMSE_TLS_CERTIFICATE is empty"):
        call_command("run_dimse", tls_port=free_port())
