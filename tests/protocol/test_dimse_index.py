"""From a scanner to rows through real server and worker processes."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from pacs_core.archive.models import Instance, ReceivedInstance, Study
from pacs_core.events.models import Heartbeat
from tests.pacs_core.archive.instances import make_dataset
from tests.protocol.dimse_server import eventually, running_dimse_server
from tests.protocol.test_dimse_store import store
from tests.servers import PROJECT
from tests.story import make_hospital, make_node, see_all

pytestmark = pytest.mark.usefixtures("committed_db")


@contextmanager
def running_worker():
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "pacs_core", "worker", "--concurrency", "2",
         "--prefetch-multiplier", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO"],
        cwd=PROJECT, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def worker_is_ready() -> bool:
    return Heartbeat.objects.filter(process="worker").exists()


def study_is_visible() -> bool:
    with see_all():
        return Study.objects.exists()


def test_first_image_is_a_visible_row_within_two_seconds_and_all_follow():
    make_node(make_hospital())
    with running_worker(), running_dimse_server() as server:
        assert eventually(worker_is_ready, seconds=40)
        assert store(server, make_dataset()) == [0x0000]
        stored_at = time.monotonic()
        assert eventually(study_is_visible)
        assert time.monotonic() - stored_at < 2
        datasets = [make_dataset(series=1 + number % 2, number=number) for number in range(2, 101)]
        assert set(store(server, *datasets)) == {0x0000}

        def all_indexed() -> bool:
            with see_all():
                return Instance.objects.count() == 100

        assert eventually(all_indexed, seconds=15)
    with see_all():
        study = Study.objects.get()
        assert (study.number_of_instances, study.number_of_series) == (100, 2)
        assert set(ReceivedInstance.objects.values_list("outcome", flat=True)) == {"indexed"}
