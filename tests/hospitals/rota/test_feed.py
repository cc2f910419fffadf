"""The calendar feed: behind a secret that can be renewed, with what the reader reads and nothing else."""

from datetime import timedelta

import icalendar
import pytest
from django.test import Client
from django.utils import timezone

from hospitals.models import Shift, ShiftBreak, ShiftFeed, User
from hospitals.services.shift_feeds import end_feed, renew_feed
from tests.hospitals.rota.arrange import make_reader
from tests.story import see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> User:
    return make_reader(name="Dr. Ada Roth")


def address(reader: User) -> str:
    with see_all():
        return f"/shift-feeds/{renew_feed(radiologist=reader, now=timezone.now())}.ics"


def test_the_feed_holds_the_readers_shifts(reader: User) -> None:
    now = timezone.now().replace(microsecond=0)
    shift = Shift.objects.create(radiologist=reader, starts_at=now, ends_at=now + timedelta(hours=8))
    ShiftBreak.objects.create(shift=shift, starts_at=now + timedelta(hours=4), ends_at=now + timedelta(hours=5))
    call = {"starts_at": now + timedelta(days=1), "ends_at": now + timedelta(days=2), "is_on_call": True}
    Shift.objects.create(radiologist=reader, **call)
    off = {"starts_at": now + timedelta(days=3), "ends_at": now + timedelta(days=4)}
    Shift.objects.create(radiologist=reader, **off, dropped_out_at=off["starts_at"])
    Shift.objects.create(radiologist=make_reader(), starts_at=now, ends_at=now + timedelta(hours=1))
    answer = Client().get(address(reader))
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    calendar = icalendar.Calendar.from_ical(answer.content)
    assert str(calendar["X-WR-CALNAME"]) == "Shifts of Dr. Ada Roth"
    events = calendar.walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in events] == ["Reading shift", "On call", "Reading shift"]
    assert (events[0].decoded("DTSTART"), events[0].decoded("DTEND")) == (now, now + timedelta(hours=8))
    assert "Break" in str(events[0]["DESCRIPTION"])
    assert str(events[2]["STATUS"]) == "CANCELLED"
    assert len({str(event["UID"]) for event in events}) == 3


def test_a_renewed_ended_or_unknown_address_answers_nothing(reader: User) -> None:
    first = address(reader)
    second = address(reader)
    assert first != second
    assert (Client().get(first).status_code, Client().get(second).status_code) == (404, 200)
    assert ShiftFeed.objects.get().key_digest not in second
    User.objects.filter(pk=reader.pk).update(is_active=False)
    assert Client().get(second).status_code == 404
    User.objects.filter(pk=reader.pk).update(is_active=True)
    with see_all():
        end_feed(radiologist=reader)
    assert Client().get(second).status_code == 404
    assert Client().get("/shift-feeds/x.ics").status_code == 404


def test_fetches_are_noted_once_an_hour(reader: User) -> None:
    url = address(reader)
    Client().get(url)
    noted = ShiftFeed.objects.get().fetched_at
    Client().get(url)
    assert ShiftFeed.objects.get().fetched_at == noted
    ShiftFeed.objects.update(fetched_at=noted - timedelta(hours=2))
    Client().get(url)
    assert ShiftFeed.objects.get().fetched_at >= noted
