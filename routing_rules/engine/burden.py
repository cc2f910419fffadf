"""How much each reader has carried: relative value per hour, adjusted for speed, against the mean of all.

Adjusted for speed because a slow reader who is as busy as the others signs less: equal is the burden, not the output.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Of the burden, the running shift counts for so much; the rest is that of the days before.
_SHARE_OF_SHIFT = 0.5


@dataclass(frozen=True)
class Carried:
    """Relative value signed and the hours in which it was, a row per reader; nothing where `hours` is 0."""

    value: Floats
    hours: Floats


def burdens(of_shift: Carried, of_days: Carried | None, speed_factor: Floats, *, prior_minutes: float) -> Floats:
    """Return how far each reader's burden is above the mean (below: negative), a share.

    `prior_minutes` is for how long a reader is taken to have carried the network's mean, so that the first study of a
    shift decides nothing. Without days, as on a first day, the shift alone counts.
    """
    shift = shares_above_mean(of_shift, speed_factor, prior_minutes=prior_minutes)
    if of_days is None or not of_days.value.any():
        return shift
    days = shares_above_mean(of_days, speed_factor, prior_minutes=prior_minutes)
    return _SHARE_OF_SHIFT * shift + (1 - _SHARE_OF_SHIFT) * days


def shares_above_mean(carried: Carried, speed_factor: Floats, *, prior_minutes: float) -> Floats:
    """Return the same of one span of time; the mean is that of readers who have been there for half an hour."""
    total = float(carried.value.sum())
    if not total:
        return np.zeros(len(carried.hours))
    prior = prior_minutes / 60
    network = total / max(float(carried.hours.sum()), 1e-9)
    rate = (carried.value + network * prior) / (carried.hours + prior) * speed_factor
    active = carried.hours > 0.5
    mean = float(rate[active].mean()) if active.any() else float(rate.mean())
    return (rate - mean) / mean
