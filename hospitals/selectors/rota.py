"""When each radiologist reads: the rota as windows, for the planner and for screens."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hospitals.models import Shift, ShiftBreak, TimeOff, User
from hospitals.spans import Span, clipped, less, merged

# Longer is a slip of the keyboard, not a shift.
LONGEST_SHIFT = timedelta(hours=36)


@dataclass(frozen=True, order=True)
class Window:
    """A radiologist reads from starts_at to ends_at (UTC, end exclusive); on call: only what a call brings."""

    radiologist_id: int
    starts_at: datetime
    ends_at: datetime
    is_on_call: bool


def reading_windows(start: datetime, end: datetime) -> list[Window]:
    """Return who reads when in [start, end), sorted by radiologist and start; three queries.

    Shifts of active radiologists less breaks, time off and what follows a drop-out. A radiologist's windows never
    overlap: who is on shift is not on call at the same time.
    """
    shifts = Shift.objects.filter(
        starts_at__lt=end, ends_at__gt=start, radiologist__is_active=True, radiologist__role=User.Role.RADIOLOGIST
    )
    rows = list(shifts.values_list("pk", "radiologist_id", "starts_at", "ends_at", "dropped_out_at", "is_on_call"))
    breaks = _breaks_by_shift(row[0] for row in rows)
    away = _time_off(start, end)
    ordinary: dict[int, list[Span]] = defaultdict(list)
    on_call: dict[int, list[Span]] = defaultdict(list)
    for pk, radiologist_id, starts_at, ends_at, dropped_out_at, is_on_call in rows:
        until = min(ends_at, dropped_out_at) if dropped_out_at else ends_at
        kind = on_call if is_on_call else ordinary
        kind[radiologist_id] += less([(starts_at, until)], breaks[pk] + away[radiologist_id])
    windows = []
    for radiologist_id in sorted(ordinary.keys() | on_call.keys()):
        at_work = less(ordinary[radiologist_id], ())
        called = less(on_call[radiologist_id], at_work)
        for spans, is_on_call in ((at_work, False), (called, True)):
            windows += [Window(radiologist_id, a, b, is_on_call) for a, b in clipped(spans, start, end)]
    return sorted(windows)


def on_shift_now(now: datetime) -> dict[int, Window]:
    """Return the window that holds `now` of each radiologist who has one, whole: from shift or break to break or end.

    Who is only on call is in it too, with `is_on_call`.
    """
    around = reading_windows(now - 2 * LONGEST_SHIFT, now + 2 * LONGEST_SHIFT)
    return {window.radiologist_id: window for window in around if window.starts_at <= now < window.ends_at}


@dataclass(frozen=True)
class RotaChange:
    """One edit of a rota that is only thought of: `adds` a span of reading, or takes one away, on call too."""

    adds: bool
    radiologist_id: int
    starts_at: datetime
    ends_at: datetime
    is_on_call: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "adds": self.adds,
            "radiologist_id": self.radiologist_id,
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
            "is_on_call": self.is_on_call,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "RotaChange":
        """Read what as_json gave; KeyError or ValueError for anything else."""
        start, end = (datetime.fromisoformat(values[name]) for name in ("starts_at", "ends_at"))
        if start.tzinfo is None or end.tzinfo is None or end <= start:
            raise ValueError("starts_at and ends_at: aware instants, the end after the start")
        adds, is_on_call = bool(values["adds"]), bool(values.get("is_on_call", False))
        return cls(adds, int(values["radiologist_id"]), start, end, is_on_call)


def changed_windows(windows: Iterable[Window], changes: Iterable[RotaChange]) -> list[Window]:
    """Return the windows after the changes, in their order, as `reading_windows` gives them; pure.

    What is taken away goes whichever kind it is; who reads in a span is not on call in it.
    """
    spans: dict[int, tuple[list[Span], list[Span]]] = defaultdict(lambda: ([], []))
    for window in windows:
        spans[window.radiologist_id][window.is_on_call].append((window.starts_at, window.ends_at))
    for change in changes:
        own, span = spans[change.radiologist_id], (change.starts_at, change.ends_at)
        if change.adds:
            own[change.is_on_call].append(span)
        else:
            spans[change.radiologist_id] = (less(own[0], [span]), less(own[1], [span]))
    changed = []
    for radiologist_id, (reading, called) in spans.items():
        at_work = merged(reading)
        changed += [Window(radiologist_id, a, b, False) for a, b in at_work]
        changed += [Window(radiologist_id, a, b, True) for a, b in less(called, at_work)]
    return sorted(changed)


def windows_with(changes: Iterable[RotaChange], start: datetime, end: datetime) -> list[Window]:
    """Return the windows of [start, end) as they would be after the changes."""
    windows = changed_windows(reading_windows(start, end), changes)
    return [
        replace(window, starts_at=max(window.starts_at, start), ends_at=min(window.ends_at, end))
        for window in windows
        if window.starts_at < end and window.ends_at > start
    ]


def _breaks_by_shift(shift_ids: Iterable[int]) -> dict[int, list[Span]]:
    breaks: dict[int, list[Span]] = defaultdict(list)
    for pk, starts_at, ends_at in ShiftBreak.objects.filter(shift__in=list(shift_ids)).values_list(
        "shift_id", "starts_at", "ends_at"
    ):
        breaks[pk].append((starts_at, ends_at))
    return breaks


def _time_off(start: datetime, end: datetime) -> dict[int, list[Span]]:
    away: dict[int, list[Span]] = defaultdict(list)
    agreed = TimeOff.objects.filter(status=TimeOff.Status.AGREED, starts_at__lt=end, ends_at__gt=start)
    for radiologist_id, starts_at, ends_at in agreed.values_list("radiologist_id", "starts_at", "ends_at"):
        away[radiologist_id].append((starts_at, ends_at))
    return away
