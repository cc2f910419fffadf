"""Coverage as columns of hours: what is drawn, and the words for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hospitals.selectors.coverage import ANY, CoveredHour
from hospitals.selectors.rota_calendar import Coverage, Day


@dataclass(frozen=True)
class Column:
    """An hour, in percent of its day and of the line's height."""

    left: float
    width: float
    readers: float
    expected: float
    state: str
    title: str

    @property
    def readers_top(self) -> float:
        return round(100 - self.readers, 2)

    @property
    def expected_top(self) -> float:
        return round(100 - self.expected, 2)


@dataclass(frozen=True)
class CoverageLine:
    name: str
    is_all: bool
    days: list[list[Column]]
    tone: str
    words: str
    gaps: str


def drawn(line: Coverage, days: Sequence[Day], zone: ZoneInfo, *, now: datetime, knows_work: bool) -> CoverageLine:
    """Return a line as columns; gaps in the past are drawn, only those ahead are counted."""
    counts = line.is_expected or line.subspecialty == ANY or not knows_work
    top = line.most_minutes
    columns = [
        [_column(hour, day, zone, top, counts) for hour in hours] for day, hours in zip(days, line.days, strict=True)
    ]
    gap, call, short = (line.count(state, now) if counts else 0 for state in ("gap", "call", "short"))
    if gap:
        tone, words = "overdue", ngettext("%(count)s h nobody", "%(count)s h nobody", gap) % {"count": gap}
    elif call:
        tone, words = "soon", _("%(count)s h on call only") % {"count": call}
    elif short:
        tone, words = "soon", _("%(count)s h short") % {"count": short}
    else:
        tone, words = ("fine", _("covered")) if counts else ("quiet", _("not asked for"))
    name = line.subspecialty or _("All readers")
    return CoverageLine(name, line.subspecialty == ANY, columns, tone, words, _gaps(line, days, zone, now, counts))


def _column(hour: CoveredHour, day: Day, zone: ZoneInfo, top: float, counts: bool) -> Column:
    left, width = day.place(hour.starts_at, hour.ends_at)
    begins, ends = hour.starts_at.astimezone(zone), hour.ends_at.astimezone(zone)
    readers = f"{hour.readers:.1f}".rstrip("0").rstrip(".")
    title = _("%(day)s %(begins)s–%(ends)s: %(readers)s on shift, %(minutes)s min of work expected") % {
        "day": f"{begins:%a}",
        "begins": f"{begins:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "readers": readers,
        "minutes": round(hour.expected_minutes),
    }
    if hour.on_call_minutes:
        title += ", " + _("%(readers)s on call") % {"readers": round(hour.on_call_minutes / hour.length_minutes, 1)}
    return Column(
        left,
        width,
        round(100 * hour.reading_minutes / top, 2),
        round(100 * min(hour.expected_minutes / top, 1), 2),
        hour.state if counts or hour.state not in ("gap", "call", "short") else "idle",
        title,
    )


def _gaps(line: Coverage, days: Sequence[Day], zone: ZoneInfo, now: datetime, counts: bool) -> str:
    """Return the spans without a reader that lie ahead: "Mon 3 02:00–05:00, Tue 4 02:00–04:00"."""
    if not counts:
        return ""
    spans: list[list[datetime]] = []
    for hour in line.hours:
        if hour.state != "gap" or hour.ends_at <= now:
            continue
        if spans and spans[-1][1] == hour.starts_at:
            spans[-1][1] = hour.ends_at
        else:
            spans.append([hour.starts_at, hour.ends_at])
    words = []
    for start, end in spans:
        begins, ends = start.astimezone(zone), end.astimezone(zone)
        last = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends:%a} {ends.day} {ends:%H:%M}"
        words.append(f"{begins:%a} {begins.day} {begins:%H:%M}–{last}")
    return ", ".join(words)
