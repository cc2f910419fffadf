"""Events: numbered at delivery, handled once, retried, never lost with the broker."""

import contextlib
from datetime import timedelta

import pytest
from django.utils import timezone

from pacs_core import flow
from pacs_core.access.scopes import current_scope
from pacs_core.audit.services import record_audit
from pacs_core.events import services
from pacs_core.events.durable_task import _take_slot
from pacs_core.events.errors import PermanentFailure, UnknownEvent
from pacs_core.events.models import Event, EventReceipt
from tests.story import in_hospital, make_hospital, see_all

answers: list[str] = []


def answer(event: Event) -> None:
    answers.append(f"{event.name} {sorted(current_scope().hospital_ids)}")
    record_audit(action="test.answered", hospital_id=event.hospital_id)


def refuse(event: Event) -> None:
    raise PermanentFailure("never")


def stumble(event: Event) -> None:
    record_audit(action="test.half_done", hospital_id=event.hospital_id)
    raise ValueError("half way")


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    answers.clear()
    here = __name__
    monkeypatch.setitem(flow.EVENT_HANDLERS, "StudyReceived", (f"{here}.answer",))
    monkeypatch.setitem(flow.EVENT_HANDLERS, "StudyGrew", (f"{here}.stumble",))
    monkeypatch.setitem(flow.EVENT_HANDLERS, "OrderReceived", (f"{here}.refuse",))


def emit(hospital: object, name: str = "StudyReceived") -> Event:
    with in_hospital(hospital):
        return services.emit_event(name, hospital_id=hospital.pk, study_id=1)


def test_numbers_count_within_each_hospital(committed_db: None) -> None:
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    for hospital in (north, south, north):
        emit(hospital)
    services.deliver_due_events()
    with see_all():
        assert sorted(Event.objects.values_list("hospital__code", "number")) == [
            ("NORTH", 1),
            ("NORTH", 2),
            ("SOUTH", 1),
        ]


def test_handler_runs_in_the_hospital_of_the_event_and_once(committed_db: None) -> None:
    hospital = make_hospital()
    emit(hospital)
    services.deliver_due_events()
    receipt = EventReceipt.objects.get()
    services.run_event_handler(receipt.pk, hospital.pk)
    services.run_event_handler(receipt.pk, hospital.pk)
    assert answers == [f"StudyReceived [{hospital.pk}]"]


def test_failed_handler_leaves_nothing_half_done_and_is_retried(committed_db: None) -> None:
    from pacs_core.audit.models import AuditEntry

    hospital = make_hospital()
    emit(hospital, "StudyGrew")
    services.deliver_due_events()
    receipt = EventReceipt.objects.get()
    services.run_event_handler(receipt.pk, hospital.pk)
    receipt.refresh_from_db()
    assert (receipt.attempts, receipt.last_error, receipt.done_at, receipt.failed_at) == (1, "ValueError", None, None)
    with see_all():
        assert not AuditEntry.objects.exists()
    EventReceipt.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    assert services.enqueue_overdue_receipts() == 1


def test_permanent_failure_is_not_retried(committed_db: None) -> None:
    hospital = make_hospital()
    emit(hospital, "OrderReceived")
    services.deliver_due_events()
    receipt = EventReceipt.objects.get()
    services.run_event_handler(receipt.pk, hospital.pk)
    receipt.refresh_from_db()
    assert receipt.failed_at is not None
    EventReceipt.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    assert services.enqueue_overdue_receipts() == 0


def test_event_of_a_rolled_back_transaction_does_not_exist(committed_db: None) -> None:
    hospital = make_hospital()
    with contextlib.suppress(ZeroDivisionError), in_hospital(hospital):
        services.emit_event("StudyReceived", hospital_id=hospital.pk, study_id=1)
        raise ZeroDivisionError
    assert services.deliver_due_events() == 0


def test_unknown_event_is_refused(db: None) -> None:
    hospital = make_hospital()
    with in_hospital(hospital), pytest.raises(UnknownEvent):
        services.emit_event("StudyRecieved", hospital_id=hospital.pk)


def test_event_waits_for_its_due_time(committed_db: None) -> None:
    hospital = make_hospital()
    with in_hospital(hospital):
        services.emit_event(
            "StudyReceived", hospital_id=hospital.pk, due_at=timezone.now() + timedelta(minutes=1), study_id=1
        )
    assert services.deliver_due_events() == 0


def test_two_beats_take_one_slot(db: None) -> None:
    taken = [_take_slot("sweep", 86_400), _take_slot("sweep", 86_400)]
    assert taken == [True, False]
