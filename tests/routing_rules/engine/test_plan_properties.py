"""Properties that every plan has, whatever the network looks like."""

import json
import random
from dataclasses import replace
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing_rules.engine.eligibility import Pool, reasons_of_items
from routing_rules.engine.explanation import Explainer, explain
from routing_rules.engine.planning import plan, plan_and_problem
from routing_rules.engine.rules import Demand
from routing_rules.engine.snapshot import ItemState, Kind, Plan, ReaderState, Snapshot
from tests.routing_rules.engine.arrange_snapshot import LEVELS, item, reader, snapshot

SUBSPECIALTIES = ("neuro", "body", "chest")
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _demand(chance: random.Random) -> Demand:
    return Demand(
        require_subspecialty=chance.choice(("", "", "", *SUBSPECIALTIES)),
        prefer_subspecialty=chance.choice(("", "", *SUBSPECIALTIES)),
        require_group=chance.choice(("", "", "", "night")),
        never_readers=chance.choice(((), (), ("reader1@example.org",))),
        hold_for_subspecialty=chance.choice(("", "", "neuro")),
        hold_share=0.5,
        reading=chance.choice(("single", "single", "two_tier")),
    )


def _reader(chance: random.Random, reader_id: int) -> ReaderState:
    is_idle = chance.random() < 0.5
    return reader(
        reader_id,
        *chance.sample(SUBSPECIALTIES, chance.randint(0, 3)),
        groups=frozenset(chance.choice(((), ("night",)))),
        is_resident=chance.random() < 0.3,
        available_until=chance.choice((None, 5.0, 120.0, 480.0)),
        is_on_call=chance.random() < 0.3,
        is_idle=is_idle,
        free_at=0.0 if is_idle else chance.uniform(0.5, 40),
        speed_factor=chance.uniform(0.6, 1.6),
        burden=chance.uniform(-0.6, 0.6),
        maximum_open_items=chance.choice((None, 1, 3, 20)),
        open_items=chance.randint(0, 2),
    )


def _item(chance: random.Random, item_id: int, number_of_readers: int) -> ItemState:
    priority = chance.choice(tuple(LEVELS))
    holder = chance.choice((None, *range(1, number_of_readers + 1)))
    return item(
        item_id,
        priority,
        kind=chance.randint(0, 2),
        demand=_demand(chance),
        due_at=chance.uniform(-60, LEVELS[priority].service_level_minutes),
        expected_minutes=chance.uniform(1, 30),
        relative_value=chance.uniform(0.1, 3),
        holder_id=holder,
        is_pinned=holder is not None and chance.random() < 0.25,
        excluded=chance.choice(({}, {"Has given it back": (2,)})),
        is_widened=chance.random() < 0.5,
        is_called=chance.random() < 0.5,
    )


def _network(seed: int, number_of_items: int, number_of_readers: int) -> Snapshot:
    chance, ids = random.Random(seed), range(1, number_of_readers + 1)
    kinds = tuple(
        Kind("NORTH", ("CT",), special, {"No credential": tuple(sorted(chance.sample(ids, chance.choice(ids) - 1)))})
        for special in ("", "neuro", "body")
    )
    return snapshot(
        [_item(chance, number, number_of_readers) for number in range(1, number_of_items + 1)],
        [_reader(chance, number) for number in ids],
        kinds,
    )


# Hypothesis draws size and seed alone: drawing every field takes it seconds an example.
networks = partial(st.builds, _network, st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 6))


@MANY
@given(networks())
def test_nobody_gets_what_they_are_not_eligible_for(network: Snapshot) -> None:
    reasons, ids = reasons_of_items(network, Pool(network.readers)), [entry.reader_id for entry in network.readers]
    for row, (reading, entry) in enumerate(zip(plan(network).readings, network.items, strict=True)):
        if reading.reader_id is not None and not entry.is_pinned:
            assert reasons.text(row, ids.index(reading.reader_id)) == ""


