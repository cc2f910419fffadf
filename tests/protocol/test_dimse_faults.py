"""Killed workers, cut connections, a taken port: what was answered with success is there, and nothing else is left."""

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from io import BytesIO

import pytest
from pynetdicom import AE
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.sop_class import CTImageStorage

from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, ReceivedInstance, Study
from pacs_core.events.models import Event
from tests.pacs_core.archive.instances import make_dataset, receive
from tests.protocol.dimse_server import eventually, running_dimse_server
from tests.protocol.test_dimse_store import store
from tests.servers import PROJECT
from tests.story import make_hospital, make_node, see_all

pytestmark = [
    pytest.mark.usefixtures("committed_db"),
    # pynetdicom's client does not close a socket whose connection was refused (transport.py, connect).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

INDEX = """
import django, sys, time
django.setup()
from pacs_core.archive.services.index import index_study
sys.stdin.readline()
for _ in range(5):
    index_study(study_instance_uid="2.25.1", hospital_id=int(sys.argv[1]))
    time.sleep(0.05)
"""


@pytest.fixture(autouse=True)
def collect_sockets():
    yield
    gc.collect()


@pytest.fixture
def north():
    hospital = make_hospital()
    make_node(hospital)
    return hospital


def open_association(port):
    ae = AE(ae_title="NORTH_CT")
    ae.add_requested_context(CTImageStorage)
    ae.connection_timeout = ae.acse_timeout = ae.dimse_timeout = 5
    return ae.associate("127.0.0.1", port, ae_title="MERIDIAN")


def send_until_stored(port, datasets):
    """Send like a scanner that retries: a new association after a lost one, each instance until success."""
    association = None
    for dataset in datasets:
        while True:
            if association is None or not association.is_established:
                association = open_association(port)
            if association.is_established and association.send_c_store(dataset).get("Status") == 0x0000:
                break
            time.sleep(0.05)
    association.release()


def test_killed_workers_lose_nothing_that_was_answered(north, settings):
    datasets = [make_dataset(number=number) for number in range(1, 61)]
    with running_dimse_server() as server:
        sender = threading.Thread(target=send_until_stored, args=(server.port, datasets))
        sender.start()
        killed = set()
        while sender.is_alive() and len(killed) < 4:
            time.sleep(0.4)
            for pid in server.worker_pids():
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        sender.join(60)
        assert not sender.is_alive(), server.text()
        assert len(killed) >= 2
        assert eventually(lambda: len(server.worker_pids()) == 2)
        assert not killed & set(server.worker_pids())
        # Whatever the killed ones were writing goes too.
        assert eventually(lambda: list(settings.INCOMING_ROOT.glob("dimse-*")) == [], seconds=25)
    with see_all():
        rows = list(ReceivedInstance.objects.all())
    assert {row.sop_instance_uid for row in rows} == {dataset.SOPInstanceUID for dataset in datasets}
    assert all(stored_path(row.file_path).stat().st_size == row.size_bytes for row in rows)


def test_connection_cut_in_the_middle_of_an_instance_leaves_no_file_behind(north, settings):
    with running_dimse_server(workers=1) as server:
        association = open_association(server.port)
        command = _store_command(association)
        client = association.dul.socket.socket
        client.sendall(command)
        assert eventually(lambda: list(settings.INCOMING_ROOT.glob("dimse-*")) != [])
        client.shutdown(socket.SHUT_RDWR)
        client.close()
        assert eventually(lambda: list(settings.INCOMING_ROOT.glob("dimse-*")) == [], seconds=20)
        assert store(server, make_dataset()) == [0x0000]


def _store_command(association) -> bytes:
    """The P-DATA-TF PDUs of a C-STORE-RQ command and the first half of a data set."""
    request = C_STORE()
    request.MessageID = 1
    request.AffectedSOPClassUID = CTImageStorage
    request.AffectedSOPInstanceUID = "2.25.1.1.1"
    request.Priority = 2
    request.DataSet = BytesIO(b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100" + b"\x00" * 100)
    message = C_STORE_RQ()
    message.primitive_to_message(request)
    message.context_id = association.accepted_contexts[0].context_id
    pdus = []
    for primitive in message.encode_msg(message.context_id, 16384):
        primitive.presentation_data_value_list = [
            # 0x02 marks the last fragment of a data set, which never comes
            [context_id, data if data[0] & 1 else b"\x00" + data[1:]]
            for context_id, data in primitive.presentation_data_value_list
        ]
        pdu = P_DATA_TF()
        pdu.from_primitive(primitive)
        pdus.append(pdu.encode())
    return b"".join(pdus)


def test_taken_port_is_named_in_one_sentence(north):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "manage.py", "run_dimse", "--host", "127.0.0.1", "--port", str(port)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=40,
        )
    assert result.returncode == 1
    assert f"Port {port} cannot be used" in result.stderr
    assert "Traceback" not in result.stderr


def test_workers_end_when_their_parent_is_killed(north):
    with running_dimse_server() as server:
        workers = server.worker_pids()
        server.process.kill()
        server.process.wait()
        assert eventually(lambda: not any(_is_running(pid) for pid in workers), seconds=15)


def _is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_two_processes_indexing_the_same_study_make_one_row_each(north):
    for number in range(1, 41):
        receive(north, series=1 + number % 3, number=number)
    processes = [
        subprocess.Popen([sys.executable, "-c", INDEX, str(north.pk)], cwd=PROJECT, stdin=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.close()
    assert [process.wait(60) for process in processes] == [0, 0]
    with see_all():
        study = Study.objects.get()
        assert (study.number_of_series, study.number_of_instances) == (3, 40)
        assert Instance.objects.count() == 40
        assert set(ReceivedInstance.objects.values_list("outcome", flat=True)) == {"indexed"}
        assert Event.objects.filter(name="StudyReceived").count() == 1


def test_broker_that_is_away_costs_the_sender_nothing(north):
    with running_dimse_server(REDIS_URL="redis://127.0.0.1:1/0") as server:
        started = time.monotonic()
        assert store(server, *(make_dataset(number=number) for number in range(1, 6))) == [0x0000] * 5
        assert time.monotonic() - started < 8
    with see_all():
        assert ReceivedInstance.objects.filter(outcome="pending").count() == 5


def test_database_that_is_away_is_a_passing_rejection(north):
    with running_dimse_server(DATABASE_URL="postgresql://meridian_app@127.0.0.1:1/none") as server:
        association = open_association(server.port)
        assert association.is_rejected
        answer = association.acceptor.primitive
        assert (answer.result, answer.result_source, answer.diagnostic) == (0x02, 0x03, 0x01)
