"""A shift moved on the calendar: with its breaks, on the wall clock, to another reader; checked as the form is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from hospitals.errors import InvalidValue, ShiftsOverlap
from hospitals.models import Hospital, Shift, User
from hospitals.services.drop_outs import drop_out
from hospitals.services.shift_moves import move_shift
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from tests.hospitals.rota.arrange import BERLIN, at, make_reader, make_shift
from tests.story import as_user, make_hospital, make_user, see_all

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with see_all():
        yield


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_reader(north)


@pytest.fixture
def shift(ada: User) -> Shift:
    shift = make_shift(ada, 6, 14)
    shift.breaks.create(starts_at=at(9), ends_at=at(10))
    return shift


def moved(shift: Shift, starts_by: timedelta, ends_by: timedelta, reader: User | None = None) -> Shift:
    """Move both ends from where they are on Berlin's clock."""
    shift.refresh_from_db()
    starts, ends = (at.astimezone(BERLIN).replace(tzinfo=None) for at in (shift.starts_at, shift.ends_at))
    return move_shift(
        shift=shift,
        radiologist=reader or shift.radiologist,
        starts=starts + starts_by,
        ends=ends + ends_by,
        zone=BERLIN,
    )


def spans(shift: Shift) -> tuple[tuple[datetime, datetime], list[tuple[datetime, datetime]]]:
    shift.refresh_from_db()
    return (shift.starts_at, shift.ends_at), list(shift.breaks.values_list("starts_at", "ends_at"))


def test_as_a_whole_its_breaks_go_along(shift: Shift) -> None:
    moved(shift, DAY + HOUR, DAY + HOUR)
    assert spans(shift) == ((at(7, 1), at(15, 1)), [(at(10, 1), at(11, 1))])


def test_one_end_moves_alone_and_breaks_stay_inside(shift: Shift) -> None:
    moved(shift, -HOUR, timedelta(0))
    moved(shift, timedelta(0), HOUR / 4)
    assert spans(shift) == ((at(5), at(14.25)), [(at(9), at(10))])
    with pytest.raises(InvalidValue, match="inside the shift"):
        moved(shift, timedelta(0), -5 * HOUR)
    with pytest.raises(InvalidValue, match="ends_at"):
        moved(shift, 10 * HOUR, timedelta(0))
    assert spans(shift)[0] == (at(5), at(14.25))


def test_the_wall_clock_counts_over_summer_time(ada: User) -> None:
    """Saturday 08:00 to 16:00 in Berlin, a day later: the clocks have changed, the shift begins at 08:00."""
    saturday = datetime(2031, 3, 29, 7, tzinfo=UTC)
    shift = Shift.objects.create(radiologist=ada, starts_at=saturday, ends_at=saturday + 8 * HOUR)
    moved(shift, DAY, DAY)
    assert spans(shift)[0] == (saturday + DAY - HOUR, saturday + DAY + 7 * HOUR)


def test_to_another_reader_both_are_told_and_it_is_audited(north: Hospital, ada: User, shift: Shift) -> None:
    ben = make_reader(north)
    moved(shift, HOUR, HOUR, ben)
    shift.refresh_from_db()
    assert (shift.radiologist, shift.starts_at) == (ben, at(7))
    told = Event.objects.filter(name="RotaChanged").latest("pk")
    assert told.payload["radiologist_ids"] == sorted([ada.pk, ben.pk])
    entry = AuditEntry.objects.filter(action="shift.changed").latest("pk")
    assert (entry.object_id, entry.detail["radiologist_before"]) == (str(ben.pk), ada.pk)


def test_to_the_same_place_nothing_is_written(shift: Shift) -> None:
    moved(shift, timedelta(0), timedelta(0))
    assert not Event.objects.filter(name="RotaChanged").exists()


