"""A reader's shifts as iCalendar (RFC 5545), for the calendar of a phone."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vDuration

from hospitals.models import Shift, User

PRODUCT = "-//Meridian//Rota//EN"
# RFC 7986 section 5.7: how often a program should look again.
REFRESH = timedelta(hours=1)


def calendar_of(radiologist: User, shifts: Iterable[Shift], *, now: datetime) -> bytes:
    """Return the calendar; times in UTC, which every program shows on its own clock. No patient is in it."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"Shifts of {radiologist.name}")
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    for shift in shifts:
        calendar.add_component(_event_of(shift, now))
    return calendar.to_ical()


def _event_of(shift: Shift, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"shift-{shift.pk}@meridian")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", shift.starts_at.astimezone(UTC))
    event.add("dtend", shift.ends_at.astimezone(UTC))
    event.add("summary", "On call" if shift.is_on_call else "Reading shift")
    pauses = sorted((pause.starts_at, pause.ends_at) for pause in shift.breaks.all())
    lines = [f"Break {a.astimezone(UTC):%H:%M} to {b.astimezone(UTC):%H:%M} UTC" for a, b in pauses]
    if shift.dropped_out_at is not None:
        lines.append(f"Dropped out at {shift.dropped_out_at.astimezone(UTC):%H:%M} UTC")
        if shift.dropped_out_at <= shift.starts_at:
            event.add("status", "CANCELLED")
    if lines:
        event.add("description", "\n".join(lines))
    return event
