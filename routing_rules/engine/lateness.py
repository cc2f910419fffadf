"""Expected lateness and remaining time under lognormal reading times.

Published RIS time stamps give reading times a coefficient of variation near 0.8; sigma 0.6 gives 0.66. Tables over
the ratio to the mean make both functions cheap over whole matrices.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

SIGMA = 0.6
_AGES_FROM, _AGEING = 1.0, 20.0
_STEPS_PER_MEAN, _MEANS = 100, 12
_RATIO = np.linspace(0.0, _MEANS, _MEANS * _STEPS_PER_MEAN + 1)
_LOG_RATIO = np.log(np.maximum(_RATIO, 1e-9))
_D1 = (-_LOG_RATIO + SIGMA * SIGMA / 2) / SIGMA
_D2 = _D1 - SIGMA
# E[(D - k)+] / mean, and E[D - e | D > e] / mean, each by the ratio to the mean.
_EXCESS = ndtr(_D1) - _RATIO * ndtr(_D2)
_REMAINING = np.maximum(_EXCESS / np.maximum(ndtr(_D2), 1e-12), 0.15)
_REMAINING[0] = 1.0


def expected_excess(minutes_left: NDArray[np.float64], mean_minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expected minutes by which a reading begun now passes `minutes_left` (negative: already late)."""
    ratio = minutes_left / mean_minutes
    place = np.clip(ratio * _STEPS_PER_MEAN, 0, len(_RATIO) - 1.001)
    below = place.astype(int)
    share = place - below
    table = _EXCESS[below] * (1 - share) + _EXCESS[below + 1] * share
    return np.where(ratio < 0, mean_minutes - minutes_left, np.where(ratio >= _MEANS, 0.0, table * mean_minutes))


def expected_remaining(elapsed_minutes: float, mean_minutes: float) -> float:
    """Return how long a reading that has taken `elapsed_minutes` is still expected to take."""
    return float(expected_remainders(np.array(elapsed_minutes), np.array(mean_minutes)))


def expected_remainders(elapsed_minutes: NDArray[np.float64], mean_minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the same for several readings at once."""
    return mean_minutes * np.interp(elapsed_minutes / mean_minutes, _RATIO, _REMAINING)


def aged_weight(
    lateness_weight: NDArray[np.float64],
    minutes_left: NDArray[np.float64],
    service_level_minutes: NDArray[np.float64],
    *,
    heaviest: float,
) -> NDArray[np.float64]:
    """Return the weight of a late minute, heavier the longer an item has been late: nothing waits for ever.

    With weights that stay, what weighs little is never read while heavier work keeps coming. From a lateness of a whole
    service level on the weight grows, eleven times itself at one and a half, up to `heaviest`, the first class's. Not
    sooner: under overload, routine work that is late anyway would push urgent work past its due instant at night.
    """
    share_late = np.maximum(0.0, -minutes_left) / service_level_minutes
    aged = lateness_weight * (1 + _AGEING * np.maximum(0.0, share_late - _AGES_FROM))
    return np.minimum(aged, np.maximum(heaviest, lateness_weight))