@MANY
@given(networks())
def test_every_item_has_one_place_and_every_place_one_item(network: Snapshot) -> None:
    readings = plan(network).readings
    assert [reading.item_id for reading in readings] == [entry.item_id for entry in network.items]
    places = [(reading.reader_id, reading.place) for reading in readings if reading.reader_id is not None]
    assert len(places) == len(set(places))


@MANY
@given(networks())
def test_nothing_is_left_over_while_somebody_eligible_has_room(network: Snapshot) -> None:
    """No starvation: however routine an item is, it is on a list as soon as anybody may have it."""
    result = plan(network)
    length = {entry.reader_id: entry.open_items for entry in network.readers}
    for reading in result.readings:
        if reading.reader_id is not None:
            length[reading.reader_id] += 1
    reasons = reasons_of_items(network, Pool(network.readers))
    for row, reading in enumerate(result.readings):
        if reading.reader_id is None:
            for column, entry in enumerate(network.readers):
                is_full = entry.maximum_open_items is not None and length[entry.reader_id] >= entry.maximum_open_items
                assert reasons.text(row, column) or is_full


@MANY
@given(networks())
def test_plan_is_the_same_again_and_after_a_way_through_json(network: Snapshot) -> None:
    again = Snapshot.from_dict(json.loads(json.dumps(network.as_dict())))
    assert plan(network) == plan(network) == plan(again)


@MANY
@given(networks())
def test_a_decision_reads_the_same_from_the_problem_that_was_planned(network: Snapshot) -> None:
    made, problem = plan_and_problem(network)
    ids = [item.item_id for item in network.items[:5]]
    afresh = [explain(network, made, item_id) for item_id in ids]
    assert [Explainer(network, made, problem).explain(item_id) for item_id in ids] == afresh


@MANY
@given(networks(), st.integers(0, 2**32))
def test_order_in_which_things_were_read_does_not_show(network: Snapshot, seed: int) -> None:
    chance = random.Random(seed)
    shuffled = replace(
        network,
        items=tuple(chance.sample(network.items, len(network.items))),
        readers=tuple(chance.sample(network.readers, len(network.readers))),
    )
    assert _by_item(plan(shuffled)) == _by_item(plan(network))


@MANY
@given(networks())
def test_pinned_items_stay_where_they_are(network: Snapshot) -> None:
    reader_of = plan(network).reader_of()
    for entry in network.items:
        if entry.is_pinned:
            assert reader_of[entry.item_id] == entry.holder_id


@MANY
@given(networks())
def test_plan_carried_out_changes_nothing_when_made_again(network: Snapshot) -> None:
    """Lists don't flicker: with everybody's list as planned, the same moment plans the same lists."""
    reader_of = plan(network).reader_of()
    kept = replace(network, items=tuple(replace(entry, holder_id=reader_of[entry.item_id]) for entry in network.items))
    assert plan(kept).reader_of() == reader_of


@MANY
@given(networks(), st.integers(0, 2))
def test_a_privilege_more_never_makes_the_plan_later(network: Snapshot, kind: int) -> None:
    """Adding an eligible reader never leaves more unread, nor the plan later beyond the noise of ties."""
    wider = replace(
        network,
        kinds=tuple(
            replace(entry, barred={}) if position == kind else entry for position, entry in enumerate(network.kinds)
        ),
    )
    before, after = plan(network), plan(wider)
    assert _unread(after) <= _unread(before)
    if _left_out(after) == _left_out(before):
        assert _lateness(wider, after) <= _lateness(network, before) * 1.25 + 60


def _by_item(made: Plan) -> dict[int, tuple[int | None, int]]:
    return {reading.item_id: (reading.reader_id, reading.place) for reading in made.readings}


def _left_out(made: Plan) -> set[int]:
    return {reading.item_id for reading in made.readings if reading.reader_id is None}


def _unread(made: Plan) -> int:
    return sum(reading.reader_id is None for reading in made.readings)


def _lateness(network: Snapshot, made: Plan) -> float:
    return sum(
        network.levels[entry.priority].lateness_weight * max(0.0, reading.finishes_at - entry.due_at)
        for entry, reading in zip(network.items, made.readings, strict=True)
        if reading.finishes_at is not None
    )
