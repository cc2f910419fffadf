"""Many runs over drawn days, hour by hour: lateness, queues, use of readers, and what one more reader saves; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.weights import EngineWeights
from routing_rules.simulation.examinations import Examination, Network
from routing_rules.simulation.figures import course_of
from routing_rules.simulation.history import scenario_from
from routing_rules.simulation.ruled_studies import Ruled, apply_rules
from routing_rules.simulation.scenario import Scenario, Window
from routing_rules.simulation.trial_engine import run_engine

Floats = NDArray[np.float64]
LOW, HIGH = 10, 90


@dataclass(frozen=True)
class DrawnDays:
    """One drawn course of the coming days: what comes, by the rules, and which of it is counted."""

    scenario: Scenario
    ruled: Ruled
    is_counted: NDArray[np.bool_]


@dataclass(frozen=True)
class HourByHour:
    """One run: counts by (priority, hour of arrival), the queue at each hour's end, minutes read in each hour.

    `late_of_kind` is the weighted lateness by examination kind and hour of arrival; `weighted` over all.
    """

    arrived: Floats
    late: Floats
    queue: Floats
    busy: Floats
    late_of_kind: dict[tuple[str, int], float]
    weighted: float
    turnaround: list[Floats]

    @property
    def late_items(self) -> float:
        return float(self.late.sum())


def drawn_days(
    examinations: Sequence[Examination],
    network: Network,
    rules: list[dict[str, Any]],
    windows: Sequence[Window],
    *,
    hospital_ids: frozenset[int],
    arrivals_per_hour: Callable[[float], float],
) -> DrawnDays:
    """Apply the rules to drawn examinations, in order of arrival."""
    ruled = apply_rules(examinations, network, rules)
    scenario = scenario_from(examinations, network, ruled, windows, arrivals_per_hour=arrivals_per_hour)
    return DrawnDays(
        scenario, ruled, np.array([entry.hospital_id in hospital_ids for entry in examinations], dtype=bool)
    )


def run_days(
    drawn: DrawnDays, weights: EngineWeights, *, hours: int, on_progress: Callable[[float], None] = lambda share: None
) -> HourByHour:
    """Simulate one drawn course with the production engine and count what happens hour by hour."""
    scenario, counted = drawn.scenario, drawn.is_counted
    run = run_engine(scenario, weights, on_progress=on_progress)
    course, until = course_of(run), hours * 60.0
    due = np.array(
        [
            record.due_at if record.readings else study.arrives_at + (study.service_level_minutes or 0.0)
            for study, record in zip(scenario.studies, run.records, strict=True)
        ],
        dtype=float,
    )
    priority = np.array([study.priority for study in scenario.studies], dtype=int)
    arrives = np.array([study.arrives_at for study in scenario.studies], dtype=float)
    signed = np.where(course.signed_at <= until, course.signed_at, np.nan)
    late = np.maximum(0.0, np.where(np.isnan(signed), until, signed) - due)
    hour = np.clip((arrives // 60).astype(int), 0, hours - 1)
    shape = (len(scenario.priorities), hours)
    weight = np.array([level.lateness_weight for level in scenario.priorities])[priority]
    opened = np.where(np.isnan(course.opened_at), np.inf, course.opened_at)
    ends = np.arange(1, hours + 1) * 60.0
    return HourByHour(
        arrived=_counts(priority, hour, counted, shape),
        late=_counts(priority, hour, counted & (late > 0), shape),
        queue=_below(arrives[counted], ends) - _below(opened[counted], ends),
        busy=_busy(course.opened_at, course.signed_at, hours),
        late_of_kind=_by_kind(scenario, late * weight * counted, hour),
        weighted=float((late * weight)[counted].sum()),
        turnaround=[(signed - arrives)[counted & (priority == rank) & ~np.isnan(signed)] for rank in range(shape[0])],
    )


def with_one_more(drawn: DrawnDays, like: int, starts_at: float, ends_at: float) -> DrawnDays:
    """Return the same days with one more reader, of the rights of reader `like`, from `starts_at` to `ends_at`."""
    scenario, ruled = drawn.scenario, drawn.ruled

    def wider(table: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.concatenate([table, table[:, like : like + 1]], axis=1)

    extra = len(scenario.readers)
    eligible = wider(ruled.eligible)
    hidden = scenario.hidden
    windows = (*scenario.windows, Window(extra, starts_at, ends_at, len(scenario.windows)))
    return replace(
        drawn,
        scenario=replace(
            scenario,
            readers=(*scenario.readers, replace(scenario.readers[like], code="one more", speed_factor=1.0)),
            windows=tuple(sorted(windows, key=lambda window: (window.starts_at, window.reader))),
            eligible=np.broadcast_to(eligible, (len(scenario.hospitals), *eligible.shape)),
            specialist=wider(ruled.specialist),
            preferred=wider(ruled.preferred),
            hidden=replace(hidden, speed_factor=np.append(hidden.speed_factor, 1.0)),
        ),
    )


def mean_and_band(values: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
    """Return the mean over the runs, and between what values four of five runs lie."""
    stacked = np.array(values)
    return stacked.mean(axis=0), np.percentile(stacked, LOW, axis=0), np.percentile(stacked, HIGH, axis=0)


def reading_hours(windows: Sequence[Window], hours: int) -> tuple[Floats, Floats]:
    """Return the planned minutes and how many readers are there at some time, by hour."""
    minutes, readers = np.zeros(hours), np.zeros(hours)
    for window in windows:
        overlap = _overlap(window.starts_at, window.ends_at, hours)
        minutes += overlap
        readers += overlap > 0
    return minutes, readers


def _counts(
    priority: NDArray[np.int_], hour: NDArray[np.int_], chosen: NDArray[np.bool_], shape: tuple[int, int]
) -> Floats:
    flat = np.bincount(priority[chosen] * shape[1] + hour[chosen], minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(float)


def _below(values: Floats, ends: Floats) -> Floats:
    return np.searchsorted(np.sort(values), ends, side="right").astype(float)


def _busy(opened_at: Floats, signed_at: Floats, hours: int) -> Floats:
    busy = np.zeros(hours)
    for opened, signed in zip(opened_at, signed_at, strict=True):
        if not np.isnan(opened):
            busy += _overlap(float(opened), float(signed), hours)
    return busy


def _overlap(start: float, end: float, hours: int) -> Floats:
    """Return how many minutes of each hour lie in [start, end)."""
    begins = np.arange(hours) * 60.0
    return np.clip(np.minimum(end, begins + 60.0) - np.maximum(start, begins), 0.0, 60.0)


def _by_kind(scenario: Scenario, weighted: Floats, hour: NDArray[np.int_]) -> dict[tuple[str, int], float]:
    found: dict[tuple[str, int], float] = {}
    for position in np.flatnonzero(weighted > 0):
        subspecialty = scenario.examination_types[scenario.studies[position].examination_type].subspecialty
        key = (subspecialty, int(hour[position]))
        found[key] = found.get(key, 0.0) + float(weighted[position])
    return found
