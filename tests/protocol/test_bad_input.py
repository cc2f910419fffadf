"""Bad input over real sockets: a clear answer or an abort at once, bounded memory, the next good study unaffected."""

import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.asgi import get_asgi_application
from knox.models import AuthToken
from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, _config
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE, ImplementationClassUIDNotification, MaximumLengthNotification
from pynetdicom.sop_class import CTImageStorage

from hospitals.models import Hospital
from pacs_core.archive.models import Instance, QuarantinedInstance, ReceivedInstance
from pacs_core.archive.services.index import ATTEMPTS
from tests.pacs_core.archive.instances import index_all, make_dataset
from tests.pacs_core.network.dicomweb.running import running_server
from tests.protocol.dimse_server import RunningServer, dimse_server, eventually  # noqa: F401
from tests.protocol.test_dimse_faults import _store_command, open_association
from tests.protocol.test_dimse_store import store
from tests.story import make_hospital, make_node, make_user, see_all

# ruff: noqa: F811  (the module-wide server is a fixture that is imported by name)
pytestmark = pytest.mark.usefixtures("committed_db")

MEGABYTE = 1024**2
MOST_MEMORY = 300 * MEGABYTE
CANNOT_UNDERSTAND = 0xC000
# P-DATA-TF that announces four gigabytes, and one whose only item is longer than itself (PS3.8 9.3.5).
HUGE_PDU = b"\x04\x00\xff\xff\xff\xf0"
HUGE_ITEM = b"\x04\x00\x00\x00\x00\x08\x7f\xff\xff\xff\x01\x02\x00\x00"


@pytest.fixture
def north() -> Hospital:
    hospital = make_hospital()
    make_node(hospital)
    return hospital


@pytest.fixture
def as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """pynetdicom sends a file's bytes without looking at them."""
    monkeypatch.setattr(_config, "STORE_SEND_CHUNKED_DATASET", True)


@pytest.fixture
def web(north: Hospital) -> Iterator[httpx.Client]:
    _, token = AuthToken.objects.create(make_user("hospital_administrator", north))
    with ExitStack() as stack:
        address = stack.enter_context(running_server(get_asgi_application()))
        headers = {"Authorization": f"Token {token}"}
        yield stack.enter_context(httpx.Client(base_url=f"{address}/dicom-web", headers=headers, timeout=60))


def part10(dataset: bytes, syntax: str, *, sop_instance_uid: str = "2.25.7.1.1") -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, sop_instance_uid
    meta.TransferSyntaxUID = syntax
    stream = BytesIO()
    write_file_meta_info(stream, meta)
    return b"\0" * 128 + b"DICM" + stream.getvalue() + dataset


def plain(**elements: Any) -> bytes:
    """The data set of a small image in Explicit VR Little Endian, without file meta information."""
    dataset, stream = make_dataset(study="2.25.7", **elements), BytesIO()
    del dataset.file_meta
    dataset.save_as(stream, implicit_vr=False, little_endian=True)
    return stream.getvalue()


def bomb() -> bytes:
    """256 MB of pixels that are all the same, deflated to 0.25 MB."""
    head = plain()[: plain().index(b"\xe0\x7f\x10\x00")]
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    pieces = [packer.compress(head + b"\xe0\x7f\x10\x00OW\0\0" + (256 * MEGABYTE).to_bytes(4, "little"))]
    pieces += [packer.compress(bytes(MEGABYTE)) for _ in range(256)]
    return part10(b"".join([*pieces, packer.flush()]), DeflatedExplicitVRLittleEndian)


def nested(depth: int, *, defined: bool) -> bytes:
    """An image whose sequence has an item that has a sequence, and so on."""
    content = b""
    for _ in range(depth):
        if defined:
            item = b"\xfe\xff\x00\xe0" + len(content).to_bytes(4, "little") + content
            content = b"\x08\x00\x40\x11SQ\0\0" + len(item).to_bytes(4, "little") + item
        else:
            content = (
                b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
                + content
                + b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
            )
    image = plain()
    position = image.index(b"\x10\x00\x10\x00PN")
    return part10(image[:position] + content + image[position:], ExplicitVRLittleEndian)


def wrongly_declared() -> bytes:
    dataset, stream = make_dataset(study="2.25.7"), BytesIO()
    del dataset.file_meta
    dataset.save_as(stream, implicit_vr=True, little_endian=True)
    return part10(stream.getvalue(), ExplicitVRLittleEndian)


