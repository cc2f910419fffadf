"""What a run, or what really happened, comes to: lateness, turnaround, subspecialty match, load; pure.

Every run over the same examinations is judged by one yardstick, the deadlines of `Yardstick`, so that like is compared
with like. All instants and durations are minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing_rules.simulation.scenario import Window
from routing_rules.simulation.simulator import Run

Floats = NDArray[np.float64]
# Readers with fewer hours than this say nothing about fairness.
FEWEST_HOURS = 1.0


@dataclass(frozen=True)
class Yardstick:
    """The examinations, an entry each, and the readers by whom they are judged.

    `is_counted`: of the hospitals that the person may see, and arrived in the period. `kind` is a row of `specialist`
    (kinds x readers); `has_subspecialty` by kind. `until` is the end of the period: what is not signed then and was
    due is late.
    """

    arrives_at: Floats
    due_at: Floats
    priority: NDArray[np.int_]
    relative_value: Floats
    kind: NDArray[np.int_]
    is_counted: NDArray[np.bool_]
    specialist: NDArray[np.bool_]
    has_subspecialty: NDArray[np.bool_]
    speed_factor: Floats
    lateness_weights: Floats
    until: float


@dataclass(frozen=True)
class Course:
    """What became of each examination: reader (a position, -1 for nobody), opened and signed (nan: not yet)."""

    reader: NDArray[np.int_]
    opened_at: Floats
    signed_at: Floats


def course_of(run: Run) -> Course:
    """Return what became of each examination in a run."""
    last = [record.readings[-1] if record.readings else None for record in run.records]
    return Course(
        np.array([entry[0] if entry else -1 for entry in last], dtype=int),
        np.array([entry[1] if entry else np.nan for entry in last], dtype=float),
        np.array([entry[2] if entry and entry[2] is not None else np.nan for entry in last], dtype=float),
    )


def until_end(course: Course, until: float) -> Course:
    """Return the course as it stood at `until`: what is signed later isn't signed yet."""
    return Course(course.reader, course.opened_at, np.where(course.signed_at <= until, course.signed_at, np.nan))


def lateness_of(yardstick: Yardstick, course: Course) -> Floats:
    """Return the minutes by which each examination passed its deadline until the period's end, 0 where it did not."""
    ended = np.where(np.isnan(course.signed_at), yardstick.until, course.signed_at)
    return np.maximum(0.0, ended - yardstick.due_at)


def figures_of(yardstick: Yardstick, course: Course, windows: Sequence[Window]) -> dict[str, Any]:
    """Return the figures as JSON holds them; lists by priority, the most urgent first, then over all."""
    late = lateness_of(yardstick, course)
    weights = yardstick.lateness_weights[yardstick.priority]
    counted = yardstick.is_counted
    groups = [counted & (yardstick.priority == rank) for rank in range(len(yardstick.lateness_weights))]
    turnaround = course.signed_at - yardstick.arrives_at
    return {
        "by_priority": [_of_group(group, late, turnaround) for group in (*groups, counted)],
        "weighted_lateness": _share(float((late * weights)[counted].sum()), int(counted.sum())),
        "match": _match(yardstick, course),
        "load": load_of(yardstick, course, windows),
    }


def _of_group(group: NDArray[np.bool_], late: Floats, turnaround: Floats) -> dict[str, Any]:
    signed = turnaround[group & ~np.isnan(turnaround)]
    number, is_late = int(group.sum()), int((late[group] > 0).sum())
    return {
        "number": number,
        "late": is_late,
        "late_percent": round(100 * is_late / number, 2) if number else None,
        "open": number - len(signed),
        "median": round(float(np.median(signed)), 1) if len(signed) else None,
        "p95": round(float(np.percentile(signed, 95)), 1) if len(signed) else None,
    }


def _match(yardstick: Yardstick, course: Course) -> dict[str, Any]:
    asked = yardstick.is_counted & yardstick.has_subspecialty[yardstick.kind] & (course.reader >= 0)
    asked &= ~np.isnan(course.signed_at)
    matched = int(yardstick.specialist[yardstick.kind[asked], course.reader[asked]].sum())
    number = int(asked.sum())
    return {"matched": matched, "of": number, "percent": round(100 * matched / number, 1) if number else None}


def load_of(yardstick: Yardstick, course: Course, windows: Sequence[Window]) -> dict[str, Any]:
    """Return each reader's items, relative value per hour of the rota and share of it spent reading, and the Gini.

    A reader's work counts wherever it comes from; `items` are only those counted. The Gini is of the value per hour
    times the pace, so that a slow reader's full day is as full as a quick one's.
    """
    readers = len(yardstick.speed_factor)
    hours = hours_of(windows, readers, yardstick.until)
    done = (course.reader >= 0) & ~np.isnan(course.signed_at) & (course.signed_at > 0)
    reader = course.reader[done]
    value = np.bincount(reader, yardstick.relative_value[done], minlength=readers)
    spent = np.maximum(0.0, course.signed_at[done] - np.maximum(0.0, course.opened_at[done]))
    busy = np.bincount(reader, np.nan_to_num(spent), minlength=readers) / 60
    items = np.bincount(course.reader[done & yardstick.is_counted], minlength=readers)
    is_there = hours >= FEWEST_HOURS
    rate = np.divide(value, hours, out=np.zeros(readers), where=hours > 0)
    return {
        "gini": gini(rate[is_there] * yardstick.speed_factor[is_there]),
        "readers": [
            {
                "items": int(items[at]),
                "hours": round(float(hours[at]), 1),
                "value_per_hour": round(float(rate[at]), 2) if is_there[at] else None,
                "busy_percent": round(100 * float(min(1.0, busy[at] / hours[at]))) if is_there[at] else None,
            }
            for at in range(readers)
        ],
    }


def hours_of(windows: Sequence[Window], readers: int, until: float) -> Floats:
    """Return each reader's hours of the rota from the start to `until`."""
    hours = np.zeros(readers)
    for window in windows:
        hours[window.reader] += max(0.0, min(window.ends_at, until) - max(window.starts_at, 0.0)) / 60
    return hours


def gini(values: Floats) -> float | None:
    """Return how unequal the values are, 0 all alike; None for fewer than two or nothing done."""
    if len(values) < 2 or values.sum() <= 0:
        return None
    ordered, number = np.sort(values), len(values)
    rank = np.arange(1, number + 1)
    return round(float(((2 * rank - number - 1) * ordered).sum() / (number * ordered.sum())), 3)


def _share(total: float, number: int) -> float | None:
    return round(total / number, 2) if number else None
