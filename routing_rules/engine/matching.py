"""The rolling matching: all waiting items against all readers present, over each reader's next two slots.

Every event solves one assignment problem; only pairs with an idle reader are carried out, the rest is planned again at
the next event, so nothing is bound before it is opened. Pure: no clock, no database, no randomness.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from routing_rules.engine.costs import (
    Integers,
    Pairs,
    PresentReaders,
    WaitingItems,
    load_of,
    pair_costs,
    worth_of_reading,
)
from routing_rules.engine.outlook import Shortage
from routing_rules.engine.weights import EngineWeights


def choose_openings(
    now: float,
    items: WaitingItems,
    readers: PresentReaders,
    pairs: Pairs,
    *,
    shortage: Shortage,
    weights: EngineWeights,
    held_by: Integers | None = None,
) -> list[tuple[int, int]]:
    """Return (item, reader) rows that idle readers open now.

    `held_by`, shape (items,), is the reader's row on whose list an item is, -1 for nobody's; another reader gets it
    when better by `weights.stability`.
    """
    load = load_of(items, readers)
    worth = worth_of_reading(now, items, load=load, shortage=shortage, weights=weights)
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
        slots.append(np.where(pairs.is_eligible & (starts_at < readers.available_until)[None, :], cost, 0.0))
    costs = np.concatenate(slots, axis=1)
    rows, columns = linear_sum_assignment(costs)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if costs[row, column] < 0 and column < len(readers) and readers.is_idle[column]
    ]
