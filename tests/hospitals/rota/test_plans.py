"""Templates over the days the clocks change, repeats, time off, and a week copied to another."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest

from hospitals.errors import InvalidValue
from hospitals.models import Shift, ShiftBreak, TimeOff, User
from hospitals.services.rota_plans import apply_template, copy_week
from hospitals.services.shift_templates import add_template, change_template
from pacs_core.events.models import Event
from tests.hospitals.rota.arrange import BERLIN, NEW_YORK, at, make_reader, make_shift, make_template
from tests.story import make_user, see_all

pytestmark = pytest.mark.django_db
# The nights in which the clocks change in 2031.
CHANGES = {
    ("Europe/Berlin", "spring"): (date(2031, 3, 29), 7),
    ("Europe/Berlin", "autumn"): (date(2031, 10, 25), 9),
    ("America/New_York", "spring"): (date(2031, 3, 8), 7),
    ("America/New_York", "autumn"): (date(2031, 11, 1), 9),
}
ZONES = {"Europe/Berlin": BERLIN, "America/New_York": NEW_YORK}


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with see_all():
        yield


@pytest.fixture
def reader() -> User:
    return make_reader()


@pytest.mark.parametrize(("zone", "season"), CHANGES)
def test_a_night_keeps_its_clock_when_summer_time_begins_or_ends(reader: User, zone: str, season: str) -> None:
    day, hours = CHANGES[zone, season]
    night = make_template(time_zone=zone, break_after_minutes=300, break_minutes=30)
    planned = apply_template(
        template=night,
        radiologists=[reader],
        first=day - timedelta(days=1),
        last=day + timedelta(days=1),
    )
    clocks = {
        (f"{shift.starts_at.astimezone(ZONES[zone]):%H:%M}", f"{shift.ends_at.astimezone(ZONES[zone]):%H:%M}")
        for shift in planned.added
    }
    assert clocks == {("22:00", "06:00")}
    lengths = [(shift.ends_at - shift.starts_at) / timedelta(hours=1) for shift in planned.added]
    assert lengths == [8, hours, 8]
    breaks = {f"{pause.starts_at.astimezone(ZONES[zone]):%H:%M}" for pause in ShiftBreak.objects.all()}
    assert breaks == {"03:00"}


def test_a_start_that_the_clocks_skip_is_an_hour_later_by_the_clock(reader: User) -> None:
    template = make_template(starts_at_time="02:30", minutes=60)
    planned = apply_template(template=template, radiologists=[reader], first=date(2031, 3, 30), last=date(2031, 3, 30))
    (shift,) = planned.added
    assert shift.starts_at.astimezone(BERLIN).time() == time(3, 30)
    assert shift.starts_at == datetime(2031, 3, 30, 1, 30, tzinfo=UTC)


def test_repeating_a_template_adds_nothing(reader: User) -> None:
    other = make_reader()
    template = make_template(weekdays=[0, 2])
    values = {
        "template": template,
        "radiologists": [reader, other],
        "first": date(2031, 3, 3),
        "last": date(2031, 3, 9),
    }
    assert len(apply_template(**values).added) == 4
    again = apply_template(**values)
    assert (len(again.added), len(again.already), again.skipped) == (0, 4, [])
    assert Shift.objects.count() == 4
    told = Event.objects.filter(name="RotaChanged").values_list("payload__radiologist_ids", flat=True)
    assert list(told) == [sorted([reader.pk, other.pk])]


def test_time_off_and_other_shifts_are_skipped_and_told(reader: User) -> None:
    TimeOff.objects.create(radiologist=reader, starts_at=at(0, day=1), ends_at=at(24, day=1))
    TimeOff.objects.create(radiologist=reader, starts_at=at(0, day=3), ends_at=at(24, day=3), status="asked")
    make_shift(reader, 20, 23, day=2)
    template = make_template(starts_at_time="21:00", minutes=120)
    planned = apply_template(template=template, radiologists=[reader], first=date(2031, 3, 3), last=date(2031, 3, 6))
    assert [shift.starts_at for shift in planned.added] == [at(20), at(20, day=3)]
    assert [shift.starts_at for shift in planned.away] == [at(20, day=1)]
    assert [shift.starts_at for shift in planned.overlapping] == [at(20, day=2)]


def test_a_template_longer_than_a_day_never_meets_itself(reader: User) -> None:
    template = make_template(starts_at_time="06:00", minutes=26 * 60)
    planned = apply_template(template=template, radiologists=[reader], first=date(2031, 3, 3), last=date(2031, 3, 6))
    assert (len(planned.added), len(planned.overlapping)) == (2, 2)


@pytest.mark.parametrize(
    ("first", "last"), [(date(2031, 3, 3), date(2031, 3, 2)), (date(2031, 3, 3), date(2032, 3, 3))]
)
def test_a_span_of_dates_has_an_order_and_an_end(reader: User, first: date, last: date) -> None:
    with pytest.raises(InvalidValue) as refused:
        apply_template(template=make_template(), radiologists=[reader], first=first, last=last)
    assert (refused.value.field, Shift.objects.count()) == ("last", 0)


def test_only_radiologists_are_planned(reader: User) -> None:
    with pytest.raises(InvalidValue, match="not a radiologist"):
        apply_template(
            template=make_template(),
            radiologists=[reader, make_user("coordinator")],
            first=date(2031, 3, 3),
            last=date(2031, 3, 3),
        )
    assert not Shift.objects.exists()


def test_a_week_is_copied_over_the_change_of_clocks(reader: User) -> None:
    """24 March is before summer time, the week after it begins inside; all keep their clock."""
    for day in (24, 28):
        starts_at = datetime(2031, 3, day, 22, tzinfo=BERLIN)
        shift = Shift.objects.create(radiologist=reader, starts_at=starts_at, ends_at=starts_at + timedelta(hours=8))
        ShiftBreak.objects.create(
            shift=shift, starts_at=starts_at + timedelta(hours=2), ends_at=starts_at + timedelta(hours=3)
        )
    week = {"monday": date(2031, 3, 24), "to_monday": date(2031, 3, 31), "zone": BERLIN}
    planned = copy_week(radiologists=[reader], **week)
    assert [f"{shift.starts_at.astimezone(BERLIN):%d %H}" for shift in planned.added] == ["31 22", "04 22"]
    assert [f"{shift.starts_at:%H}" for shift in planned.added] == ["20", "20"]
    assert all(shift.breaks.count() == 1 for shift in planned.added)
    assert len(copy_week(radiologists=[reader], **week).already) == 2
    with pytest.raises(InvalidValue, match="Monday of another week"):
        copy_week(radiologists=[reader], **(week | {"to_monday": date(2031, 4, 1)}))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("minutes", {"minutes": 36 * 60 + 1}),
        ("minutes", {"minutes": 0}),
        ("weekdays", {"weekdays": []}),
        ("weekdays", {"weekdays": [7]}),
        ("break_minutes", {"break_minutes": 30}),
        ("break_after_minutes", {"break_after_minutes": 460, "break_minutes": 30}),
        ("time_zone", {"time_zone": "Mars/Olympus"}),
    ],
)
def test_impossible_templates_name_the_field(field: str, values: dict) -> None:
    given = {
        "name": "Night",
        "time_zone": "Europe/Berlin",
        "starts_at_time": time(22),
        "minutes": 480,
        "weekdays": [0, 1],
    }
    with pytest.raises(InvalidValue) as refused:
        add_template(**(given | values))
    assert refused.value.field == field


def test_changing_a_template_leaves_its_shifts(reader: User) -> None:
    template = make_template()
    apply_template(template=template, radiologists=[reader], first=date(2031, 3, 3), last=date(2031, 3, 3))
    change_template(template=template, minutes=300)
    assert (Shift.objects.get().ends_at - Shift.objects.get().starts_at) == timedelta(hours=8)
