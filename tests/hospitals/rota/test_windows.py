"""Reading windows: shifts less breaks, time off and drop-outs."""

from datetime import UTC, datetime, timedelta

import pytest

from hospitals.models import Shift, ShiftBreak, TimeOff, User
from hospitals.selectors.rota import on_shift_now, reading_windows
from tests.story import make_radiologist

pytestmark = pytest.mark.django_db
DAY = datetime(2031, 3, 3, tzinfo=UTC)
TOMORROW = DAY + timedelta(days=1)


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def hours(reader: User, start: datetime = DAY, end: datetime = TOMORROW) -> list[tuple[float, float, bool]]:
    """The reader's windows in hours after DAY, with whether on call."""
    return [
        ((w.starts_at - DAY) / timedelta(hours=1), (w.ends_at - DAY) / timedelta(hours=1), w.is_on_call)
        for w in reading_windows(start, end)
        if w.radiologist_id == reader.pk
    ]


@pytest.fixture
def reader() -> User:
    return make_radiologist(on_shift=False)


@pytest.fixture
def shift(reader: User) -> Shift:
    return Shift.objects.create(radiologist=reader, starts_at=at(6), ends_at=at(14))


def test_a_shift_is_one_window(reader: User, shift: Shift) -> None:
    assert hours(reader) == [(6, 14, False)]


def test_windows_are_clipped_and_the_end_is_exclusive(reader: User, shift: Shift) -> None:
    assert hours(reader, at(8), at(10)) == [(8, 10, False)]
    assert hours(reader, at(14), at(20)) == []
    assert hours(reader, at(0), at(6)) == []


def test_a_break_splits_the_window(reader: User, shift: Shift) -> None:
    ShiftBreak.objects.create(shift=shift, starts_at=at(10), ends_at=at(10.5))
    assert hours(reader) == [(6, 10, False), (10.5, 14, False)]


def test_time_off_cuts_shifts_of_that_reader_only(reader: User, shift: Shift) -> None:
    other = make_radiologist(on_shift=False)
    Shift.objects.create(radiologist=other, starts_at=at(6), ends_at=at(14))
    TimeOff.objects.create(radiologist=reader, starts_at=at(-24), ends_at=at(9))
    assert hours(reader) == [(9, 14, False)]
    assert hours(other) == [(6, 14, False)]


def test_time_off_that_is_only_asked_for_or_refused_cuts_nothing(reader: User, shift: Shift) -> None:
    for status in (TimeOff.Status.ASKED, TimeOff.Status.REFUSED):
        TimeOff.objects.create(radiologist=reader, starts_at=at(0), ends_at=at(24), status=status)
    assert hours(reader) == [(6, 14, False)]


def test_nothing_is_read_after_a_drop_out(reader: User, shift: Shift) -> None:
    Shift.objects.filter(pk=shift.pk).update(dropped_out_at=at(7))
    assert hours(reader) == [(6, 7, False)]
    Shift.objects.filter(pk=shift.pk).update(dropped_out_at=at(5))
    assert hours(reader) == []


def test_on_call_counts_only_outside_of_shifts(reader: User, shift: Shift) -> None:
    Shift.objects.create(radiologist=reader, starts_at=at(12), ends_at=at(20), is_on_call=True)
    assert hours(reader) == [(6, 14, False), (14, 20, True)]


def test_shifts_that_touch_are_one_window(reader: User, shift: Shift) -> None:
    Shift.objects.create(radiologist=reader, starts_at=at(14), ends_at=at(18))
    assert hours(reader) == [(6, 18, False)]


def test_a_reader_who_is_locked_out_reads_nothing(reader: User, shift: Shift) -> None:
    User.objects.filter(pk=reader.pk).update(is_active=False)
    assert hours(reader) == []


def test_on_shift_now_gives_the_whole_window_around_now(reader: User, shift: Shift) -> None:
    ShiftBreak.objects.create(shift=shift, starts_at=at(10), ends_at=at(10.5))
    window = on_shift_now(at(8))[reader.pk]
    assert (window.starts_at, window.ends_at) == (at(6), at(10))
    assert reader.pk not in on_shift_now(at(10.25)), "in a break"
    assert reader.pk in on_shift_now(at(10.5))
    assert reader.pk not in on_shift_now(at(14)), "the end is exclusive"


def test_windows_take_three_queries_however_many_readers(reader: User, shift: Shift, django_assert_num_queries) -> None:
    for _number in range(3):
        Shift.objects.create(radiologist=make_radiologist(on_shift=False), starts_at=at(6), ends_at=at(14))
    with django_assert_num_queries(3):
        assert len(reading_windows(DAY, TOMORROW)) == 4
