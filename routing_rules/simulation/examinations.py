"""Examinations of a network's own days, past or drawn, and the network that reads them: plain values for trials.

Instants are minutes from the scenario's start, durations minutes; priorities go by their position in PRIORITIES.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.snapshot import Kind, ReaderState

# The most urgent first; the minutes agreed with a hospital stand on each of its examinations.
PRIORITIES = ("stat", "urgent", "routine")
USUAL_MINUTES = (30.0, 120.0, 1440.0)
OFF_SUBSPECIALTY_FACTOR = 1.2


@dataclass(frozen=True)
class Examination:
    """An examination as it came: `kind` is a position in `Network.kinds`, `agreed_minutes` by priority.

    `clock_started` is the time of the service level that was used on arrival. `minutes` is what it took the reader
    `read_by` (a position), None where that isn't known; `raised_at` when the hospital asked for `raised_to`.
    """

    item_id: int
    hospital_id: int
    kind: int
    arrives_at: float
    facts: Mapping[str, Any]
    agreed_minutes: tuple[float, ...]
    expected_minutes: float
    relative_value: float
    clock_started: float = 0.0
    minutes: float | None = None
    read_by: int | None = None
    raised_at: float | None = None
    raised_to: str = ""


@dataclass(frozen=True)
class Network:
    """What does not change with the rules: readers, kinds of examinations with whom a right keeps out, weights.

    `lateness_weights` and `widen_at`, the share of the service level at which escalation widens the pool of readers
    (None: never), are by priority.
    """

    readers: tuple[ReaderState, ...]
    kinds: tuple[Kind, ...]
    lateness_weights: tuple[float, ...]
    widen_at: tuple[float | None, ...] = (None, None, None)


def specialists_of(network: Network) -> NDArray[np.bool_]:
    """Return who has the subspecialty of which kind, shape (kinds, readers); all where it has none."""
    return np.array(
        [
            [not kind.subspecialty or kind.subspecialty in reader.subspecialties for reader in network.readers]
            for kind in network.kinds
        ],
        dtype=bool,
    ).reshape(len(network.kinds), len(network.readers))


def hospitals_of(network: Network) -> tuple[str, ...]:
    return tuple(dict.fromkeys(kind.hospital for kind in network.kinds))
