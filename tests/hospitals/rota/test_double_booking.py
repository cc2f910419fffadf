"""Many editors book one reader at the same moment: one wins; without lock and constraint several would."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection, connections

from hospitals.errors import ShiftsOverlap
from hospitals.models import Shift, User
from hospitals.services import rota
from tests.hospitals.rota.arrange import at, make_reader
from tests.story import see_all

EDITORS = 6


def book_at_once(reader: User) -> list[object]:
    """Each editor adds a shift that begins a minute later than the one before; return outcomes and errors."""
    start = threading.Barrier(EDITORS)

    def book(editor: int) -> object:
        try:
            with see_all():
                start.wait(timeout=30)
                return rota.add_shift(radiologist=reader, starts_at=at(6 + editor / 60), ends_at=at(14))
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(EDITORS) as editors:
        return list(editors.map(book, range(EDITORS)))


def test_of_many_editors_exactly_one_books_the_reader(committed_db: None) -> None:
    outcomes = book_at_once(make_reader())
    assert [type(outcome) for outcome in outcomes].count(Shift) == 1
    assert [type(outcome) for outcome in outcomes].count(ShiftsOverlap) == EDITORS - 1
    assert Shift.objects.count() == 1


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the readers' lock everybody looks before anybody has written."""
    look = rota.overlapping_shift
    monkeypatch.setattr(rota, "lock_readers", lambda radiologist_ids: None)
    monkeypatch.setattr(rota, "overlapping_shift", lambda shift: (look(shift), time.sleep(0.3))[0])


def test_the_constraint_alone_holds_too(committed_db: None, no_lock: None) -> None:
    outcomes = book_at_once(make_reader())
    assert [type(outcome) for outcome in outcomes].count(Shift) == 1
    assert Shift.objects.count() == 1


def test_without_lock_and_constraint_a_reader_is_double_booked(committed_db: None, no_lock: None) -> None:
    """The twin: the race is real."""
    definition = constraint_definition()
    owner_executes("alter table hospitals_shift drop constraint shift_no_double_booking")
    try:
        book_at_once(make_reader())
        assert Shift.objects.count() > 1
    finally:
        Shift.objects.all().delete()
        owner_executes(f"alter table hospitals_shift add constraint shift_no_double_booking {definition}")


def owner_executes(statement: str) -> None:
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute(statement)


def constraint_definition() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where conname = %s", ["shift_no_double_booking"]
        )
        return cursor.fetchone()[0]
