"""Order and images that come at the same moment, in two transactions that cannot see each other, still meet."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, connections

from hospitals.models import Hospital
from pacs_core.archive.models import Study
from tests.story import in_hospital, make_hospital, make_patient, make_study, see_all
from worklist.models import WorklistItem
from worklist.services import matching, open_worklist_item, orders, place_order
from worklist.services.opening import apply_order
from worklist.services.orders import OrderDetails, OrderedPatient


@pytest.fixture
def pool(committed_db: None) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool
        pool.submit(connections.close_all).result()


def meet(pool: ThreadPoolExecutor) -> WorklistItem:
    """Handle the order whole while the transaction that opens the item has looked for orders, but not committed."""
    north = make_hospital("NORTH")
    study = make_study(north, make_patient(north, patient_id="P1"), accession_number="A1")
    looked, may_commit = threading.Event(), threading.Event()

    def open_slowly() -> None:
        try:
            with in_hospital(north):
                open_worklist_item(study_id=study.pk)
                looked.set()
                wait_until(lambda: may_commit.is_set() or somebody_waits_for_a_lock())
        finally:
            connections.close_all()

    opening_item = pool.submit(open_slowly)
    assert looked.wait(30)
    order_handled = pool.submit(handle_order, north)
    order_handled.add_done_callback(lambda _: may_commit.set())
    opening_item.result(60)
    order_handled.result(60)
    return item_of(study)


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for what the other transaction comes to, however slow the machine is."""
    ends_at = time.monotonic() + 60
    while not holds() and time.monotonic() < ends_at:
        time.sleep(0.02)


def somebody_waits_for_a_lock() -> bool:
    """Say whether the other transaction has run into what this one holds: its lock on the names, or its row."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    with connection.cursor() as cursor:
        cursor.execute(waiting)
        return cursor.fetchone()[0] > 0


def handle_order(north: Hospital) -> None:
    try:
        with in_hospital(north):
            order = place_order(
                hospital_id=north.pk,
                patient=OrderedPatient(patient_id="P1", issuer="NORTH"),
                details=OrderDetails(accession_number="A1", issuer_of_accession_number="NORTH"),
            )
        with in_hospital(north):
            apply_order(order_id=order.pk)
    finally:
        connections.close_all()


def item_of(study: Study) -> WorklistItem:
    with see_all():
        return WorklistItem.objects.get(study=study)


def test_they_meet(pool: ThreadPoolExecutor) -> None:
    assert meet(pool).order_id is not None


def test_without_the_lock_they_collide(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: each opens the study's item without a sight of the other's."""
    for module in (matching, orders):
        monkeypatch.setattr(module, "lock_names", lambda **_: None)
    with pytest.raises(IntegrityError, match="study_id"):
        meet(pool)
