"""Two runs over the same past days beside what happened: built and judged alike; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing_rules.simulation.examinations import Examination, Network, specialists_of
from routing_rules.simulation.figures import Course, Yardstick, course_of, until_end
from routing_rules.simulation.ruled_studies import Ruled
from routing_rules.simulation.simulator import Run

# Deadlines this near to one another are the same.
_SAME_MINUTES = 0.5


@dataclass(frozen=True)
class Replayed:
    """A run with the rules that it went by."""

    ruled: Ruled
    run: Run

    def course(self, until: float) -> Course:
        return until_end(course_of(self.run), until)

    def own_due_at(self) -> NDArray[np.float64]:
        """Return the deadlines by these rules: as they stood when the examination was opened."""
        return np.array(
            [
                record.due_at if record.readings else study.arrives_at + (study.service_level_minutes or 0.0)
                for study, record in zip(self.ruled.studies, self.run.records, strict=True)
            ]
        )


def yardstick_of(
    examinations: Sequence[Examination],
    network: Network,
    *,
    due_at: Sequence[float],
    priority: Sequence[int],
    is_counted: Sequence[bool],
    until: float,
) -> Yardstick:
    """Return by what every run over the examinations is judged."""
    return Yardstick(
        arrives_at=np.array([entry.arrives_at for entry in examinations], dtype=float),
        due_at=np.array(due_at, dtype=float),
        priority=np.array(priority, dtype=int),
        relative_value=np.array([entry.relative_value for entry in examinations], dtype=float),
        kind=np.array([entry.kind for entry in examinations], dtype=int),
        is_counted=np.array(is_counted, dtype=bool),
        specialist=specialists_of(network),
        has_subspecialty=np.array([bool(kind.subspecialty) for kind in network.kinds], dtype=bool),
        speed_factor=np.array([reader.speed_factor for reader in network.readers], dtype=float),
        lateness_weights=np.array(network.lateness_weights, dtype=float),
        until=until,
    )


def differences(yardstick: Yardstick, before: Replayed, after: Replayed, *, most: int) -> dict[str, Any]:
    """Return what the change does to single examinations, those that the rules treat differently first.

    `items` are (position, reader before, reader after, is treated differently, minutes signed later), at most `most`.
    """
    counted, until = yardstick.is_counted, yardstick.until
    first, second = before.course(until), after.course(until)
    treated = counted & np.array(
        [
            replace(one, matched=()) != replace(other, matched=())
            for one, other in zip(before.ruled.demands, after.ruled.demands, strict=True)
        ],
        dtype=bool,
    )
    moved = counted & (first.reader != second.reader)
    own_due = after.own_due_at()
    shifted = counted & (np.abs(own_due - before.own_due_at()) > _SAME_MINUTES)
    ended = np.where(np.isnan(second.signed_at), until, second.signed_at)
    chosen = sorted(
        np.flatnonzero(moved | treated), key=lambda at: (not (treated[at] and moved[at]), not treated[at], at)
    )
    later = np.nan_to_num(second.signed_at - first.signed_at)
    return {
        "treated": int(treated.sum()),
        "treated_and_moved": int((treated & moved).sum()),
        "moved": int(moved.sum()),
        "deadline_changed": int(shifted.sum()),
        "late_by_own_deadlines": int((counted & (ended > own_due)).sum()),
        "items": [
            (int(at), int(first.reader[at]), int(second.reader[at]), bool(treated[at]), round(float(later[at]), 1))
            for at in chosen[:most]
        ],
    }
