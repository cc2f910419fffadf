"""The coordinator's board: one line a reader."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from typing import Any

from hospitals.models import Hospital, User
from hospitals.selectors.rota import Window
from pacs_core.access.scopes import all_hospitals_scope, current_scope, open_scope
from routing_rules.selectors.burdens import carried_in_shifts
from routing_rules.selectors.fairness import Share, shares_of
from routing_rules.selectors.forecast import Forecast, OpenItem, Status, forecast
from routing_rules.selectors.obstacles import Held, cap_words
from routing_rules.selectors.readers_now import LONGEST_BREAK, ReaderNow
from routing_rules.selectors.row_versions import row_mark, row_version
from worklist.models import WorklistItem

# The bars' full width goes up in steps, and so does the mean on them: no row changes because another one did.
SCALE_STEP_MINUTES, MEAN_STEP_MINUTES = 60, 10
MOST_READERS = 120
SORTS = ("queue", "name", "shift", "share")


@dataclass(frozen=True)
class ReaderFilter:
    """What the readers are narrowed down to and sorted by; empty means no restriction."""

    subspecialty: str = ""
    hospital_id: int | None = None
    on_shift: bool = False
    sort: str = "queue"


@dataclass(frozen=True)
class ReaderLine:
    """A reader on the board; minutes are this reader's own, what is being read with what is left of it.

    `drawn_with` is what all lines' bars share: their full width and the mean, in minutes.
    """

    reader: ReaderNow
    stat_minutes: int
    urgent_minutes: int
    routine_minutes: int
    queue_items: int
    share: Share | None
    cap: str
    reading: WorklistItem | None = None
    reads_elsewhere: bool = False
    reading_since: datetime | None = None
    minutes_left: int | None = None
    minutes_over: int | None = None
    drawn_with: tuple[int, int] = (SCALE_STEP_MINUTES, 0)

    @property
    def user(self) -> User:
        return self.reader.user

    @property
    def subspecialties(self) -> list[str]:
        return sorted(self.reader.rights.subspecialties)

    @property
    def on_shift_until(self) -> datetime | None:
        """The end of the shift; a break inside it does not end it."""
        shift = self.reader.shift
        return _end_with_breaks(self.reader.windows, shift) if shift else None

    @property
    def comes_at(self) -> datetime | None:
        return self.reader.comes_at

    @property
    def is_on_break(self) -> bool:
        return self.reader.shift is None and self.reader.shift_began_at is not None and self.comes_at is not None

    @property
    def queue_minutes(self) -> int:
        return self.stat_minutes + self.urgent_minutes + self.routine_minutes

    @property
    def version(self) -> str:
        shown = (
            *(self.stat_minutes, self.urgent_minutes, self.routine_minutes, self.queue_items, self.cap),
            *(self.share and self.share.percent, self.reading and self.reading.pk, self.minutes_left),
            *(self.on_shift_until, self.comes_at, self.reader.is_on_call, self.minutes_over, self.drawn_with),
        )
        return row_version(shown)

    @property
    def mark(self) -> str:
        return row_mark(self.user.pk, self.version)


@dataclass(frozen=True)
class BoardState:
    """Everything of one moment that the board's parts are drawn from."""

    forecast: Forecast
    lines: tuple[ReaderLine, ...]
    hospital_ids: frozenset[int]
    held: Mapping[int, Held]

    @property
    def now(self) -> datetime:
        return self.forecast.now


def board_state(now: datetime) -> BoardState:
    """Return the board of the hospitals in scope; a fixed number of queries.

    Queues count a reader's work for every hospital, as minutes only; the study being read is named only in scope.
    """
    hospital_ids = current_scope().hospital_ids
    with open_scope(all_hospitals_scope(process="board")):
        made = forecast(now)
        carried = carried_in_shifts(now)
    codes = set(Hospital.objects.filter(pk__in=hospital_ids).values_list("code", flat=True))
    shares = shares_of(carried, made.readers)
    of_lists = made.held_by_reader()
    held = {
        pk: replace(of_lists.get(pk, Held()), relative_value=carried[pk].value if pk in carried else 0.0)
        for pk in made.readers
    }
    reading = {item.claimed_by_id: item for item in _being_read()}
    of_reader: dict[int, list[OpenItem]] = defaultdict(list)
    for item in made.items:
        if item.holder_id is not None:
            of_reader[item.holder_id].append(item)
    lines = []
    for pk, reader in made.readers.items():
        if not _belongs(reader, codes):
            continue
        line = _line(made, reader, of_reader[pk], shares.get(pk), cap_words(reader, held[pk]))
        lines.append(replace(line, reading=reading.get(pk)))
    return BoardState(made, tuple(lines), hospital_ids, held)


