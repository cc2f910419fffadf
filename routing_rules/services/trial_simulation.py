"""Simulate the coming days from the network's own arrivals and its rota. Figures only, no patient."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from hospitals.models import Hospital
from hospitals.selectors.rota import RotaChange, windows_with
from pacs_core.access.scopes import all_hospitals_scope, open_scope
from routing_rules.engine.weights import EngineWeights
from routing_rules.selectors.engine_settings import network_weights
from routing_rules.selectors.history import History, history_of, local_hour, windows_from
from routing_rules.services.trial_replay import Rules, Tell
from routing_rules.simulation.coming_days import ComingHour, PastArrival, Rhythm
from routing_rules.simulation.examinations import PRIORITIES, Examination
from routing_rules.simulation.one_more import Saving, candidates, savings
from routing_rules.simulation.outlook_runs import (
    DrawnDays,
    HourByHour,
    drawn_days,
    mean_and_band,
    reading_hours,
    run_days,
)
from routing_rules.simulation.scenario import Window

DAYS_OF_HISTORY = 28
# An hour in whose arrivals so many are expected late, and such a share of them, is at risk; so is one with readers
# this busy.
LATE_AT_RISK, SHARE_AT_RISK, BUSY_AT_RISK = 0.5, 0.08, 0.95
MOST_SPANS, MOST_SAVINGS = 12, 8


@dataclass(frozen=True)
class _Coming:
    """What every run of a trial shares."""

    history: History
    rhythm: Rhythm
    waiting: tuple[Examination, ...]
    hours: list[ComingHour]
    windows: list[Window]
    weights: EngineWeights
    start: datetime


def simulate_coming_days(
    *,
    days: int,
    runs: int,
    seed: int,
    now: datetime,
    hospital_ids: Collection[int],
    rules: Rules,
    rota_changes: Sequence[RotaChange],
    tell: Tell,
) -> dict[str, Any]:
    """Return what is expected, as JSON holds it; counts only what comes to `hospital_ids`. Opens its own scope.

    The same seed, history and rota give the same result.
    """
    tell(0.02, "Reading what usually arrives")
    coming = _coming(days=days, now=now, rota_changes=rota_changes)
    drawn, results = [], []
    for number in range(runs):

        def tell_run(share: float, number: int = number) -> None:
            tell(0.1 + 0.5 * (number + share) / runs, f"Simulating run {number + 1} of {runs}")

        tell_run(0.0)
        chance = np.random.default_rng([seed, number])
        examinations = [*coming.waiting, *coming.rhythm.draw(coming.hours, chance)]
        drawn.append(
            drawn_days(
                examinations,
                coming.history.network,
                rules,
                coming.windows,
                hospital_ids=frozenset(hospital_ids),
                arrivals_per_hour=_shifted(coming),
            )
        )
        results.append(run_days(drawn[-1], coming.weights, hours=len(coming.hours), on_progress=tell_run))
    found = _one_more(coming, drawn, results, tell)
    tell(0.97, "Adding up")
    hourly = _hourly(coming, results)
    return {
        "start": coming.start.isoformat(),
        "hours": hourly,
        "by_priority": [_priority(results, rank) for rank in range(len(PRIORITIES))],
        "weighted": _spread([result.weighted for result in results]),
        "at_risk": _spans_at_risk(hourly),
        "one_more": [_saving(coming, saving) for saving in found[:MOST_SAVINGS]],
        "waiting_now": sum(entry.hospital_id in hospital_ids for entry in coming.waiting),
        "history_items": sum(entry.examination.hospital_id in hospital_ids for entry in coming.rhythm.past),
        "history_days": round(max((sum(seen.values()) / 24 for seen in coming.rhythm.hours_seen.values()), default=0)),
    }


def _coming(*, days: int, now: datetime, rota_changes: Sequence[RotaChange]) -> _Coming:
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    with open_scope(all_hospitals_scope(process="trial")):
        history = history_of(now - timedelta(days=DAYS_OF_HISTORY), now, now=now)
        rota = windows_with(rota_changes, start, start + timedelta(days=days))
        weights = EngineWeights(**network_weights())
        zones = list(Hospital.objects.filter(pk__in=history.hours_seen))
    past = [PastArrival(item.examination, item.came) for item in history.items if item.came_in_period]
    hours = []
    for number in range(24 * days):
        at = start + timedelta(hours=number)
        clocks = {place.pk: (local_hour(at, place), at.astimezone(place.zone).minute) for place in zones}
        hours.append(ComingHour(number * 60.0, clocks))
    return _Coming(
        history,
        Rhythm(past, history.hours_seen),
        tuple(_waiting(history)),
        hours,
        windows_from(rota, start, history.network),
        weights,
        start,
    )


def _waiting(history: History) -> list[Examination]:
    """Return what nobody has opened yet, as it stands at the start of the simulated days."""
    found = []
    for item in history.items:
        if item.claimed_at is None and item.signed_at is None:
            used = history.minutes - (item.examination.arrives_at - item.examination.clock_started)
            found.append(replace(item.examination, arrives_at=0.0, clock_started=used, raised_at=None))
    return found


def _shifted(coming: _Coming) -> Callable[[float], float]:
    offset = (coming.start - coming.history.start) / timedelta(minutes=1)
    return lambda instant: coming.history.arrivals_per_hour(instant + offset)


def _one_more(coming: _Coming, drawn: list[DrawnDays], results: list[HourByHour], tell: Tell) -> list[Saving]:
    if not drawn or not sum(result.weighted for result in results):
        return []
    tried = candidates(drawn[0], results, hours=len(coming.hours))
    return savings(
        drawn,
        results,
        tried,
        coming.weights,
        hours=len(coming.hours),
        on_progress=lambda share: tell(0.6 + 0.36 * share, "Trying one more reader"),
    )


def _hourly(coming: _Coming, results: list[HourByHour]) -> list[dict[str, Any]]:
    number = len(coming.hours)
    planned, readers = reading_hours(coming.windows, number)
    arrived = mean_and_band([result.arrived.sum(axis=0) for result in results])[0]
    late, low, high = mean_and_band([result.late.sum(axis=0) for result in results])
    of_priority = mean_and_band([result.late for result in results])[0]
    queue, queue_low, queue_high = mean_and_band([result.queue for result in results])
    busy = mean_and_band([result.busy for result in results])[0]
    return [
        {
            "arrived": round(float(arrived[hour]), 2),
            "late": round(float(late[hour]), 2),
            "late_low": round(float(low[hour]), 1),
            "late_high": round(float(high[hour]), 1),
            "late_by_priority": [round(float(rank[hour]), 2) for rank in of_priority],
            "queue": round(float(queue[hour]), 1),
            "queue_low": round(float(queue_low[hour]), 1),
            "queue_high": round(float(queue_high[hour]), 1),
            "readers": int(readers[hour]),
            "busy": round(min(1.0, float(busy[hour] / planned[hour])), 3) if planned[hour] else None,
        }
        for hour in range(number)
    ]


def _priority(results: list[HourByHour], rank: int) -> dict[str, Any]:
    turnaround = np.concatenate([result.turnaround[rank] for result in results])
    number = float(np.mean([result.arrived[rank].sum() for result in results]))
    late = _spread([float(result.late[rank].sum()) for result in results])
    return {
        "number": round(number, 1),
        "late": late,
        "late_percent": round(100 * late["mean"] / number, 2) if number else None,
        "median": round(float(np.median(turnaround)), 1) if len(turnaround) else None,
        "p95": round(float(np.percentile(turnaround, 95)), 1) if len(turnaround) else None,
    }


def _spread(values: list[float]) -> dict[str, float]:
    mean, low, high = mean_and_band([np.array(value) for value in values])
    return {"mean": round(float(mean), 2), "low": round(float(low), 2), "high": round(float(high), 2)}


def _spans_at_risk(hourly: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the stretches of hours at risk, the worst first, with what to say of each."""
    spans: list[list[int]] = []
    for hour, figures in enumerate(hourly):
        if not _is_at_risk(figures):
            continue
        if spans and spans[-1][-1] >= hour - 1:
            spans[-1].append(hour)
        else:
            spans.append([hour])
    found = [
        {
            "from_hour": span[0],
            "to_hour": span[-1] + 1,
            "late": round(sum(hourly[hour]["late"] for hour in span), 1),
            "arrived": round(sum(hourly[hour]["arrived"] for hour in span), 1),
            "queue": max(hourly[hour]["queue"] for hour in span),
            "readers": min(hourly[hour]["readers"] for hour in span),
            "busy": max((hourly[hour]["busy"] for hour in span if hourly[hour]["busy"] is not None), default=None),
        }
        for span in spans
    ]
    worst = sorted(found, key=lambda span: (-span["late"], span["from_hour"]))[:MOST_SPANS]
    return sorted(worst, key=lambda span: span["from_hour"])


def _is_at_risk(figures: dict[str, Any]) -> bool:
    is_late = figures["late"] >= LATE_AT_RISK and figures["late"] >= SHARE_AT_RISK * figures["arrived"]
    is_unstaffed = figures["readers"] == 0 and figures["arrived"] >= LATE_AT_RISK
    return is_late or is_unstaffed or (figures["busy"] is not None and figures["busy"] >= BUSY_AT_RISK)


def _saving(coming: _Coming, saving: Saving) -> dict[str, Any]:
    candidate = saving.candidate
    return {
        "subspecialty": candidate.subspecialty,
        "like": coming.history.network.readers[candidate.like].reader_id,
        "from_hour": round(candidate.starts_at / 60),
        "to_hour": round(candidate.ends_at / 60),
        "minutes_per_hour": round(saving.minutes_per_hour, 1),
        "error_per_hour": round(saving.error_per_hour, 1),
        "late_items": round(float(np.mean(saving.late_items)), 1),
        "runs": len(saving.minutes),
    }