BAD = {
    "deflate bomb": bomb,
    "nested 400 deep": lambda: nested(400, defined=False),
    "wrongly declared": wrongly_declared,
    "cut in its pixels": lambda: part10(plain()[:-3], ExplicitVRLittleEndian),
    "random bytes": lambda: part10(bytes(range(1, 256)) * 40, ExplicitVRLittleEndian),
    "encapsulated pixels announced": lambda: part10(plain(), "1.2.840.10008.1.2.4.50"),
}


def send(server: RunningServer, path: Path, syntax: str) -> int:
    ae = AE(ae_title="NORTH_CT")
    ae.add_requested_context(CTImageStorage, syntax)
    association = ae.associate("127.0.0.1", server.port, ae_title="MERIDIAN")
    assert association.is_established
    status = association.send_c_store(path).get("Status", -1)
    association.release()
    return status


def highest_memory(server: RunningServer) -> int:
    """The most that any of the server's workers ever held, in bytes."""
    peaks = []
    for pid in server.worker_pids():
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        peaks.append(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024)
    return max(peaks)


def store_part(web: httpx.Client, content: bytes) -> httpx.Response:
    body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--b--\r\n"
    headers = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
    return web.post("/studies", content=body, headers=headers)


def quarantined() -> int:
    with see_all():
        return QuarantinedInstance.objects.count()


def test_every_bad_file_is_refused_by_both_ways_and_the_next_good_one_is_stored(
    north: Hospital, dimse_server: RunningServer, web: httpx.Client, as_they_are: None, tmp_path: Path
) -> None:
    pids = dimse_server.worker_pids()
    for number, (name, make) in enumerate(BAD.items(), start=1):
        content = make()
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(content)
        syntax = DeflatedExplicitVRLittleEndian if name == "deflate bomb" else ExplicitVRLittleEndian
        if name == "encapsulated pixels announced":
            syntax = "1.2.840.10008.1.2.4.50"
        assert (name, send(dimse_server, path, syntax)) == (name, CANNOT_UNDERSTAND)
        answer = store_part(web, content)
        assert (name, answer.status_code) == (name, 409)
        reasons = [item["00081197"]["Value"] for item in answer.json()["00081198"]["Value"]]
        assert (name, reasons) == (name, [[CANNOT_UNDERSTAND]])
        assert (name, quarantined()) == (name, 2 * number)
    assert store(dimse_server, make_dataset()) == [0x0000]
    assert store_part(web, part10(plain(), ExplicitVRLittleEndian)).status_code == 200
    assert dimse_server.worker_pids() == pids
    assert highest_memory(dimse_server) < MOST_MEMORY


def test_what_only_its_parser_finds_too_deep_is_set_aside_by_the_indexer(
    north: Hospital, dimse_server: RunningServer, as_they_are: None, tmp_path: Path
) -> None:
    path = tmp_path / "nested.dcm"
    path.write_bytes(nested(400, defined=True))
    assert send(dimse_server, path, ExplicitVRLittleEndian) == 0x0000
    for _ in range(ATTEMPTS):
        index_all(north, "2.25.7")
    with see_all():
        assert QuarantinedInstance.objects.count() == 1
        assert not Instance.objects.exists()


def test_a_gigabyte_in_one_instance_is_taken_with_little_memory(
    north: Hospital, dimse_server: RunningServer, as_they_are: None, tmp_path: Path
) -> None:
    path = tmp_path / "frames.dcm"
    frames, length = 1024, 1024 * MEGABYTE
    image = plain(NumberOfFrames=frames, Rows=1024, Columns=512)
    head = part10(image[: image.index(b"\xe0\x7f\x10\x00")], ExplicitVRLittleEndian)
    with path.open("wb") as file:
        file.write(head + b"\xe0\x7f\x10\x00OW\0\0" + length.to_bytes(4, "little"))
        file.truncate(file.tell() + length)  # sparse: takes no room on the disk
    assert send(dimse_server, path, ExplicitVRLittleEndian) == 0x0000
    assert highest_memory(dimse_server) < MOST_MEMORY
    with see_all():
        received = ReceivedInstance.objects.get()
    assert received.size_bytes > length


