"""When each waiting item is expected to be opened and signed: the readers' lists walked through their windows.

Pure: no clock, no database, no randomness. All instants are minutes from now, what is past is negative.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Window = tuple[float, float]


@dataclass(frozen=True)
class ReaderTime:
    """When a reader reads: `windows` sorted and disjoint, `free_at` when the study being read is expected to be signed.

    `speed_factor` 1.1 is 10 % slower than average.
    """

    reader_id: int
    windows: tuple[Window, ...] = ()
    free_at: float = 0.0
    speed_factor: float = 1.0

    def opens_at(self, earliest: float) -> float | None:
        """Return the first instant from `earliest` on at which something can be opened; None after the last window."""
        return next((max(start, earliest) for start, end in self.windows if earliest < end), None)

    @property
    def is_present(self) -> bool:
        return any(start <= 0 < end for start, end in self.windows)


@dataclass(frozen=True)
class ItemAhead:
    """An item that nobody has opened: on a reader's list, or for whom of `may_read` comes first.

    `rank` orders a list as planned, and what nobody has by urgency; `expected_minutes` are an average reader's.
    """

    item_id: int
    rank: tuple[float, ...]
    expected_minutes: float
    holder_id: int | None = None
    may_read: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Expected:
    """When an item is expected to be opened and signed, and by whom; None: not before the known rota ends.

    `nobody_until` is set while nobody present may read it: when the first who may comes, infinite when nobody does.
    """

    item_id: int
    reader_id: int | None = None
    starts_at: float | None = None
    finishes_at: float | None = None
    nobody_until: float | None = None


def predict(items: Iterable[ItemAhead], readers: Sequence[ReaderTime]) -> dict[int, Expected]:
    """Return what is expected of each item, by item id.

    Every reader reads the own list in its order, from when free, inside the windows; what was begun is finished. What
    nobody has goes, in its order, behind the list of the reader who may read it and would be done first.
    """
    by_id = {reader.reader_id: reader for reader in readers}
    clock = {reader.reader_id: reader.opens_at(max(0.0, reader.free_at)) for reader in readers}
    lists: dict[int, list[ItemAhead]] = defaultdict(list)
    unheld: list[ItemAhead] = []
    for item in items:
        (unheld if item.holder_id is None else lists[item.holder_id]).append(item)
    found: dict[int, Expected] = {}
    for reader_id, waiting in lists.items():
        for item in sorted(waiting, key=_order):
            found[item.item_id] = _read(item, by_id.get(reader_id), clock)
    arrivals: dict[frozenset[int], float | None] = {}
    for item in sorted(unheld, key=_order):
        if item.may_read not in arrivals:
            arrivals[item.may_read] = _nobody_until(item.may_read, by_id)
        taker = _first_done(item, by_id, clock)
        read = _read(item, taker, clock)
        found[item.item_id] = Expected(
            item.item_id, read.reader_id, read.starts_at, read.finishes_at, arrivals[item.may_read]
        )
    return found


def late_minutes(expected: Expected, due_at: float) -> float:
    """Return by how much the item is expected to be late, infinite when nobody is known to read it; negative: early."""
    return float("inf") if expected.finishes_at is None else expected.finishes_at - due_at


def _order(item: ItemAhead) -> tuple[tuple[float, ...], int]:
    return item.rank, item.item_id


def _read(item: ItemAhead, reader: ReaderTime | None, clock: dict[int, float | None]) -> Expected:
    """Let the reader read the item next and set the clock to when the one after it can be opened."""
    starts_at = clock.get(reader.reader_id) if reader else None
    if reader is None or starts_at is None:
        return Expected(item.item_id, item.holder_id)
    finishes_at = starts_at + item.expected_minutes * reader.speed_factor
    clock[reader.reader_id] = reader.opens_at(finishes_at)
    return Expected(item.item_id, reader.reader_id, starts_at, finishes_at)


def _first_done(
    item: ItemAhead, by_id: Mapping[int, ReaderTime], clock: Mapping[int, float | None]
) -> ReaderTime | None:
    best, best_finish = None, float("inf")
    for reader_id in sorted(item.may_read):
        starts_at = clock.get(reader_id)
        if starts_at is None:
            continue
        finishes_at = starts_at + item.expected_minutes * by_id[reader_id].speed_factor
        if finishes_at < best_finish:
            best, best_finish = by_id[reader_id], finishes_at
    return best


def _nobody_until(may_read: frozenset[int], by_id: Mapping[int, ReaderTime]) -> float | None:
    readers = [by_id[reader_id] for reader_id in may_read if reader_id in by_id]
    if any(reader.is_present for reader in readers):
        return None
    begins = [begin for reader in readers if (begin := reader.opens_at(0.0)) is not None]
    return min(begins, default=float("inf"))
