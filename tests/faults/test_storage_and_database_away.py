"""A bucket that goes and comes, a database that restarts: nothing answered with success is lost, refusals say so."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connections
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import CTImageStorage

from hospitals.models import Hospital
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import ReceivedInstance
from tests import servers
from tests.pacs_core.archive.instances import make_dataset
from tests.protocol.dimse_server import free_port, running_dimse_server
from tests.s3_server import KEYS, S3Server
from tests.story import make_hospital, make_node, see_all

pytestmark = [
    pytest.mark.usefixtures("committed_db"),
    # pynetdicom leaves the socket of a refused connection to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SUCCESS, OUT_OF_RESOURCES = 0x0000, 0xA700


@pytest.fixture
def north() -> Hospital:
    hospital = make_hospital()
    make_node(hospital)
    return hospital


def statuses(port: int, datasets: list[Dataset]) -> list[int | None]:
    """Send each instance once over one association; None where no answer came."""
    ae = AE(ae_title="NORTH_CT")
    ae.add_requested_context(CTImageStorage)
    ae.connection_timeout = ae.acse_timeout = 5
    ae.dimse_timeout = 60
    association = ae.associate("127.0.0.1", port, ae_title="MERIDIAN")
    if not association.is_established:
        return [None] * len(datasets)
    try:
        return [
            association.send_c_store(dataset).get("Status") if association.is_established else None
            for dataset in datasets
        ]
    finally:
        association.release()


def kept() -> dict[str, str]:
    """What rows say: SOPInstanceUID -> path of its file."""
    with see_all():
        return dict(ReceivedInstance.objects.values_list("sop_instance_uid", "file_path"))


@pytest.mark.xdist_group("s3")
def test_a_bucket_that_is_away_is_said_and_what_it_took_stays(north: Hospital) -> None:
    s3 = S3Server(free_port())
    batches = [[make_dataset(study=f"2.25.{batch}", number=number) for number in (1, 2)] for batch in (1, 2, 3)]
    with running_dimse_server(workers=1, STORAGE_URL=s3.url, **KEYS) as dimse:
        assert statuses(dimse.port, batches[0]) == [OUT_OF_RESOURCES] * 2
        assert kept() == {}
        try:
            s3.start()
            assert statuses(dimse.port, batches[0] + batches[1]) == [SUCCESS] * 4
            assert sorted(s3.stored()) == sorted(kept().values())
        finally:
            s3.stop()
        assert statuses(dimse.port, batches[2]) == [OUT_OF_RESOURCES] * 2
        assert len(kept()) == 4
        assert all(stored_path(path).is_file() for path in kept().values())


def test_a_database_that_restarts_loses_nothing_that_was_answered(north: Hospital) -> None:
    datasets = [make_dataset(number=number) for number in range(1, 121)]
    answers: Counter[int | None] = Counter()
    answered: set[str] = set()

    def send(port: int) -> None:
        waiting = list(datasets)
        while waiting:
            sent = waiting[:10]
            for dataset, status in zip(sent, statuses(port, sent), strict=True):
                answers[status] += 1
                if status == SUCCESS:
                    answered.add(dataset.SOPInstanceUID)
                    waiting.remove(dataset)

    with running_dimse_server(workers=2) as dimse:
        sender = threading.Thread(target=send, args=(dimse.port,), daemon=True)
        sender.start()
        wait_until(lambda: len(answered) >= 20)
        with database_away():
            time.sleep(1)
        wait_until(lambda: len(answered) >= 60)
        with database_away():
            wait_until(lambda: answers.total() > answers[SUCCESS])
        sender.join(120)
        assert not sender.is_alive()
    assert answered == {dataset.SOPInstanceUID for dataset in datasets}
    assert set(answers) <= {SUCCESS, OUT_OF_RESOURCES, None}
    files = kept()
    assert answered <= set(files)
    assert all(stored_path(files[uid]).is_file() for uid in answered)


@contextmanager
def database_away() -> Iterator[None]:
    """End every connection to the test's database and let nobody in, as a restart does."""
    name = connections["default"].settings_dict["NAME"]
    connections.close_all()
    with psycopg.connect(servers.database_url("postgres", "postgres"), autocommit=True) as owner:

        def run(text: str, *values: Any) -> None:
            owner.execute(text, values)

        run(f'alter database "{name}" with allow_connections false')
        try:
            run("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", name)
            yield
        finally:
            run(f'alter database "{name}" with allow_connections true')


def wait_until(is_true: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < until
        time.sleep(0.01)
