"""/healthz and /readyz, with the database, the broker, the workers and the storage away in turn."""

import socket
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pacs_core.events.heartbeat import beat
from pacs_core.events.models import Heartbeat
from pacs_core.network.hl7.models import Hl7Source
from pacs_core.settings import environment
from tests.story import make_hospital

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def working():
    beat("worker")
    beat("dimse")


def failing() -> dict[str, str]:
    answer = Client().get("/readyz")
    body = answer.json()
    found = {name: result["reason"] for name, result in body["checks"].items() if not result["ok"]}
    assert set(body["checks"]) == {
        "database",
        "broker",
        "workers",
        "dicom_listener",
        "hl7_listener",
        "storage",
    }
    assert answer.status_code == (503 if found else 200)
    assert body["status"] == ("failing" if found else "ok")
    return found


def test_process_answers():
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_when_everything_works(working):
    assert failing() == {}


def test_processes_that_never_started_are_named():
    assert list(failing()) == ["workers", "dicom_listener"]


@pytest.mark.parametrize(
    ("process", "check", "words"),
    [("worker", "workers", "worker"), ("dimse", "dicom_listener", "DICOM listener")],
)
def test_a_process_that_fell_silent_is_named(working, process, check, words):
    Heartbeat.objects.filter(process=process).update(beat_at=timezone.now() - timedelta(seconds=61))
    found = failing()
    assert list(found) == [check]
    assert found[check].startswith(f"No {words} has been heard of for 61")


def test_an_hl7_listener_is_needed_where_somebody_sends_messages(working):
    Hl7Source.objects.create(hospital=make_hospital(), sending_application="RIS", sending_facility="NORTH")
    assert failing() == {"hl7_listener": "No HL7 listener has started yet."}
    beat("hl7")
    assert failing() == {}


def test_database_that_is_away_is_named_within_seconds(working, settings, monkeypatch):
    started = time.monotonic()
    with monkeypatch.context() as away:
        away.setitem(settings.DATABASES["default"], "HOST", "127.0.0.1")
        away.setitem(settings.DATABASES["default"], "PORT", "1")
        assert list(failing()) == ["database", "workers", "dicom_listener", "hl7_listener"]
    assert time.monotonic() - started < 10
    assert Client().get("/healthz").status_code == 200


def test_broker_that_accepts_and_says_nothing_is_named_within_seconds(working, settings):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        started = time.monotonic()
        assert list(failing()) == ["broker"]
        assert time.monotonic() - started < 10


def test_storage_without_room_is_named(working, settings):
    settings.STORAGE_RESERVE_BYTES = 10**18
    assert "STORAGE_RESERVE_BYTES" in failing()["storage"]


def test_bucket_that_does_not_answer_is_named(working, settings, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    settings.STORAGES = settings.STORAGES | environment.bucket("s3://images?endpoint_url=http://127.0.0.1:9")[0]
    assert "bucket" in failing()["storage"]


def test_storage_that_cannot_be_written_is_named(working, settings, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    settings.STORAGE_ROOT = tmp_path / "file" / "storage"
    assert list(failing()) == ["storage"]
