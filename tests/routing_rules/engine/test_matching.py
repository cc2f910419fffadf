"""Who opens what now: properties that hold for every queue, and the choices a coordinator would expect."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_rules.engine.costs import (
    NOBODY,
    Load,
    Pairs,
    PresentReaders,
    WaitingItems,
    cost_parts,
    first_to_come,
    last_chance,
    mismatch_price,
    pair_costs,
)
from routing_rules.engine.matching import choose_openings
from routing_rules.engine.outlook import Shortage
from routing_rules.engine.weights import EngineWeights

NOW = 100.0


class Queue(NamedTuple):
    items: WaitingItems
    readers: PresentReaders
    pairs: Pairs
    shortage: Shortage

    def chosen(self, **weights: float) -> list[tuple[int, int]]:
        return choose_openings(
            NOW,
            self.items,
            self.readers,
            self.pairs,
            shortage=self.shortage,
            weights=replace(EngineWeights(), **weights),
        )


def _queue(seed: int, items: int, readers: int) -> Queue:
    """Make a queue of distinct items and readers, some readers idle, some pairs barred."""
    chance = np.random.default_rng(seed)
    is_specialist = chance.random((items, readers)) < 0.4
    expected, speed = chance.uniform(2, 20, items), chance.uniform(0.7, 1.4, readers)
    idle = chance.random(readers) < 0.6
    return Queue(
        WaitingItems(
            NOW + chance.uniform(-60, 600, items),
            chance.choice([1.0, 4.0, 10.0], items),
            expected,
            expected / 8,
            np.full(items, 600.0),
        ),
        PresentReaders(
            idle,
            NOW + np.where(idle, 0.0, chance.uniform(0.5, 15, readers)),
            NOW + chance.uniform(1, 400, readers),
            speed,
            chance.uniform(-0.6, 0.6, readers),
        ),
        Pairs(
            chance.random((items, readers)) < 0.7,
            is_specialist,
            expected[:, None] * speed[None, :] * np.where(is_specialist, 1, 1.2),
        ),
        Shortage(float(chance.random()), chance.random(items)),
    )


def _permuted(queue: Queue, rows: np.ndarray, columns: np.ndarray) -> Queue:
    items, readers, pairs = queue.items, queue.readers, queue.pairs
    return Queue(
        WaitingItems(*(getattr(items, name)[rows] for name in WaitingItems.__dataclass_fields__)),
        PresentReaders(*(getattr(readers, name)[columns] for name in PresentReaders.__dataclass_fields__)),
        Pairs(*(getattr(pairs, name)[np.ix_(rows, columns)] for name in Pairs.__dataclass_fields__)),
        Shortage(queue.shortage.chance, queue.shortage.of_item[rows]),
    )


queues = st.one_of(
    st.builds(_queue, st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 12)),
    # Past the limits from which on only the promising enter.
    st.builds(_queue, st.integers(0, 2**32 - 1), st.integers(100, 180), st.integers(40, 90)),
)


@given(queues)
@settings(max_examples=80, deadline=None)
def test_openings_join_idle_readers_with_items_they_may_read_each_at_most_once(queue: Queue) -> None:
    chosen = queue.chosen()
    assert all(queue.pairs.is_eligible[item, reader] and queue.readers.is_idle[reader] for item, reader in chosen)
    assert len({item for item, _ in chosen}) == len({reader for _, reader in chosen}) == len(chosen)
    assert chosen == queue.chosen()


@given(queues, st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_the_order_of_items_and_readers_changes_nothing(queue: Queue, seed: int) -> None:
    chance = np.random.default_rng(seed)
    rows, columns = chance.permutation(len(queue.items)), chance.permutation(len(queue.readers))
    other = {(int(rows[item]), int(columns[reader])) for item, reader in _permuted(queue, rows, columns).chosen()}
    assert other == set(queue.chosen())


def _two_alike() -> Queue:
    """One item, two idle specialists, the second a little slower."""
    return Queue(
        WaitingItems(np.array([NOW + 200]), np.array([4.0]), np.array([8.0]), np.array([1.0]), np.array([200.0])),
        PresentReaders(
            np.array([True, True]), np.full(2, NOW), np.full(2, NOW + 300), np.array([1.0, 1.05]), np.zeros(2)
        ),
        Pairs(np.ones((1, 2), bool), np.ones((1, 2), bool), np.array([[8.0, 8.4]])),
        Shortage(0.0, np.zeros(1)),
    )


def test_the_holder_keeps_an_item_until_another_is_better_by_the_stability() -> None:
    queue = _two_alike()

    def opened_by(held_by: int) -> int:
        chosen = choose_openings(
            NOW,
            queue.items,
            queue.readers,
            queue.pairs,
            shortage=queue.shortage,
            weights=EngineWeights(),
            held_by=np.array([held_by]),
        )
        return chosen[0][1]

    assert (opened_by(NOBODY), opened_by(0), opened_by(1)) == (0, 0, 1)


def test_cost_parts_name_why_one_reader_is_better_than_another() -> None:
    queue = _two_alike()
    readers = replace(queue.readers, burden=np.array([0.3, -0.3]), free_at=np.array([NOW, NOW + 6]))
    parts = cost_parts(
        NOW,
        queue.items,
        readers,
        replace(queue.pairs, is_specialist=np.array([[True, False]])),
        item=0,
        shortage=queue.shortage,
        weights=EngineWeights(),
        held_by=np.array([1]),
    )
    assert parts.lateness[0] <= parts.lateness[1]
    assert parts.waiting[0] == 0 < parts.waiting[1]
    assert parts.minutes[0] < parts.minutes[1]
    assert parts.mismatch[0] == 0 < parts.mismatch[1]
    assert parts.fairness[0] > 0 > parts.fairness[1]
    assert parts.stability[0] == 0 > parts.stability[1]
    assert np.allclose(
        parts.total,
        parts.lateness + parts.waiting + parts.minutes + parts.mismatch + parts.fairness + parts.stability,
    )


def test_while_much_waits_an_even_share_goes_by_relative_value_in_the_time_it_takes() -> None:
    """Two items of one value, the second takes twice as long: less for one above the mean, more for one below."""

    def fairness(backlog: float) -> list[list[float]]:
        return pair_costs(
            NOW,
            WaitingItems(np.full(2, NOW + 300), np.ones(2), np.array([8.0, 16.0]), np.ones(2), np.full(2, 300.0)),
            PresentReaders(np.ones(2, bool), np.full(2, NOW), np.full(2, NOW + 300), np.ones(2), np.array([0.2, -0.2])),
            Pairs(np.ones((2, 2), bool), np.ones((2, 2), bool), np.array([[8.0, 8.0], [16.0, 16.0]])),
            starts_at=np.full(2, NOW),
            load=Load(backlog, 12.0, 2 / 24),
            shortage=Shortage(0.0, np.zeros(2)),
            weights=EngineWeights(),
        ).fairness.tolist()

    (quick, quick_below), (slow, slow_below) = fairness(backlog=0.0)
    assert quick == slow == -quick_below == -slow_below > 0
    (quick, quick_below), (slow, slow_below) = fairness(backlog=60.0)
    assert quick > slow > 0
    assert quick_below < slow_below < 0


def test_the_last_reader_before_a_gap_reads_what_nobody_else_may() -> None:
    """One leaves in 20 minutes and alone may read the second item, due before anybody else who may comes."""
    queue = Queue(
        WaitingItems(np.full(2, NOW + 300), np.ones(2), np.array([8.0, 9.0]), np.ones(2), np.full(2, 300.0)),
        PresentReaders(
            np.array([True, False]),
            np.array([NOW, NOW + 5]),
            np.array([NOW + 20, NOW + 400]),
            np.ones(2),
            np.zeros(2),
        ),
        Pairs(np.array([[True, True], [True, False]]), np.ones((2, 2), bool), np.array([[8.0, 8.0], [9.0, 9.0]])),
        Shortage(0.0, np.zeros(2)),
    )

    def opened(returns_at: list[float]) -> list[tuple[int, int]]:
        return choose_openings(
            NOW,
            queue.items,
            queue.readers,
            queue.pairs,
            shortage=queue.shortage,
            weights=replace(EngineWeights(), waiting_work=0.0),
            returns_at=np.array(returns_at),
        )

    assert opened([NOW + 600, NOW + 600]) == [(1, 0)]


def test_what_others_may_read_in_time_is_no_last_chance() -> None:
    items = WaitingItems(np.full(2, NOW + 300), np.ones(2), np.full(2, 8.0), np.ones(2), np.full(2, 300.0))
    readers = PresentReaders(np.ones(1, bool), np.array([NOW]), np.array([NOW + 20]), np.ones(1), np.zeros(1))
    pairs = Pairs(np.ones((2, 1), bool), np.ones((2, 1), bool), np.full((2, 1), 8.0))
    threat = last_chance(NOW, items, readers, pairs, np.array([NOW + 600, NOW + 60]), EngineWeights())
    assert threat[0] > 0 == threat[1]


def _openings_beside_an_idle_non_specialist(*, used: float) -> list[tuple[int, int]]:
    """One routine study of a whole day's service level; the only reader there is idle and reads something else."""
    left = 1440 * (1 - used)
    return choose_openings(
        NOW,
        WaitingItems(np.array([NOW + left]), np.ones(1), np.array([8.0]), np.ones(1), np.array([1440.0])),
        PresentReaders(np.ones(1, bool), np.array([NOW]), np.array([NOW + 300]), np.ones(1), np.zeros(1)),
        Pairs(np.ones((1, 1), bool), np.zeros((1, 1), bool), np.full((1, 1), 9.6)),
        shortage=Shortage(0.0, np.zeros(1)),
        weights=EngineWeights(),
    )


def test_a_study_waits_for_its_specialist_but_not_to_the_end_beside_idle_readers() -> None:
    assert _openings_beside_an_idle_non_specialist(used=0.05) == []
    assert _openings_beside_an_idle_non_specialist(used=0.4) == [(0, 0)]


def test_a_mismatch_is_dearer_while_much_waits() -> None:
    weights = EngineWeights()
    prices = [mismatch_price(Load(backlog, 8.0, 0.1), weights) for backlog in (0.0, 20.0, 60.0, 140.0, 600.0)]
    assert prices[:2] == [weights.mismatch] * 2
    assert prices[1] < prices[2] < prices[3] == prices[4] == weights.mismatch * (1 + weights.backlog_mismatch)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 70), st.floats(0.0, 1.0))
def test_the_first_to_come_is_the_least_of_all_who_may_read(seed: int, items: int, readers: int, able: float) -> None:
    chance = np.random.default_rng(seed)
    may_read = chance.random((items, readers)) < able * chance.random((items, 1))
    starts_at = np.where(chance.random(readers) < 0.2, np.inf, chance.integers(0, 30, readers))
    expected = np.where(may_read, starts_at, np.inf).min(axis=1)
    assert np.array_equal(first_to_come(may_read, starts_at), expected)
