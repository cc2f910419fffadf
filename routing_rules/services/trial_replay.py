"""Replay past days: with the rules in force, and with what is tried, beside what happened. Figures only, no patient."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from hospitals.selectors.rota import RotaChange, changed_windows, reading_windows
from pacs_core.access.scopes import all_hospitals_scope, open_scope
from routing_rules.engine.weights import EngineWeights
from routing_rules.selectors.engine_settings import network_weights
from routing_rules.selectors.history import History, history_of, windows_from
from routing_rules.simulation.comparison import Replayed, differences, yardstick_of
from routing_rules.simulation.examinations import Examination
from routing_rules.simulation.figures import Course, Yardstick, figures_of, until_end
from routing_rules.simulation.history import scenario_from
from routing_rules.simulation.ruled_studies import apply_rules
from routing_rules.simulation.scenario import Window
from routing_rules.simulation.trial_engine import run_engine

# (share done, words): told as the work goes on; raises when the work is no longer wanted.
Tell = Callable[[float, str], None]
Rules = list[dict[str, Any]]
MOST_ITEMS_LISTED = 300
HAPPENED, IN_FORCE, TRIED = "happened", "in_force", "tried"


def replay(
    *,
    days: int,
    now: datetime,
    hospital_ids: Collection[int],
    rules_in_force: Rules,
    rules_tried: Rules | None,
    rota_changes: Sequence[RotaChange],
    tell: Tell,
) -> dict[str, Any]:
    """Return the comparison as JSON holds it; counts only what came at `hospital_ids`. Opens its own scope.

    The whole network is replayed, since readers work for all its hospitals. `rules_tried` None: those in force.
    """
    tell(0.02, "Reading what happened")
    start = now - timedelta(days=days)
    with open_scope(all_hospitals_scope(process="trial")):
        history = history_of(start, now, now=now)
        rota, weights = reading_windows(start, now), EngineWeights(**network_weights())
    before = windows_from(rota, start, history.network)
    after = windows_from(changed_windows(rota, rota_changes), start, history.network)
    yardstick = _yardstick(history, hospital_ids)
    courses, windows = {HAPPENED: until_end(_happened(history), yardstick.until)}, {HAPPENED: before}
    is_change = rules_tried is not None or bool(rota_changes)
    end_of_first = 0.52 if is_change else 0.95
    first = _run(history, rules_in_force, before, weights, tell, 0.1, end_of_first, "Replaying the rules in force")
    courses[IN_FORCE], windows[IN_FORCE] = first.course(yardstick.until), before
    result: dict[str, Any] = {"changes": None}
    if is_change:
        rules = rules_in_force if rules_tried is None else rules_tried
        second = _run(history, rules, after, weights, tell, end_of_first, 0.95, "Replaying what is tried")
        courses[TRIED], windows[TRIED] = second.course(yardstick.until), after
        result["changes"] = _changes(history, yardstick, first, second)
    tell(0.97, "Comparing")
    return result | {
        "columns": list(courses),
        "figures": {name: figures_of(yardstick, courses[name], windows[name]) for name in courses},
        "reader_ids": [reader.reader_id for reader in history.network.readers],
        "days": _by_day(yardstick, courses, days),
        "from": start.isoformat(),
        "until": now.isoformat(),
        "counted": int(yardstick.is_counted.sum()),
        "replayed": len(history.items),
        "imputed": sum(item.examination.minutes is None for item in history.items),
    }


def _run(
    history: History,
    rules: Rules,
    windows: Sequence[Window],
    weights: EngineWeights,
    tell: Tell,
    begins: float,
    ends: float,
    words: str,
) -> Replayed:
    examinations: list[Examination] = history.examinations
    ruled = apply_rules(examinations, history.network, rules)
    scenario = scenario_from(examinations, history.network, ruled, windows, arrivals_per_hour=history.arrivals_per_hour)
    run = run_engine(scenario, weights, on_progress=lambda share: tell(begins + (ends - begins) * share, words))
    return Replayed(ruled, run)


def _yardstick(history: History, hospital_ids: Collection[int]) -> Yardstick:
    return yardstick_of(
        history.examinations,
        history.network,
        due_at=[item.due_at for item in history.items],
        priority=[item.priority for item in history.items],
        is_counted=[item.examination.hospital_id in hospital_ids and item.came_in_period for item in history.items],
        until=history.minutes,
    )


def _happened(history: History) -> Course:
    def instants(values: list[float | None]) -> np.ndarray:
        return np.array([np.nan if value is None else value for value in values], dtype=float)

    return Course(
        np.array([-1 if item.reader is None else item.reader for item in history.items], dtype=int),
        instants([item.claimed_at for item in history.items]),
        instants([item.signed_at for item in history.items]),
    )


def _changes(history: History, yardstick: Yardstick, first: Replayed, second: Replayed) -> dict[str, Any]:
    """Return what changes for single items, by their ids and their readers' ids."""
    found = differences(yardstick, first, second, most=MOST_ITEMS_LISTED)
    readers = [reader.reader_id for reader in history.network.readers]

    def reader_id(position: int) -> int | None:
        return readers[position] if position >= 0 else None

    found["items"] = [
        {
            "item": history.items[at].examination.item_id,
            "hospital": history.items[at].examination.hospital_id,
            "before": reader_id(before),
            "after": reader_id(after),
            "treated": is_treated,
            "minutes_later": later,
        }
        for at, before, after, is_treated, later in found["items"]
    ]
    return found


def _by_day(yardstick: Yardstick, courses: dict[str, Course], days: int) -> list[dict[str, Any]]:
    """Return how many came in each 24 hours from the start, and how many of those were late in each course."""
    day = np.minimum((yardstick.arrives_at // 1440).astype(int), days - 1)
    late = {
        name: yardstick.is_counted
        & (np.where(np.isnan(course.signed_at), yardstick.until, course.signed_at) > yardstick.due_at)
        for name, course in courses.items()
    }
    return [
        {"number": int((yardstick.is_counted & (day == number)).sum())}
        | {name: int((late[name] & (day == number)).sum()) for name in courses}
        for number in range(days)
    ]
