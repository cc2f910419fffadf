"""Who has carried more than the others, over a shift and over 28 days."""

import numpy as np

from routing_rules.engine.burden import Carried, burdens

ALIKE = np.ones(3)


def _burdens(shift: list[float], days: list[float] | None, speed: np.ndarray = ALIKE, hours: float = 4.0) -> np.ndarray:
    of_days = None if days is None else Carried(np.array(days), np.full(3, 160.0))
    return burdens(Carried(np.array(shift), np.full(3, hours)), of_days, speed, prior_minutes=75.0)


def test_equal_values_are_no_burden_to_anyone() -> None:
    assert np.allclose(_burdens([20, 20, 20], [900, 900, 900]), 0)


def test_a_slow_reader_who_signs_the_same_carries_more() -> None:
    quick, usual, slow = _burdens([20, 20, 20], None, np.array([0.8, 1.0, 1.2]))
    assert quick < usual < slow
    assert np.isclose(usual, 0)


def test_the_days_before_count_beside_the_shift() -> None:
    _, alone, _ = _burdens([20, 20, 20], None)
    _, after_hard_days, _ = _burdens([20, 20, 20], [800, 1200, 800])
    assert alone == 0 < after_hard_days


def test_the_first_study_of_a_shift_decides_nothing() -> None:
    early, late = _burdens([2, 0, 0], None, hours=0.05), _burdens([20, 0, 0], None, hours=8.0)
    assert 0 < early[0] < late[0]


def test_on_the_first_day_nobody_has_a_burden() -> None:
    assert not _burdens([0, 0, 0], None, hours=0.0).any()


def test_who_was_not_there_is_left_out_of_the_mean() -> None:
    carried = Carried(np.array([20.0, 20.0, 0.0]), np.array([4.0, 4.0, 0.0]))
    assert np.allclose(burdens(carried, None, ALIKE, prior_minutes=75.0), 0)