def test_what_two_people_move_to_the_same_place_is_there(shift: Shift) -> None:
    """Both saw 06:00 to 14:00 and wanted an hour later: it is one hour later, not two."""
    seen = Shift.objects.get(pk=shift.pk)
    for _person in range(2):
        starts, ends = datetime(2031, 3, 3, 8), datetime(2031, 3, 3, 16)  # noqa: DTZ001
        move_shift(shift=seen, radiologist=seen.radiologist, starts=starts, ends=ends, zone=BERLIN)
    assert spans(shift) == ((at(7), at(15)), [(at(10), at(11))])


def test_not_onto_another_shift_and_not_to_who_is_no_radiologist(north: Hospital, ada: User, shift: Shift) -> None:
    ben = make_reader(north)
    make_shift(ben, 12, 20)
    with pytest.raises(ShiftsOverlap):
        moved(shift, timedelta(0), timedelta(0), ben)
    make_shift(ada, 20, 24)
    with pytest.raises(ShiftsOverlap):
        moved(shift, 10 * HOUR, 10 * HOUR)
    with pytest.raises(InvalidValue):
        moved(shift, timedelta(0), timedelta(0), make_user("coordinator", north))
    shift.refresh_from_db()
    assert (shift.radiologist, shift.starts_at) == (ada, at(6))


def test_a_shift_that_was_dropped_out_of_stays_its_readers(north: Hospital, ada: User, shift: Shift) -> None:
    drop_out(shift=shift, reason="ill", now=at(8))
    with pytest.raises(InvalidValue, match="undo the drop-out"):
        moved(shift, timedelta(0), timedelta(0), make_reader(north))
    with pytest.raises(InvalidValue, match="undo the drop-out"):
        moved(shift, 3 * HOUR, 3 * HOUR)
    shift.refresh_from_db()
    assert (shift.radiologist, shift.starts_at) == (ada, at(6))


class TestTheAddress:
    """What the calendar posts when a bar is let go."""

    @pytest.fixture
    def olga(self, north: Hospital) -> User:
        return make_user("coordinator", north)

    def post(self, client: object, shift: Shift, **values: object) -> object:
        clocks = {"starts": "2031-03-03T08:00", "ends": "2031-03-03T16:00"}
        values = {"zone": "Europe/Berlin", "radiologist": shift.radiologist_id} | clocks | values
        return client.post(f"/coordination/rota/shifts/{shift.pk}/move/", values, headers={"HX-Request": "true"})

    def test_it_moves_and_answers_with_the_way_back(self, client: object, olga: User, ada: User, shift: Shift) -> None:
        client.force_login(olga)
        answer = self.post(client, shift)
        assert answer.status_code == 200
        undo = answer.json()["undo"]
        assert (undo["method"], undo["body"]["radiologist"]) == ("PATCH", ada.email)
        assert spans(shift)[0] == (at(7), at(15))
        with as_user(olga):
            back = client.patch(undo["url"], undo["body"], content_type="application/json")
        assert back.status_code == 200
        assert spans(shift) == ((at(6), at(14)), [(at(9), at(10))])

    @pytest.mark.parametrize(
        "values", [{"starts": "soon"}, {"zone": "Moon"}, {"starts": "2031-03-03T06+01"}, {"ends": "2031-13-01T08:00"}]
    )
    def test_what_cannot_be_read_moves_nothing(self, client: object, olga: User, shift: Shift, values: dict) -> None:
        client.force_login(olga)
        answer = self.post(client, shift, **values)
        assert answer.status_code == 422
        assert spans(shift)[0] == (at(6), at(14))

    def test_a_reader_of_another_hospital_is_no_choice(
        self, client: object, olga: User, ada: User, shift: Shift
    ) -> None:
        stranger = make_reader(make_hospital("SOUTH"))
        client.force_login(olga)
        assert self.post(client, shift, radiologist=stranger.pk).status_code == 422
        body = {"radiologist": stranger.email}
        assert client.patch(f"/api/shifts/{shift.pk}/", body, content_type="application/json").status_code == 404
        shift.refresh_from_db()
        assert shift.radiologist == ada
