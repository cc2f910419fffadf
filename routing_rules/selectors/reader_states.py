"""Every active radiologist at one moment, in the engine's words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hospitals.models import Shift, User
from hospitals.selectors.reading_rights import ReadingRights, reading_rights_at
from hospitals.selectors.rota import LONGEST_SHIFT, Window, reading_windows
from routing_rules.engine.lateness import expected_remaining
from routing_rules.engine.snapshot import ReaderState
from routing_rules.selectors.burdens import Carried, burdens, carried_in_days, carried_in_shifts
from routing_rules.selectors.procedures import speed_factors
from worklist.models import WorklistItem

Status = WorklistItem.Status
OFF_SUBSPECIALTY_FACTOR = 1.2
# How far ahead the rota is read: the longest shift that has begun, and the coming day for the outlook.
_AHEAD = 2 * LONGEST_SHIFT


@dataclass(frozen=True)
class OpenedItem:
    """What a radiologist has opened and not signed."""

    reader_id: int
    opened_at: datetime
    is_signing: bool
    expected_minutes: float
    subspecialty: str


@dataclass(frozen=True)
class Readers:
    """The readers' states by id, their rights, the rota around now, and who dropped out of a shift that is running."""

    states: tuple[ReaderState, ...]
    rights: Mapping[int, ReadingRights]
    windows: tuple[Window, ...]
    dropped_out: frozenset[int]


def readers_at(now: datetime) -> Readers:
    """Return all active radiologists at `now`; a fixed number of queries."""
    rights = reading_rights_at(now)
    people = {user.pk: user for user in User.objects.filter(pk__in=rights).order_by("pk")}
    windows = reading_windows(now - _AHEAD, now + _AHEAD)
    rota, opened = _rota(windows, now), _opened()
    speeds, of_shift = speed_factors(), carried_in_shifts(now)
    burden = burdens(of_shift, carried_in_days(now), speeds)
    states = tuple(
        _state(
            people[pk],
            rights[pk],
            now=now,
            rota=rota[pk],
            opened=opened[pk],
            speed=speeds.get(pk, 1.0),
            burden=burden.get(pk, 0.0),
            value_of_shift=of_shift.get(pk, Carried()).value,
        )
        for pk in sorted(people)
    )
    return Readers(states, rights, tuple(windows), _dropped_out(now, rota))


@dataclass(frozen=True)
class _Rota:
    """A reader's present window and the start of the next ordinary one; None for none in sight."""

    present: Window | None = None
    next_at: datetime | None = None


def _rota(windows: Iterable[Window], now: datetime) -> dict[int, _Rota]:
    present: dict[int, Window] = {}
    following: dict[int, datetime] = {}
    for window in windows:
        if window.starts_at <= now < window.ends_at:
            present[window.radiologist_id] = window
        elif window.starts_at > now and not window.is_on_call:
            following.setdefault(window.radiologist_id, window.starts_at)
    found: dict[int, _Rota] = defaultdict(_Rota)
    for pk in present.keys() | following.keys():
        found[pk] = _Rota(present.get(pk), following.get(pk))
    return found


def _opened() -> dict[int, list[OpenedItem]]:
    rows = WorklistItem.objects.filter(status__in=(Status.READING, Status.SIGNING), claimed_by__isnull=False)
    found: dict[int, list[OpenedItem]] = defaultdict(list)
    columns = ("claimed_by_id", "claimed_at", "status", "expected_minutes", "demand__procedure__subspecialty")
    for reader_id, at, status, minutes, special in rows.order_by("claimed_at", "pk").values_list(*columns):
        found[reader_id].append(OpenedItem(reader_id, at, status == Status.SIGNING, float(minutes), special or ""))
    return found


def _state(
    user: User,
    rights: ReadingRights,
    *,
    now: datetime,
    rota: _Rota,
    opened: list[OpenedItem],
    speed: float,
    burden: float,
    value_of_shift: float,
) -> ReaderState:
    until = rota.present.ends_at if rota.present else None
    reading = [item for item in opened if not item.is_signing]
    return ReaderState(
        reader_id=user.pk,
        name=user.name,
        email=user.email,
        subspecialties=rights.subspecialties,
        groups=rights.groups,
        is_resident=rights.is_resident,
        available_until=minutes_between(now, until) if until else None,
        shift_words=_shift_words(user, rota, now),
        returns_at=minutes_between(now, rota.next_at) if rota.next_at else None,
        is_on_call=bool(rota.present and rota.present.is_on_call),
        free_at=_free_at(reading, rights, speed, now),
        is_idle=not reading,
        speed_factor=speed,
        burden=round(burden, 4),
        open_items=len(opened),
        open_minutes=round(sum(item.expected_minutes for item in opened), 1),
        relative_value_of_shift=round(value_of_shift, 3),
        maximum_open_items=rights.maximum_open_items,
        maximum_open_minutes=rights.maximum_open_minutes,
        maximum_relative_value_per_shift=rights.maximum_relative_value_per_shift,
    )


def _free_at(reading: list[OpenedItem], rights: ReadingRights, speed: float, now: datetime) -> float:
    """Return when the study opened last is expected to be signed; ones opened before it were put aside."""
    if not reading:
        return 0.0
    item = reading[-1]
    is_own_field = not item.subspecialty or item.subspecialty in rights.subspecialties
    mean = max(0.5, item.expected_minutes * speed * (1.0 if is_own_field else OFF_SUBSPECIALTY_FACTOR))
    return round(expected_remaining(max(0.0, minutes_between(item.opened_at, now)), mean), 3)


def _shift_words(user: User, rota: _Rota, now: datetime) -> str:
    zone = ZoneInfo(user.time_zone)
    if rota.present is not None:
        words = f"until {rota.present.ends_at.astimezone(zone):%H:%M}"
        return f"on call {words}" if rota.present.is_on_call else words
    if rota.next_at is None:
        return ""
    at = rota.next_at.astimezone(zone)
    is_near = at.date() == now.astimezone(zone).date() or rota.next_at - now < timedelta(hours=12)
    return f"from {at:%H:%M}" if is_near else f"from {at:%a %H:%M}"


def _dropped_out(now: datetime, rota: Mapping[int, _Rota]) -> frozenset[int]:
    """Return who left a shift that is still running and reads in no other."""
    left = Shift.objects.filter(starts_at__lte=now, ends_at__gt=now, dropped_out_at__lte=now)
    return frozenset(
        reader_id
        for reader_id in left.values_list("radiologist_id", flat=True)
        if (reader_id not in rota or rota[reader_id].present is None)
    )


def minutes_between(start: datetime, end: datetime) -> float:
    """Return the minutes from start to end, negative when end is before it, to a thousandth."""
    return round((end - start) / timedelta(minutes=1), 3)
