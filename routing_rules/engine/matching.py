"""The rolling matching: all waiting items against all readers present, over each reader's next two slots.

Every event solves one assignment problem; only pairs with an idle reader are carried out, the rest is planned again at
the next event, so nothing is bound before it is opened. Pure: no clock, no database, no randomness.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from routing_rules.engine.costs import (
    NOBODY,
    Booleans,
    Floats,
    Integers,
    Load,
    Pairs,
    PresentReaders,
    WaitingItems,
    last_chance,
    load_of,
    mismatch_price,
    pair_costs,
    worth_of_reading,
)
from routing_rules.engine.outlook import Shortage
from routing_rules.engine.weights import EngineWeights

# From so many items on, only the best so many for each reader's next slot enter the assignment problem.
_ALL_UP_TO, _BEST_FOR_EACH = 100, 12
# Beside idle readers, so many of those who are free next: nobody waits for a reader who is free long after others.
_FREE_NEXT = 48


def choose_openings(
    now: float,
    items: WaitingItems,
    readers: PresentReaders,
    pairs: Pairs,
    *,
    shortage: Shortage,
    weights: EngineWeights,
    held_by: Integers | None = None,
    returns_at: Floats | None = None,
) -> list[tuple[int, int]]:
    """Return (item, reader) rows that idle readers open now; the order of the rows changes nothing.

    `held_by`, shape (items,), is the reader's row on whose list an item is, -1 for nobody's; another reader gets it
    when better by `weights.stability`. `returns_at`, shape (items,): see costs.last_chance.
    """
    if not len(items) or not readers.is_idle.any():
        return []
    rows, columns = _order_of_items(items), _order_of_readers(readers)
    load = load_of(items.at(rows), readers)
    threat = 0.0
    if returns_at is not None:
        threat = last_chance(now, items, readers, pairs, returns_at, weights)[rows]
    columns = columns[: int(readers.is_idle.sum()) + _FREE_NEXT]
    items, readers, pairs, shortage = items.at(rows), readers.at(columns), pairs.at(rows, columns), shortage.at(rows)
    held_by = None if held_by is None else _moved(held_by[rows], columns)
    worth = threat + worth_of_reading(now, items, load=load, shortage=shortage, weights=weights)
    if len(items) > _ALL_UP_TO:
        best = _promising(now, items, readers, pairs, worth, load, weights)
        rows, items, pairs, shortage, worth = rows[best], items.at(best), pairs.at(best), shortage.at(best), worth[best]
        held_by = None if held_by is None else held_by[best]
    slots = []
    for share, starts_at in (
        (1.0, readers.free_at),
        (weights.later_slot, readers.free_at + load.mean_minutes * readers.speed_factor),
    ):
        parts = pair_costs(
            now,
            items,
            readers,
            pairs,
            starts_at=starts_at,
            load=load,
            shortage=shortage,
            weights=weights,
            held_by=held_by,
        )
        cost = np.minimum(parts.total - worth[:, None], 0.0) * share
        slots.append(np.where(pairs.is_eligible & _is_there(readers, starts_at), cost, 0.0))
    chosen = _solved(np.concatenate(slots, axis=1), readers)
    return [(int(rows[item]), int(columns[reader])) for item, reader in chosen]


def _solved(costs: Floats, readers: PresentReaders) -> list[tuple[int, int]]:
    """Return the pairs of the cheapest assignment that idle readers open now; the first columns are now."""
    rows, columns = linear_sum_assignment(costs)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if costs[row, column] < 0 and column < len(readers) and readers.is_idle[column]
    ]


def _promising(
    now: float,
    items: WaitingItems,
    readers: PresentReaders,
    pairs: Pairs,
    worth: Floats,
    load: Load,
    weights: EngineWeights,
) -> Integers:
    """Return the rows of items that are among the best for a reader, by a cheaper sum that leaves out the exact start.

    An assignment over two slots of each reader can use two items per reader; with a dozen for each, the best of those
    that all want are still there for the next.
    """
    price = weights.minutes + weights.backlog_minutes * load.deep(weights) / load.mean_minutes
    gain = (worth + items.lateness_weight * np.maximum(0.0, now + items.expected_minutes - items.due_at))[:, None]
    gain = gain - price * pairs.minutes - mismatch_price(load, weights) * ~pairs.is_specialist
    gain[~pairs.is_eligible] = -np.inf
    best = np.argpartition(-gain, min(_BEST_FOR_EACH, len(items) - 1), axis=0)[:_BEST_FOR_EACH]
    return np.unique(best)


def _is_there(readers: PresentReaders, starts_at: Floats) -> Booleans:
    return (starts_at < readers.available_until)[None, :]


def _order_of_items(items: WaitingItems) -> Integers:
    """Return rows in an order that depends on the items alone, so that ties fall alike however they are given."""
    return np.lexsort((items.relative_value, items.expected_minutes, items.lateness_weight, items.due_at))


def _order_of_readers(readers: PresentReaders) -> Integers:
    """Return rows of readers in such an order, who is free first comes first."""
    return np.lexsort(
        (readers.available_until, readers.speed_factor, readers.burden, readers.free_at, ~readers.is_idle)
    )


def _moved(held_by: Integers, columns: Integers) -> Integers:
    """Return the holders' places among `columns`, nobody for those who are not among them."""
    place = np.full(max(int(held_by.max(initial=0)), int(columns.max())) + 2, NOBODY)
    place[columns] = np.arange(len(columns))
    return place[held_by]
