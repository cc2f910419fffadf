"""When what is open is expected to be signed: the readers' lists, windows and pace, put before the pure prediction."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from django.db.models import F

from routing_rules.engine.lateness import expected_remaining
from routing_rules.engine.prediction import Expected, ItemAhead, ReaderTime, predict
from routing_rules.selectors.obstacles import Held, asked_of, readers_without_bar
from routing_rules.selectors.readers_now import LOOKS_AHEAD, ReaderNow, readers_at_work
from worklist.models import WorklistItem

Status = WorklistItem.Status
_MINUTE = timedelta(minutes=1)
HORIZON_MINUTES = LOOKS_AHEAD / _MINUTE
# What nobody has beyond this many items is counted, not predicted.
MOST_UNASSIGNED = 2000


class OpenItem(NamedTuple):
    """The few columns of an open item that the board counts with; of any hospital."""

    item_id: int
    hospital_id: int
    status: str
    priority: str
    priority_rank: int
    service_level_minutes: int
    deadline_at: datetime
    expected_minutes: float
    holder_id: int | None
    claimed_at: datetime | None
    is_pinned: bool
    place: int | None
    version: int
    hold_for: str | None
    hold_share: float | None

    def minutes_left(self, now: datetime) -> float:
        return (self.deadline_at - now) / _MINUTE

    def share_used(self, now: datetime) -> float:
        """Return the share of the service level that has passed; above 1 when overdue."""
        return 1 - self.minutes_left(now) / max(self.service_level_minutes, 1)

    def is_held(self, now: datetime) -> bool:
        """Say whether a rule still keeps the item for a subspecialty's readers."""
        is_waiting = self.status in (Status.UNASSIGNED, Status.ASSIGNED)
        return bool(self.hold_for) and is_waiting and self.share_used(now) < (self.hold_share or 0)


@dataclass(frozen=True)
class Forecast:
    """All open items at `now` with what is expected of each; readers by id."""

    now: datetime
    items: tuple[OpenItem, ...]
    readers: Mapping[int, ReaderNow]
    expected: Mapping[int, Expected]

    def instant(self, minutes: float | None) -> datetime | None:
        return None if minutes is None or minutes == float("inf") else self.now + minutes * _MINUTE

    def late_minutes(self, item: OpenItem) -> float:
        """Return by how much the item is expected to be late; by how much at least where nobody is known to read it."""
        return self._late[item.item_id]

    @cached_property
    def _late(self) -> dict[int, float]:
        def late(item: OpenItem) -> float:
            finishes_at = self.expected[item.item_id].finishes_at
            return (HORIZON_MINUTES if finishes_at is None else finishes_at) - item.minutes_left(self.now)

        return {item.item_id: late(item) for item in self.items}

    def held_by_reader(self) -> dict[int, Held]:
        """Return what each reader has on the list or open, for the caps."""
        items: dict[int, int] = defaultdict(int)
        minutes: dict[int, float] = defaultdict(float)
        for item in self.items:
            if item.holder_id is not None:
                items[item.holder_id] += 1
                minutes[item.holder_id] += item.expected_minutes
        return {reader_id: Held(count, minutes[reader_id]) for reader_id, count in items.items()}


def forecast(now: datetime) -> Forecast:
    """Return the forecast over the open scope; a fixed number of queries.

    A reader's time goes to every hospital's items: open a scope over all of them for figures of readers.
    """
    readers = readers_at_work(now)
    items = open_items()
    waiting, reading = _split(items)
    free_at, expected = _being_read(reading, readers, now)
    times = [_time_of(reader, free_at.get(pk, 0.0)) for pk, reader in readers.items()]
    unheld = asked_of(
        WorklistItem.objects.filter(status=Status.UNASSIGNED).order_by("priority_rank", "deadline_at", "pk")[
            :MOST_UNASSIGNED
        ]
    )
    may_read = readers_without_bar(unheld, readers)
    ahead = [_ahead(item, now, may_read.get(item.item_id, frozenset())) for item in waiting]
    return Forecast(now, items, readers, expected | predict(ahead, times))


def open_items() -> tuple[OpenItem, ...]:
    """Return every open item of the scope, in the order in which it would be read; one query."""
    rows = WorklistItem.objects.filter(status__in=(Status.UNASSIGNED, Status.ASSIGNED, Status.READING, Status.SIGNING))
    columns = ("pk", "hospital_id", "status", "priority", "priority_rank", "service_level_minutes", "deadline_at")
    more = ("expected_minutes", "assigned_to_id", "claimed_at", "is_pinned", "place", "version")
    held = ("demand__demand__hold_for_subspecialty", "demand__demand__hold_share")
    rows = rows.order_by(F("place").asc(nulls_last=True), "priority_rank", "deadline_at", "pk")
    return tuple(OpenItem(*row[:7], float(row[7]), *row[8:]) for row in rows.values_list(*columns, *more, *held))


def _split(items: tuple[OpenItem, ...]) -> tuple[list[OpenItem], list[OpenItem]]:
    waiting = [item for item in items if item.status in (Status.UNASSIGNED, Status.ASSIGNED)]
    return waiting, [item for item in items if item.status in (Status.READING, Status.SIGNING)]


def _being_read(
    reading: list[OpenItem], readers: Mapping[int, ReaderNow], now: datetime
) -> tuple[dict[int, float], dict[int, Expected]]:
    """Return when each reader is free, and what is expected of the items being read; one after the other."""
    free_at: dict[int, float] = defaultdict(float)
    expected = {}
    for item in sorted(reading, key=lambda entry: (entry.claimed_at or now, entry.item_id)):
        if item.holder_id is None:
            continue
        reader = readers.get(item.holder_id)
        mean = max(item.expected_minutes * (reader.speed_factor if reader else 1.0), 0.1)
        began = free_at[item.holder_id]
        elapsed = max(0.0, (now - item.claimed_at) / _MINUTE) if item.claimed_at else 0.0
        left = 0.0 if item.status == Status.SIGNING else expected_remaining(elapsed, mean)
        free_at[item.holder_id] += left
        expected[item.item_id] = Expected(item.item_id, item.holder_id, began, began + left)
    return free_at, expected


def _time_of(reader: ReaderNow, free_at: float) -> ReaderTime:
    """Return the reader's windows ahead, in minutes from now; on call is no time to read in."""
    windows = tuple(
        ((window.starts_at - reader.now) / _MINUTE, (window.ends_at - reader.now) / _MINUTE)
        for window in reader.windows
        if window.ends_at > reader.now and not window.is_on_call
    )
    return ReaderTime(reader.user.pk, windows, free_at, reader.speed_factor)


def _ahead(item: OpenItem, now: datetime, may_read: frozenset[int]) -> ItemAhead:
    """Return the item as the prediction takes it: by its place, until it has one by urgency and deadline."""
    place = float("inf") if item.place is None else float(item.place)
    rank = (place, float(item.priority_rank), item.minutes_left(now))
    return ItemAhead(item.item_id, rank, item.expected_minutes, item.holder_id, may_read)
