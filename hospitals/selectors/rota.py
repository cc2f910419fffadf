"""When each radiologist reads: the rota as windows, for the planner and for screens."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hospitals.models import Shift, ShiftBreak, TimeOff, User
from hospitals.spans import Span, clipped, less

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


def _breaks_by_shift(shift_ids: Iterable[int]) -> dict[int, list[Span]]:
    breaks: dict[int, list[Span]] = defaultdict(list)
    for pk, starts_at, ends_at in ShiftBreak.objects.filter(shift__in=list(shift_ids)).values_list(
        "shift_id", "starts_at", "ends_at"
    ):
        breaks[pk].append((starts_at, ends_at))
    return breaks


def _time_off(start: datetime, end: datetime) -> dict[int, list[Span]]:
    away: dict[int, list[Span]] = defaultdict(list)
    for radiologist_id, starts_at, ends_at in TimeOff.objects.filter(starts_at__lt=end, ends_at__gt=start).values_list(
        "radiologist_id", "starts_at", "ends_at"
    ):
        away[radiologist_id].append((starts_at, ends_at))
    return away
