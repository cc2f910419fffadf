"""Two workers index one study at once; the twin shows what the study's lock prevents."""

import threading
from contextlib import suppress

import pytest
from django.db import connection

from pacs_core.archive.models import Instance, ReceivedInstance, Study
from pacs_core.archive.services import filing, index
from pacs_core.events.models import Event
from tests.pacs_core.archive.instances import receive
from tests.story import make_hospital, see_all

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def meet(monkeypatch):
    """Hold a worker between finding no study and making one until the other is there too, or a second has passed."""
    barrier, honest = threading.Barrier(2, timeout=1), filing._patient_of

    def wait_for_the_other(*arguments):
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
        return honest(*arguments)

    monkeypatch.setattr(filing, "_patient_of", wait_for_the_other)


def index_in_two_threads() -> str:
    """Return what the received row says became of its instance, which is filed once in any case."""
    north = make_hospital()
    receive(north)
    errors = []

    def work() -> None:
        try:
            index.index_study(study_instance_uid="2.25.1", hospital_id=north.pk)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    with see_all():
        assert Event.objects.filter(name="StudyReceived").count() == 1
        assert Study.objects.get().number_of_instances == Instance.objects.count() == 1
        return ReceivedInstance.objects.get().outcome


def test_instance_is_indexed_when_two_workers_take_its_study(meet):
    assert index_in_two_threads() == "indexed"


def test_without_the_lock_the_second_worker_takes_the_first_ones_work_for_a_duplicate(meet, monkeypatch):
    """Unique constraints still keep the rows single; only the lock keeps the books right."""
    monkeypatch.setattr(index, "_try_lock", lambda uid: True)
    assert index_in_two_threads() == "duplicate"
