"""A snapshot as arrays: the form in which the engine thinks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.costs import NOBODY, Pairs, PresentReaders, WaitingItems, first_to_come
from routing_rules.engine.eligibility import ELIGIBLE, Pool, Reasons, reasons_of_items
from routing_rules.engine.lateness import aged_weight
from routing_rules.engine.rules import Demand
from routing_rules.engine.snapshot import ItemState, Snapshot

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
NO_WINDOW = -1e9


@dataclass
class Problem:
    """The snapshot's items and all its readers as arrays; rows as in the snapshot, pairs of shape (items, readers)."""

    snapshot: Snapshot
    pool: Pool
    reasons: Reasons
    items: WaitingItems
    readers: PresentReaders
    pairs: Pairs
    holder: NDArray[np.int_]
    is_pinned: Booleans
    rank: NDArray[np.int_]

    def item_order(self) -> NDArray[np.int_]:
        """Return item rows by urgency: priority, then due instant, then id."""
        ids = np.array([item.item_id for item in self.snapshot.items])
        return np.lexsort((ids, self.items.due_at, self.rank))

    def present(self) -> PresentReaders:
        """Return the readers on shift alone, all of them when nobody is."""
        rows = np.flatnonzero(self.pool.is_on_shift)
        return self.readers_at(rows) if len(rows) else self.readers

    def returns_at(self) -> Floats:
        """Return when the next reader comes on shift who may then have each item, infinite when none is in sight."""
        starts = [reader.returns_at for reader in self.snapshot.readers]
        starts_at = np.array([np.inf if start is None else start for start in starts])
        return first_to_come(self.reasons.is_off_shift, starts_at)

    def readers_at(self, rows: NDArray[np.int_]) -> PresentReaders:
        return PresentReaders(**{name: values[rows] for name, values in vars(self.readers).items()})

    def items_at(self, rows: NDArray[np.int_]) -> WaitingItems:
        return WaitingItems(**{name: values[rows] for name, values in vars(self.items).items()})


def problem_of(snapshot: Snapshot) -> Problem:
    """Return the arrays of a snapshot with at least one item and one reader."""
    pool = Pool(snapshot.readers)
    reasons = reasons_of_items(snapshot, pool)
    entries, readers = snapshot.items, snapshot.readers
    levels = list(snapshot.levels)
    service_level = np.array([max(item.service_level_minutes, 1.0) for item in entries])
    expected = np.array([item.expected_minutes for item in entries])
    speed = np.array([reader.speed_factor for reader in readers])
    is_trained, is_specialist = _masks(snapshot, pool, reasons)
    factor = np.where(is_trained, 1.0, snapshot.off_subspecialty_factor)
    holder = np.array([pool.row_of.get(item.holder_id, NOBODY) if item.holder_id else NOBODY for item in entries])
    is_pinned = np.array([item.is_pinned for item in entries], bool) & (holder != NOBODY)
    return Problem(
        snapshot=snapshot,
        pool=pool,
        reasons=reasons,
        items=WaitingItems(
            due_at=(due_at := np.array([item.due_at for item in entries])),
            lateness_weight=aged_weight(
                np.array([snapshot.levels[item.priority].lateness_weight for item in entries]),
                due_at,
                service_level,
                heaviest=max(level.lateness_weight for level in snapshot.levels.values()),
            ),
            expected_minutes=expected,
            relative_value=np.array([item.relative_value for item in entries]),
            service_level=service_level,
        ),
        readers=PresentReaders(
            is_idle=np.array([reader.is_idle for reader in readers], bool) & pool.is_on_shift,
            free_at=np.array([reader.free_at for reader in readers]),
            available_until=np.array(
                [NO_WINDOW if reader.available_until is None else reader.available_until for reader in readers]
            ),
            speed_factor=speed,
            burden=np.array([reader.burden for reader in readers]),
        ),
        pairs=Pairs(
            is_eligible=_eligible(reasons, holder, is_pinned),
            is_specialist=is_specialist,
            minutes=expected[:, None] * factor * speed[None, :],
        ),
        holder=holder,
        is_pinned=is_pinned,
        rank=np.array([levels.index(item.priority) for item in entries]),
    )


def _eligible(reasons: Reasons, holder: NDArray[np.int_], is_pinned: Booleans) -> Booleans:
    """Return who may be given what; a pinned item is its holder's alone, whatever else keeps that one out now."""
    eligible = reasons.is_eligible
    eligible[is_pinned] = False
    eligible[is_pinned, holder[is_pinned]] = True
    return eligible


def _masks(snapshot: Snapshot, pool: Pool, reasons: Reasons) -> tuple[Booleans, Booleans]:
    """Return who has the items' subspecialty, and who is what item and rules would like best."""
    groups: dict[tuple[str, Demand, bool], int] = {}
    trained, wished_for, group_of = [], [], []
    for item in snapshot.items:
        subspecialty = snapshot.kinds[item.kind].subspecialty
        key = (subspecialty, item.demand, item.is_widened)
        if key not in groups:
            groups[key] = len(trained)
            trained.append(pool.of_subspecialty(subspecialty) if subspecialty else np.ones(len(pool), bool))
            wished_for.append(trained[-1] & _wished_for(pool, item))
        group_of.append(groups[key])
    preferred = np.stack(wished_for)[group_of]
    for row, item in enumerate(snapshot.items):
        if item.demand.reading == "two_tier" or item.demand.keep_with_one_reader:
            preferred[row] = _first_choices(pool, item, reasons.codes[row] == ELIGIBLE, preferred[row])
    return np.stack(trained)[group_of], preferred


def _first_choices(pool: Pool, item: ItemState, is_eligible: Booleans, wished_for: Booleans) -> Booleans:
    """Prefer residents for the first of two readings, and who has the linked examination, while they may have it.

    Preferences, so that no urgent study waits for the one who is busy.
    """
    if item.demand.reading == "two_tier" and item.reading_stage == 1:
        residents = pool.is_resident & is_eligible
        if residents.any():
            return wished_for & residents if (wished_for & residents).any() else residents
    row = pool.row_of.get(item.linked_reader_id) if item.linked_reader_id is not None else None
    if item.demand.keep_with_one_reader and row is not None and is_eligible[row]:
        linked = np.zeros(len(pool), bool)
        linked[row] = True
        return linked
    return wished_for


def _wished_for(pool: Pool, item: ItemState) -> Booleans:
    """Return who meets every preference; where the pool was widened, what rules required is one."""
    demand, met = item.demand, np.ones(len(pool), bool)
    readers = [demand.prefer_reader, demand.require_reader if item.is_widened else ""]
    groups = [demand.prefer_group, demand.require_group if item.is_widened else ""]
    subspecialties = [demand.prefer_subspecialty, demand.require_subspecialty if item.is_widened else ""]
    for email in filter(None, readers):
        met &= pool.of_emails([email])
    for group in filter(None, groups):
        met &= pool.of_group(group)
    for subspecialty in filter(None, subspecialties):
        met &= pool.of_subspecialty(subspecialty)
    return met
