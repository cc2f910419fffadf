"""Health in sentences: silent nodes, what waits, what failed; the worst first, of own hospitals only."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from hospitals.models import Hospital, User
from hospitals.selectors.health import HealthPart, health_parts, span_words
from hospitals.selectors.sending_rhythm import unusual_silence
from pacs_core.archive.models import QuarantinedInstance, ReceivedInstance
from pacs_core.events.models import Event, EventReceipt, Heartbeat
from pacs_core.network.models import RejectedAssociation
from tests.story import as_user, in_hospital, make_hospital, make_node, make_user, see_all

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def every(minutes: int, count: int, *, last: datetime) -> list[datetime]:
    return [last - timedelta(minutes=minutes * number) for number in range(count)]


def test_node_is_silent_when_it_misses_its_own_rhythm() -> None:
    silence = unusual_silence("NORTH_CT", every(10, 20, last=NOW - timedelta(hours=3)), NOW)
    assert silence is not None
    assert (span_words(silence.lasting), span_words(silence.usual)) == ("3 h", "10 min")


@pytest.mark.parametrize(
    ("minutes", "silent_minutes"),
    [(10, 29), (10, 55), (60, 300)],
    ids=["half an hour is never unusual", "six times is", "the rhythm counts, not the clock"],
)
def test_node_within_its_rhythm_is_not_silent(minutes: int, silent_minutes: int) -> None:
    assert unusual_silence("X", every(minutes, 20, last=NOW - timedelta(minutes=silent_minutes)), NOW) is None


def test_node_that_is_silent_every_night_is_not_reported_at_night() -> None:
    day = [NOW - timedelta(days=days, minutes=10 * step) for days in range(4) for step in range(40)]
    night = NOW + timedelta(hours=7)
    assert unusual_silence("X", day, night) is None
    assert unusual_silence("X", day, NOW + timedelta(hours=23)) is not None


def test_new_node_has_no_rhythm_yet() -> None:
    assert unusual_silence("X", every(10, 3, last=NOW - timedelta(days=1)), NOW) is None
    assert unusual_silence("X", [], NOW) is None


@pytest.fixture
def north() -> Hospital:
    for process in ("worker", "dimse"):
        Heartbeat.objects.create(process=process, beat_at=timezone.now())
    return make_hospital("NORTH")


@pytest.fixture
def nora(north: Hospital) -> User:
    return make_user("hospital_administrator", north)


def parts_for(user: User) -> list[HealthPart]:
    with as_user(user):
        return health_parts(timezone.now())


def sentences(user: User, tone: str) -> list[str]:
    return [part.sentence for part in parts_for(user) if part.tone == tone]


def send(hospital: Hospital, ae_title: str, arrivals: list[datetime], outcome: str = "indexed") -> None:
    with in_hospital(hospital):
        ReceivedInstance.objects.bulk_create(
            ReceivedInstance(
                hospital=hospital,
                source="dimse",
                calling_ae_title=ae_title,
                study_instance_uid=f"2.25.{number}",
                sop_instance_uid=f"2.25.{number}.{image}",
                file_path="absent",
                size_bytes=1,
                sha256="0" * 64,
                received_at=at + timedelta(seconds=image),
                outcome=outcome,
            )
            for number, at in enumerate(sorted(arrivals))
            for image in range(3)
        )


@pytest.mark.django_db
def test_silent_node_is_named_with_its_page(nora: User, north: Hospital) -> None:
    last = timezone.now() - timedelta(hours=3)
    node = make_node(north, "NORTH_CT", last_stored_at=last)
    make_node(north, "NORTH_MR", last_stored_at=timezone.now())
    paused = make_node(north, "NORTH_US", last_stored_at=last, is_paused=True)
    for ae_title in (node.ae_title, paused.ae_title):
        send(north, ae_title, every(10, 8, last=last))
    (silent,) = [part for part in parts_for(nora) if part.tone == "soon"]
    assert silent.sentence == "NORTH_CT last sent 3 h ago, usually every 10 min."
    assert silent.next_url == f"/administration/nodes/{node.pk}/"
    assert "2 of 2 nodes sent images in the last day." in sentences(nora, "fine")


@pytest.mark.django_db(databases=["default"])
def test_what_waits_and_failed_is_said_worst_first_and_of_own_hospitals_only(nora: User, north: Hospital) -> None:
    south = make_hospital("SOUTH")
    old = timezone.now() - timedelta(minutes=10)
    for hospital in (north, south):
        send(hospital, f"{hospital.code}_CT", [old], outcome="pending")
        with in_hospital(hospital):
            QuarantinedInstance.objects.create(
                hospital=hospital, source="dimse", file_path="x", size_bytes=1, reason_code="x", reason="x"
            )
            event = Event.objects.create(name="StudyReceived", hospital=hospital, due_at=old)
            EventReceipt.objects.create(
                event=event,
                hospital_id_of_event=hospital.pk,
                handler="worklist.handlers.open_worklist_item",
                retry_at=old,
                failed_at=old,
                last_error="ValueError",
            )
    parts = parts_for(nora)
    assert [part.tone for part in parts] == sorted((part.tone for part in parts), key=["overdue", "soon", "fine"].index)
    said = " ".join(part.sentence for part in parts)
    assert "3 received images are not filed yet, the oldest for 10 min." in said
    assert "1 event is not delivered yet" in said
    assert "1 time a step was given up: open worklist item (ValueError), last 10 min ago." in said
    assert "1 file of NORTH waits in quarantine" in said
    assert "SOUTH" not in said
    everything = " ".join(part.sentence for part in parts_for(make_user("system_administrator")))
    assert "6 received images" in everything
    assert "1 file of SOUTH waits in quarantine" in everything


@pytest.mark.django_db
def test_callers_turned_away_are_told_to_who_may_let_them_in(nora: User, north: Hospital) -> None:
    for number in range(7):
        RejectedAssociation.objects.create(
            calling_ae_title=f"SCANNER{number}",
            called_ae_title="MERIDIAN",
            peer_address="10.0.0.9",
            reason="calling_ae_title_unknown",
            times=number + 1,
        )
    RejectedAssociation.objects.update(last_at=timezone.now() - timedelta(hours=1))
    said = sentences(make_user("system_administrator"), "soon")
    assert said[0].startswith("SCANNER6 at 10.0.0.9 was turned away, 7 in all, last 60 min ago")
    assert said[5:] == ["More callers were turned away in the last day."]
    assert sentences(nora, "soon") == []
    RejectedAssociation.objects.update(last_at=timezone.now() - timedelta(days=2))
    assert sentences(make_user("system_administrator"), "soon") == []


@pytest.mark.django_db
def test_part_that_stands_still_comes_first_with_what_to_do(
    nora: User, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    first = parts_for(nora)[0]
    assert first.tone == "overdue"
    assert "Valkey does not answer" in first.sentence
    assert "Start Valkey again" in first.next_step
    with see_all():
        assert Hospital.objects.exists()
