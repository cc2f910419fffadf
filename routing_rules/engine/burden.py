"""How much each reader has carried: relative value per hour, adjusted for speed, against the mean of all.

Adjusted for speed because a slow reader who is as busy as the others signs less: equal is the burden, not the output.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_COUNTS_FROM_HOURS = 0.5


@dataclass(frozen=True)
class Carried:
    """Relative value signed and the hours in which it was, a row per reader; nothing where `hours` is 0."""

    value: Floats
    hours: Floats


def burdens(of_shift: Carried, of_days: Carried | None, speed_factor: Floats, *, prior_minutes: float) -> Floats:
    """Return how far each reader's burden is above the mean (below: negative), a share.

    `prior_minutes` is for how long a reader is taken to have carried the network's mean, so that the first study of a
    shift decides nothing. Where only one of the spans is known, as on a network's first day, that one counts alone.
    """
    spans = [span for span in (of_shift, of_days) if span is not None and span.value.any()]
    if not spans:
        return np.zeros(len(speed_factor))
    shares = [shares_above_mean(span, speed_factor, prior_minutes=prior_minutes) for span in spans]
    return sum(shares[1:], start=shares[0]) / len(shares)


def shares_above_mean(carried: Carried, speed_factor: Floats, *, prior_minutes: float) -> Floats:
    """Return the same of one span of time in which something was signed; who was not there has no burden.

    The mean is that of readers who have been there for half an hour, of all until there are such.
    """
    prior, was_there = prior_minutes / 60, carried.hours > 0
    network = float(carried.value.sum()) / max(float(carried.hours.sum()), 1e-9)
    rate = (carried.value + network * prior) / (carried.hours + prior) * speed_factor
    counted = carried.hours > _COUNTS_FROM_HOURS
    if not counted.any():
        counted = was_there if was_there.any() else np.ones(len(rate), bool)
    mean = float(rate[counted].mean())
    return np.where(was_there, (rate - mean) / mean, 0.0)
