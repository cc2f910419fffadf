"""Adding, changing and removing shifts: what is refused, what is told."""

from collections.abc import Iterator

import pytest

from hospitals.errors import InvalidValue, ShiftsOverlap
from hospitals.models import Shift, ShiftBreak, User
from hospitals.services.rota import add_shift, change_shift, remove_shift
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from tests.hospitals.rota.arrange import at, make_reader
from tests.story import make_user, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with see_all():
        yield


@pytest.fixture
def reader() -> User:
    return make_reader()


def told() -> list[list[int]]:
    return [event.payload["radiologist_ids"] for event in Event.objects.filter(name="RotaChanged").order_by("pk")]


def test_a_shift_is_added_with_its_breaks_audited_and_told(reader: User) -> None:
    shift = add_shift(radiologist=reader, starts_at=at(6), ends_at=at(14), breaks=[(at(10), at(10.5))])
    assert list(shift.breaks.values_list("starts_at", "ends_at")) == [(at(10), at(10.5))]
    assert told() == [[reader.pk]]
    assert Event.objects.get(name="RotaChanged").hospital_id is None
    assert AuditEntry.objects.get(action="shift.added").detail["shift_id"] == shift.pk


def test_the_same_shift_again_writes_nothing_and_another_end_moves_it(reader: User) -> None:
    values = {"radiologist": reader, "starts_at": at(6), "breaks": [(at(10), at(11))]}
    first = add_shift(**values, ends_at=at(14))
    assert add_shift(**values, ends_at=at(14)) == first
    assert len(told()) == 1
    assert add_shift(**values, ends_at=at(15)).pk == first.pk
    assert (Shift.objects.get().ends_at, ShiftBreak.objects.count(), len(told())) == (at(15), 1, 2)


@pytest.mark.parametrize(("start", "end"), [(13.99, 20), (4, 6.01), (8, 9), (4, 20)])
def test_overlapping_shifts_of_a_reader_are_refused_with_the_other_ones_time(
    reader: User, start: float, end: float
) -> None:
    add_shift(radiologist=reader, starts_at=at(6), ends_at=at(14))
    with pytest.raises(ShiftsOverlap, match="Mon 3 Mar 07:00 to 15:00"):
        add_shift(radiologist=reader, starts_at=at(start), ends_at=at(end))
    assert Shift.objects.count() == 1
    add_shift(radiologist=reader, starts_at=at(14), ends_at=at(20))
    add_shift(radiologist=make_reader(), starts_at=at(start), ends_at=at(end))


def test_on_call_may_lie_beside_a_shift_but_not_on_another_call(reader: User) -> None:
    add_shift(radiologist=reader, starts_at=at(6), ends_at=at(14))
    add_shift(radiologist=reader, starts_at=at(4), ends_at=at(20), is_on_call=True)
    with pytest.raises(ShiftsOverlap):
        add_shift(radiologist=reader, starts_at=at(19), ends_at=at(22), is_on_call=True)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("ends_at", {"ends_at": at(6)}),
        ("ends_at", {"ends_at": at(6 + 36.1)}),
        ("breaks", {"breaks": [(at(5), at(7))]}),
        ("breaks", {"breaks": [(at(13), at(15))]}),
        ("breaks", {"breaks": [(at(8), at(8))]}),
        ("breaks", {"breaks": [(at(8), at(9)), (at(8.5), at(10))]}),
    ],
)
def test_impossible_shifts_name_the_field(reader: User, field: str, values: dict) -> None:
    with pytest.raises(InvalidValue) as refused:
        add_shift(**({"radiologist": reader, "starts_at": at(6), "ends_at": at(14)} | values))
    assert refused.value.field == field
    assert (Shift.objects.count(), told()) == (0, [])
    add_shift(radiologist=reader, starts_at=at(6), ends_at=at(6 + 36))


def test_only_a_radiologist_has_shifts() -> None:
    with pytest.raises(InvalidValue, match="not a radiologist"):
        add_shift(radiologist=make_user("coordinator"), starts_at=at(6), ends_at=at(14))


def test_a_shift_is_changed_and_removed(reader: User) -> None:
    shift = add_shift(radiologist=reader, starts_at=at(6), ends_at=at(14), breaks=[(at(10), at(11))])
    moved = change_shift(shift=shift, starts_at=at(7), ends_at=at(15), is_on_call=True, breaks=[])
    assert (moved.starts_at, moved.is_on_call, ShiftBreak.objects.count()) == (at(7), True, 0)
    other = add_shift(radiologist=reader, starts_at=at(20), ends_at=at(22), is_on_call=True)
    with pytest.raises(ShiftsOverlap):
        change_shift(shift=other, starts_at=at(14), ends_at=at(22), is_on_call=True, breaks=[])
    remove_shift(shift=moved)
    assert Shift.objects.get() == other
    assert AuditEntry.objects.filter(action="shift.removed").count() == 1
    assert told()[-1] == [reader.pk]
