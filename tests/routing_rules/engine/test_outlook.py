"""The shortage ahead: seen when the rota leaves a gap, and what had then better be late."""

import numpy as np

from routing_rules.engine.outlook import Outlook, Shortage

GRID = np.arange(150) * 15.0
# Two readers until minute 240, then nobody for five hours, then ten.
GAP = np.minimum(2 * GRID, 480) + 10 * np.maximum(0.0, GRID - 540)


def _shortage(minutes: list[float], due_at: list[float], capacity: np.ndarray = GAP) -> Shortage:
    return Outlook(GRID, capacity, np.zeros(len(GRID))).shortage(
        0.0,
        due_at=np.array(due_at),
        minutes=np.array(minutes),
        lateness_weight=np.ones(len(minutes)),
        busy_minutes=0.0,
        service_levels=np.array([720.0]),
        priority_share=np.array([1.0]),
        attendance=1.0,
    )


def test_with_time_for_everything_nothing_is_short() -> None:
    shortage = _shortage([10.0] * 10, [400.0] * 10)
    assert shortage.chance == 0
    assert not shortage.of_item.any()


def test_before_a_gap_short_items_are_read_early_and_long_ones_left() -> None:
    shortage = _shortage([5.0] * 60 + [40.0] * 15, [400.0] * 75)
    assert shortage.chance == 1
    assert shortage.of_item[:60].min() > shortage.of_item[60:].max()


def test_what_is_due_when_there_are_readers_again_can_wait() -> None:
    shortage = _shortage([10.0] * 80 + [10.0], [400.0] * 80 + [1400.0])
    assert shortage.of_item[:80].min() > 0.4
    assert shortage.of_item[80] == 0


def test_a_network_without_a_rota_is_never_short() -> None:
    assert _shortage([60.0] * 50, [100.0] * 50, capacity=np.zeros(len(GRID))).chance == 0


def test_the_shortage_of_some_items_is_theirs() -> None:
    shortage = _shortage([5.0] * 60 + [40.0] * 15, [400.0] * 75)
    assert np.array_equal(shortage.at(np.array([70, 0])).of_item, shortage.of_item[[70, 0]])
