"""The plan: who opens what next, and on whose list everything else waits. A pure function of the snapshot.

What idle readers open next comes from the rolling matching over all items and readers. All other items are put on
lists in the order of their urgency, each where it costs least behind what is there already; its present list is
preferred by `weights.stability`, so that lists don't flicker.
"""

import numpy as np

from routing_rules.engine.costs import NOBODY, Pairs
from routing_rules.engine.lists import Lists, has_room
from routing_rules.engine.matching import choose_openings
from routing_rules.engine.outlook import Shortage
from routing_rules.engine.problem import Problem, problem_of
from routing_rules.engine.scoring import pressure_of
from routing_rules.engine.snapshot import Plan, PlannedReading, Snapshot

# As many of the most urgent items are looked at anew; those behind stay on their lists until they come nearer.
_REVIEWED = 150


def plan(snapshot: Snapshot) -> Plan:
    """Return on whose list each item waits; the same snapshot always gives the same plan."""
    return plan_and_problem(snapshot)[0]


def plan_and_problem(snapshot: Snapshot) -> tuple[Plan, Problem | None]:
    """Return the plan with the problem that it solves, for explanations; None where nothing or nobody is there."""
    snapshot = snapshot.in_order()
    if not snapshot.items or not snapshot.readers:
        return Plan(tuple(PlannedReading(item.item_id, None) for item in snapshot.items)), None
    problem = problem_of(snapshot)
    return plan_of(problem), problem


def plan_of(problem: Problem) -> Plan:
    """Return the plan of a problem; see `plan`."""
    pressure = pressure_of(problem)
    order = [int(row) for row in problem.item_order()]
    lists = Lists(problem, pressure)
    heads = dict(sorted(_heads(problem, lists, pressure.shortage)))
    for item, reader in heads.items():
        lists.put(item, reader)
    for position, item in enumerate(item for item in order if item not in heads):
        if position < _REVIEWED or not lists.keep(item):
            lists.put_where_cheapest(item)
    for item in order:
        if lists.reader_of[item] == NOBODY:
            lists.make_room_for(item)
    return _plan_from(problem, lists, sorted(order, key=lambda item: item not in heads))


def _plan_from(problem: Problem, lists: Lists, order: list[int]) -> Plan:
    """Return the lists as a plan, each in this order of items."""
    entries, readers = problem.snapshot.items, problem.snapshot.readers
    length, ends_at = [0] * len(readers), problem.readers.free_at.tolist()
    readings = [PlannedReading(entry.item_id, None) for entry in entries]
    for item in order:
        reader = int(lists.reader_of[item])
        if reader == NOBODY:
            continue
        starts_at = ends_at[reader]
        ends_at[reader] += float(problem.pairs.minutes[item, reader])
        length[reader] += 1
        readings[item] = PlannedReading(
            entries[item].item_id,
            readers[reader].reader_id,
            length[reader],
            round(starts_at, 2),
            round(ends_at[reader], 2),
        )
    return Plan(tuple(readings))


def _heads(problem: Problem, lists: Lists, shortage: Shortage) -> list[tuple[int, int]]:
    """Return what each idle reader should open next, as (item row, reader row)."""
    pairs = problem.pairs
    eligible = pairs.is_eligible & (has_room(lists.room) | problem.is_pinned[:, None])
    able = np.flatnonzero(problem.pool.is_on_shift & eligible.any(axis=0))
    rows = np.flatnonzero(eligible[:, able].any(axis=1))
    if not len(rows) or not problem.readers.is_idle[able].any():
        return []
    row_of_reader = {int(reader): row for row, reader in enumerate(able)}
    chosen = choose_openings(
        0.0,
        problem.items_at(rows),
        problem.readers_at(able),
        Pairs(*(matrix[np.ix_(rows, able)] for matrix in (eligible, pairs.is_specialist, pairs.minutes))),
        shortage=shortage.at(rows),
        weights=problem.snapshot.weights,
        held_by=np.array([row_of_reader.get(int(holder), NOBODY) for holder in problem.holder[rows]]),
        returns_at=problem.returns_at()[rows],
    )
    return [(int(rows[item]), int(able[reader])) for item, reader in chosen]
