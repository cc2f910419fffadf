"""Readers, shifts and instants for the tests of the rota."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hospitals.models import Hospital, Shift, ShiftTemplate, User
from tests.story import make_radiologist

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
DAY = datetime(2031, 3, 3, tzinfo=UTC)  # a Monday


def at(hour: float, day: int = 0) -> datetime:
    return DAY + timedelta(days=day, hours=hour)


def make_reader(*hospitals: Hospital, **fields: Any) -> User:
    return make_radiologist(*hospitals, on_shift=False, **({"time_zone": "Europe/Berlin"} | fields))


def make_shift(reader: User, start: float = 6, end: float = 14, day: int = 0, **fields: Any) -> Shift:
    return Shift.objects.create(radiologist=reader, starts_at=at(start, day), ends_at=at(end, day), **fields)


def make_template(**fields: Any) -> ShiftTemplate:
    values: dict[str, Any] = {
        "name": "Night",
        "time_zone": "Europe/Berlin",
        "starts_at_time": "22:00",
        "minutes": 480,
        "weekdays": list(range(7)),
    }
    template = ShiftTemplate.objects.create(**(values | fields))
    template.refresh_from_db()
    return template
