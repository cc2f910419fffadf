"""The archive's tasks: what a lost nudge left behind is found, whatever became of the broker."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pacs_core.archive import tasks
from pacs_core.archive.models import ReceivedInstance, Study
from pacs_core.archive.services import index
from pacs_core.events.models import Event
from tests.pacs_core.archive.instances import index_all, receive
from tests.story import make_hospital, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def north():
    return make_hospital()


@pytest.fixture
def enqueued(monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.index_received_study, "enqueue", lambda *arguments: sent.append(arguments))
    return sent


def age(seconds: float) -> None:
    with see_all():
        ReceivedInstance.objects.update(received_at=timezone.now() - timedelta(seconds=seconds))


def test_sweep_enqueues_each_waiting_study_once(north, enqueued):
    south = make_hospital("SOUTH")
    receive(north)
    receive(north, number=2)
    receive(south, study="2.25.2")
    age(10)
    tasks.sweep_received_instances()
    assert sorted(enqueued) == [(north.pk, "2.25.1"), (south.pk, "2.25.2")]


def test_sweep_leaves_young_and_indexed_instances_alone(north, enqueued):
    receive(north)
    age(10)
    index_all(north)
    receive(north, study="2.25.2")
    tasks.sweep_received_instances()
    assert enqueued == []


def test_task_indexes_its_study(north, enqueued):
    receive(north)
    tasks.index_received_study(north.pk, "2.25.1")
    with see_all():
        assert Study.objects.get().number_of_instances == 1
    assert enqueued == []


def test_long_study_goes_to_the_end_of_the_queue(north, enqueued, monkeypatch):
    monkeypatch.setattr(index, "BATCH", 1)
    monkeypatch.setattr(index, "RUN_SECONDS", 0.0001)
    for number in (1, 2):
        receive(north, number=number)
    tasks.index_received_study(north.pk, "2.25.1")
    assert enqueued == [(north.pk, "2.25.1")]
    with see_all():
        assert ReceivedInstance.objects.filter(outcome="pending").count() == 1


def test_periodic_completion_completes_quiet_studies(north):
    receive(north)
    age(60)
    index_all(north)
    tasks.complete_studies()
    with see_all():
        assert Study.objects.get().completed_at is not None
        assert Event.objects.filter(name="StudyCompleted").count() == 1
