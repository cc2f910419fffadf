"""Routine studies are read although urgent ones never stop coming and fill every reader's time."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from routing_rules.simulation.policies import POLICIES
from routing_rules.simulation.scenario import scenario_of
from routing_rules.simulation.simulator import simulate

HOURS, ROUTINE_MINUTES = 30, 240.0


def _day_full_of_stat(minutes_between: float, number_of_routine: int) -> dict[str, Any]:
    """One reader for ten-minute studies; STAT ones arrive as fast as they can be read, routine ones at the start."""
    routine = [{"id": f"R{n}", "arrives_at": 1.0 + n, "priority": "ROUTINE"} for n in range(number_of_routine)]
    number = int(HOURS * 60 / minutes_between)
    stat = [{"id": f"S{n}", "arrives_at": n * minutes_between, "priority": "STAT"} for n in range(number)]
    studies = sorted(routine + stat, key=lambda study: study["arrives_at"])
    return {
        "format": "assignment-scenario/1",
        "name": "full",
        "priority_classes": [
            {"code": "STAT", "sla_minutes": 30.0, "tardiness_weight": 10.0},
            {"code": "ROUTINE", "sla_minutes": ROUTINE_MINUTES, "tardiness_weight": 1.0},
        ],
        "subspecialties": ["NEURO"],
        "off_subspecialty_factor": 1.2,
        "exam_types": [
            {
                "code": "HEAD",
                "modality": "CT",
                "subspecialty": None,
                "subspecialty_mandatory": False,
                "wrvu": 1.0,
                "expected_minutes": 10.0,
            }
        ],
        "hospitals": [{"code": "H", "jurisdiction": "J", "share_of_studies": 1.0}],
        "radiologists": [
            {
                "code": "A",
                "licences": ["J"],
                "credentials": ["H"],
                "subspecialties": ["NEURO"],
                "privileges": [],
                "estimated_speed_factor": 1.0,
            }
        ],
        "shifts": [{"radiologist": "A", "starts_at": 0.0, "ends_at": HOURS * 120.0, "breaks": []}],
        "history": {
            "exam_type_share": {"HEAD": 1.0},
            "weekday_arrivals_per_hour": [60 / minutes_between] * 24,
            "weekend_arrivals_per_hour": [60 / minutes_between] * 24,
        },
        "studies": [study | {"hospital": "H", "exam_type": "HEAD"} for study in studies],
        "hidden": {
            "actual_speed_factor": {"A": 1.0},
            "off_subspecialty_factor": 1.2,
            "base_minutes": [10.0 for _ in studies],
            "first_opening_declined": [],
            "decline_minutes": 0.5,
            "drop_outs": [],
        },
    }


@settings(max_examples=12, deadline=None)
@given(st.floats(9.0, 12.0), st.integers(1, 12))
def test_routine_studies_are_opened_while_stat_studies_keep_coming(minutes_between: float, routine: int) -> None:
    scenario = scenario_of(_day_full_of_stat(minutes_between, routine))
    records = simulate(scenario, POLICIES["engine"](scenario)).records
    last_arrival = max(study.arrives_at for study in scenario.studies)
    for study, record in zip(scenario.studies, records, strict=True):
        if study.study_id.startswith("R"):
            assert record.readings[-1][1] < last_arrival, f"{study.study_id} waited for the last STAT study"


def test_strict_order_of_priority_starves_them_here() -> None:
    """The twin: with the shared list by priority the same day leaves routine studies to the very end."""
    scenario = scenario_of(_day_full_of_stat(9.0, 3))
    records = simulate(scenario, POLICIES["priority"](scenario)).records
    last_arrival = max(study.arrives_at for study in scenario.studies)
    opened = [
        record.readings[-1][1]
        for study, record in zip(scenario.studies, records, strict=True)
        if study.study_id.startswith("R")
    ]
    assert min(opened) > last_arrival
