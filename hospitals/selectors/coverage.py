"""Who covers which hour: readers on shift, on call, by subspecialty, and the hours when nobody does."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hospitals.models import RadiologistProfile
from hospitals.models.reading import SUBSPECIALTIES
from hospitals.selectors.coming_rights import barred_spans
from hospitals.selectors.rota import Window, reading_windows
from hospitals.spans import Span, clipped, less, merged

ANY = ""


@dataclass(frozen=True, order=True)
class Gap:
    """Nobody is on shift in [starts_at, ends_at): no reader at all ("") or none of the subspecialty.

    `on_call` says that somebody who could be called is.
    """

    starts_at: datetime
    ends_at: datetime
    subspecialty: str
    on_call: bool


def coming_gaps(
    start: datetime,
    end: datetime,
    *,
    radiologist_ids: Collection[int] | None = None,
    subspecialties: Collection[str] | None = None,
    hospital_ids: Collection[int] | None = None,
    now: datetime | None = None,
) -> list[Gap]:
    """Return the spans of [start, end) that nobody covers, by start; four queries, eight more with hospitals.

    With `hospital_ids`, who may read nothing there covers nothing from then on; what lies before `now` stays.

    Of all active radiologists, or of those named; for each of `subspecialties` (all of them without any given) and for
    readers at all. Where nobody is on shift, only the gap of readers at all is named.
    """
    windows = reading_windows(start, end)
    if hospital_ids is not None:
        windows = windows_with_rights(windows, max(start, now or start), end, hospital_ids)
    reads = subspecialties_of({window.radiologist_id for window in windows})
    if radiologist_ids is not None:
        windows = [window for window in windows if window.radiologist_id in radiologist_ids]
    wanted = SUBSPECIALTIES if subspecialties is None else sorted(set(subspecialties) - {ANY})
    return gaps_of(windows, reads, start, end, wanted)


def windows_with_rights(
    windows: Iterable[Window], start: datetime, end: datetime, hospital_ids: Collection[int]
) -> list[Window]:
    """Return the windows less the spans of [start, end) in which their reader may read nothing at these hospitals."""
    barred = barred_spans(start, end, hospital_ids=hospital_ids)
    return [
        replace(window, starts_at=a, ends_at=b)
        for window in windows
        for a, b in less([(window.starts_at, window.ends_at)], barred.get(window.radiologist_id, ()))
    ]


def gaps_of(
    windows: Iterable[Window],
    reads: Mapping[int, Collection[str]],
    start: datetime,
    end: datetime,
    subspecialties: Iterable[str],
) -> list[Gap]:
    """Return the gaps of a rota; pure, so that a rota that is only thought of can be asked too."""
    windows = list(windows)
    uncovered = _uncovered(windows, start, end)
    gaps = _named(ANY, uncovered, windows)
    for name in subspecialties:
        of_name = [window for window in windows if name in reads.get(window.radiologist_id, ())]
        gaps += _named(name, less(_uncovered(of_name, start, end), uncovered), of_name)
    return sorted(gaps)


def subspecialties_of(radiologist_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    rows = RadiologistProfile.objects.filter(user__in=radiologist_ids).values_list("user_id", "subspecialties")
    return {user_id: tuple(names) for user_id, names in rows}


@dataclass(frozen=True)
class CoveredHour:
    """One hour of a subspecialty ("" for all): reader-minutes planned, on call too, and work expected to arrive."""

    starts_at: datetime
    ends_at: datetime
    reading_minutes: float
    on_call_minutes: float
    expected_minutes: float

    @property
    def readers(self) -> float:
        return self.reading_minutes / self.length_minutes

    @property
    def length_minutes(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds() / 60

    @property
    def state(self) -> str:
        """gap: nobody on shift for some of the hour; call: somebody could be called; short: more work than time."""
        if self.reading_minutes == 0:
            return "call" if self.on_call_minutes else "gap"
        return "short" if self.expected_minutes > self.reading_minutes else "fine"


def covered_hours(
    windows: Iterable[Window], hours: Sequence[Span], expected: Mapping[datetime, float]
) -> list[CoveredHour]:
    """Return each hour (sorted, disjoint) with the minutes that readers are there and of the work expected; pure."""
    by_kind: tuple[list[float], list[float]] = ([0.0] * len(hours), [0.0] * len(hours))
    ends = [end for _start, end in hours]
    for window in windows:
        minutes = by_kind[window.is_on_call]
        for position in range(bisect_right(ends, window.starts_at), len(hours)):
            start, end = hours[position]
            if start >= window.ends_at:
                break
            minutes[position] += (min(end, window.ends_at) - max(start, window.starts_at)).total_seconds() / 60
    return [
        CoveredHour(start, end, by_kind[0][position], by_kind[1][position], expected.get(start, 0.0))
        for position, (start, end) in enumerate(hours)
    ]


def _uncovered(windows: Iterable[Window], start: datetime, end: datetime) -> list[Span]:
    on_shift = [(window.starts_at, window.ends_at) for window in windows if not window.is_on_call]
    return less([(start, end)], on_shift)


def _named(subspecialty: str, spans: Iterable[Span], windows: Iterable[Window]) -> list[Gap]:
    """Name the spans, split where a call begins or ends."""
    called = merged((window.starts_at, window.ends_at) for window in windows if window.is_on_call)
    gaps = []
    for span in spans:
        gaps += [Gap(start, end, subspecialty, True) for start, end in clipped(called, *span)]
        gaps += [Gap(start, end, subspecialty, False) for start, end in less([span], called)]
    return gaps
