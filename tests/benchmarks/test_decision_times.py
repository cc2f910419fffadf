"""How long one decision takes in a network and in one ten times as large: asserted as a ratio, for machines differ."""

import time

import numpy as np

from routing_rules.engine.costs import Pairs, PresentReaders, WaitingItems
from routing_rules.engine.matching import choose_openings
from routing_rules.engine.outlook import Outlook
from routing_rules.engine.weights import EngineWeights

DECISIONS = 15
# Ten times the items and readers make a hundred times the pairs.
MOST_TIMES_SLOWER = 60


def milliseconds(items: int, readers: int) -> np.ndarray:
    """Return the CPU time of decisions with so many waiting items and readers, a fiftieth of them idle."""
    chance = np.random.default_rng(1)
    grid = np.arange(200) * 15.0
    outlook = Outlook(grid, grid * readers * 0.9, grid * readers * 0.85)
    spent = []
    for _ in range(DECISIONS):
        idle = np.arange(readers) < max(1, readers // 50)
        is_specialist = chance.random((items, readers)) < 0.3
        expected, speed = chance.uniform(2, 20, items), chance.uniform(0.7, 1.4, readers)
        waiting = WaitingItems(
            chance.uniform(-30, 700, items),
            chance.choice([1.0, 4.0, 10.0], items),
            expected,
            expected / 8,
            np.full(items, 720.0),
        )
        present = PresentReaders(
            idle,
            np.where(idle, 0.0, chance.uniform(0, 12, readers)),
            chance.uniform(30, 400, readers),
            speed,
            chance.normal(0, 0.15, readers),
        )
        pairs = Pairs(
            chance.random((items, readers)) < 0.6,
            is_specialist,
            expected[:, None] * speed * np.where(is_specialist, 1, 1.2),
        )
        begun = time.process_time()
        shortage = outlook.shortage(
            0.0,
            due_at=waiting.due_at,
            minutes=waiting.expected_minutes,
            lateness_weight=waiting.lateness_weight,
            busy_minutes=float(present.free_at.sum()),
            service_levels=np.array([30.0, 120.0, 720.0]),
            priority_share=np.array([0.2, 0.3, 0.5]),
            attendance=0.95,
        )
        assert choose_openings(0.0, waiting, present, pairs, shortage=shortage, weights=EngineWeights())
        spent.append(1000 * (time.process_time() - begun))
    return np.array(spent)


def test_a_decision_in_a_network_ten_times_as_large_stays_within_reach() -> None:
    milliseconds(50, 10)
    small, large = milliseconds(500, 40), milliseconds(5000, 400)
    for name, figures in (("500 x 40", small), ("5,000 x 400", large)):
        print(f"{name}: median {np.median(figures):.1f} ms, 95th percentile {np.percentile(figures, 95):.1f} ms")
    assert np.median(large) < MOST_TIMES_SLOWER * np.median(small)