def chosen_lines(state: BoardState, chosen: ReaderFilter) -> list[ReaderLine]:
    """Return the lines that match the filter, who is on shift before who is not."""
    codes = set()
    if chosen.hospital_id:
        codes = set(Hospital.objects.filter(pk=chosen.hospital_id).values_list("code", flat=True))
    lines = [
        line
        for line in state.lines
        if (not chosen.on_shift or line.reader.window is not None)
        and (not chosen.subspecialty or chosen.subspecialty in line.reader.rights.subspecialties)
        and (not chosen.hospital_id or _belongs(line.reader, codes))
    ]
    return sorted(lines, key=lambda line: (_presence(line), *_sort_key(line, chosen.sort), line.user.name))


def lines_context(state: BoardState, chosen: ReaderFilter) -> dict[str, Any]:
    """Return what the readers' table shows: lines, the scale that their bars share, the mean of those on shift."""
    lines = chosen_lines(state, chosen)
    on_shift = [line.queue_minutes for line in lines if line.reader.shift]
    longest = max((line.queue_minutes for line in lines), default=0)
    scale = max(1, ceil(longest / SCALE_STEP_MINUTES)) * SCALE_STEP_MINUTES
    mean = round(sum(on_shift) / len(on_shift)) if on_shift else 0
    drawn_with = scale, round(mean / MEAN_STEP_MINUTES) * MEAN_STEP_MINUTES
    return {
        "lines": [replace(line, drawn_with=drawn_with) for line in lines[:MOST_READERS]],
        "number_of_readers": len(lines),
        "readers_left_out": max(0, len(lines) - MOST_READERS),
        "on_shift": len(on_shift),
        "mean_minutes": mean,
    }


def _line(made: Forecast, reader: ReaderNow, items: list[OpenItem], share: Share | None, cap: str) -> ReaderLine:
    minutes = {"stat": 0.0, "urgent": 0.0, "routine": 0.0}
    current = None
    for item in items:
        expected = made.expected[item.item_id]
        if item.status in (Status.READING, Status.SIGNING):
            minutes[item.priority] += (expected.finishes_at or 0.0) - (expected.starts_at or 0.0)
            current = current or (item if item.status == Status.READING else None)
        else:
            minutes[item.priority] += item.expected_minutes * reader.speed_factor
    left = over = None
    if current and current.claimed_at:
        left = round(made.expected[current.item_id].finishes_at or 0.0)
        mean = current.expected_minutes * reader.speed_factor
        elapsed = (made.now - current.claimed_at).total_seconds() / 60
        over = round(elapsed - mean) if elapsed > 2 * mean else None
    return ReaderLine(
        reader,
        *(round(minutes[name]) for name in ("stat", "urgent", "routine")),
        len(items),
        share,
        cap,
        reads_elsewhere=current is not None,
        reading_since=current.claimed_at if current else None,
        minutes_left=left,
        minutes_over=over,
    )


def _being_read() -> list[WorklistItem]:
    """Return what is being read, with the few columns that a reader's line shows."""
    items = WorklistItem.objects.filter(status=Status.READING, claimed_by__isnull=False)
    shown = ("claimed_by", "study__modalities", "study__description", "order__procedure_description", "hospital__name")
    return list(items.select_related("study", "order", "hospital").only(*shown).order_by("-claimed_at"))


def _belongs(reader: ReaderNow, codes: set[str]) -> bool:
    """Say whether the reader may read at one of the hospitals."""
    return not codes.isdisjoint(reader.rights.credentials)


def _presence(line: ReaderLine) -> int:
    """On shift, then on a break, then on call, then off shift."""
    if line.reader.shift:
        return 0
    return 1 if line.is_on_break else 2 if line.reader.is_on_call else 3


def _sort_key(line: ReaderLine, sort: str) -> tuple[float, ...]:
    if sort == "queue":
        return (-line.queue_minutes,)
    if sort == "share":
        above = line.share.above if line.share else None
        return (above is None, -(above or 0.0))
    if sort == "shift":
        until = line.on_shift_until or line.comes_at
        return (until is None, until.timestamp() if until else 0.0)
    return ()


def _end_with_breaks(windows: tuple[Window, ...], window: Window) -> datetime:
    """Return when the run of windows that this one belongs to ends, breaks inside it passed over."""
    end = window.ends_at
    for later in windows:
        if not later.is_on_call and end < later.starts_at <= end + LONGEST_BREAK:
            end = later.ends_at
    return end