def test_a_large_store_by_web_is_taken_with_little_memory(north: Hospital, web: httpx.Client) -> None:
    length = 320 * MEGABYTE
    image = plain(NumberOfFrames=320, Rows=1024, Columns=512)
    head = part10(image[: image.index(b"\xe0\x7f\x10\x00")], ExplicitVRLittleEndian)
    highest = 0

    def pieces() -> Iterator[bytes]:
        nonlocal highest
        yield b"--b\r\nContent-Type: application/dicom\r\n\r\n" + head + b"\xe0\x7f\x10\x00OW\0\0"
        yield length.to_bytes(4, "little")
        for _ in range(length // MEGABYTE):
            yield bytes(MEGABYTE)
            highest = max(highest, resident_bytes())
        yield b"\r\n--b--\r\n"

    before = resident_bytes()
    headers = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
    assert web.post("/studies", content=pieces(), headers=headers).status_code == 200
    assert max(highest, resident_bytes()) - before < 100 * MEGABYTE


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("garbage", [HUGE_PDU, HUGE_ITEM], ids=["huge PDU", "huge item"])
def test_a_length_that_nobody_may_send_ends_the_association_at_once(
    north: Hospital, dimse_server: RunningServer, garbage: bytes
) -> None:
    association = open_association(dimse_server.port)
    client = association.dul.socket.socket
    started = time.monotonic()
    client.sendall(garbage)
    assert eventually(lambda: not association.is_established, seconds=8)
    assert time.monotonic() - started < 8
    association.join(5)
    assert store(dimse_server, make_dataset()) == [0x0000]


def test_an_abort_in_the_middle_of_an_instance_leaves_nothing(
    north: Hospital, dimse_server: RunningServer, settings: Any
) -> None:
    association = open_association(dimse_server.port)
    client = association.dul.socket.socket
    abort = A_ABORT_RQ()
    abort.source, abort.reason_diagnostic = 0x00, 0x00
    client.sendall(_store_command(association) + abort.encode())
    assert eventually(lambda: not list(settings.INCOMING_ROOT.glob("dimse-*")), seconds=10)
    client.close()
    association.join(5)
    with see_all():
        assert not ReceivedInstance.objects.exists()
    assert store(dimse_server, make_dataset()) == [0x0000]


def test_three_hundred_associations_at_once_are_each_answered(north: Hospital, dimse_server: RunningServer) -> None:
    request = _association_request()
    callers = [socket.create_connection(("127.0.0.1", dimse_server.port), timeout=20) for _ in range(300)]
    try:
        for caller in callers:
            caller.sendall(request)
        answers = [_first_byte(caller) for caller in callers]
    finally:
        for caller in callers:
            caller.close()
    # A-ASSOCIATE-AC, A-ASSOCIATE-RJ, or the connection closed because its address holds too many.
    assert set(answers) <= {b"\x02", b"\x03", b""}
    assert 20 <= answers.count(b"\x02") <= 40
    assert eventually(lambda: store_if_admitted(dimse_server) == [0x0000], seconds=15)
    assert highest_memory(dimse_server) < MOST_MEMORY


def store_if_admitted(server: RunningServer) -> list[int]:
    association = open_association(server.port)
    if not association.is_established:
        return []
    status = association.send_c_store(make_dataset()).get("Status", -1)
    association.release()
    return [status]


def _first_byte(caller: socket.socket) -> bytes:
    try:
        return caller.recv(1)
    except ConnectionResetError:
        return b""


def _association_request() -> bytes:
    ae = AE(ae_title="NORTH_CT")
    ae.add_requested_context(CTImageStorage, ImplicitVRLittleEndian)
    primitive = A_ASSOCIATE()
    primitive.application_context_name = "1.2.840.10008.3.1.1.1"
    primitive.calling_ae_title, primitive.called_ae_title = "NORTH_CT", "MERIDIAN"
    primitive.presentation_context_definition_list = ae.requested_contexts
    for number, context in enumerate(primitive.presentation_context_definition_list):
        context.context_id = 2 * number + 1
    primitive.user_information = _user_information()
    pdu = A_ASSOCIATE_RQ()
    pdu.from_primitive(primitive)
    return pdu.encode()


def _user_information() -> list[Any]:
    longest, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    longest.maximum_length_received = 16382
    implementation.implementation_class_uid = "1.2.3.4"
    return [longest, implementation]
