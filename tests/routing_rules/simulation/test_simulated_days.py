"""A small simulated day: what every policy must hold, and that the engine sees nothing it could not know."""

import copy
import json
import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from routing_rules.engine.weights import LEANINGS
from routing_rules.simulation.engine_policy import EnginePolicy
from routing_rules.simulation.outcome import outcome_of
from routing_rules.simulation.policies import POLICIES
from routing_rules.simulation.scenario import Change, Scenario, scenario_of
from routing_rules.simulation.simulator import Run, simulate

READERS, HOSPITALS, STUDIES = 6, 3, 150


@pytest.fixture
def raw() -> dict[str, Any]:
    """A day of three hospitals and six readers in two overlapping shifts, with declines, upgrades and a drop-out."""
    chance = random.Random(7)
    studies = sorted(round(chance.uniform(0, 600), 3) for _ in range(STUDIES))
    return {
        "format": "assignment-scenario/1",
        "name": "small",
        "priority_classes": [
            {"code": "STAT", "sla_minutes": 30.0, "tardiness_weight": 10.0},
            {"code": "ROUTINE", "sla_minutes": 240.0, "tardiness_weight": 1.0},
        ],
        "subspecialties": ["NEURO", "BODY"],
        "off_subspecialty_factor": 1.2,
        "exam_types": [
            _kind("CHEST", None, mandatory=False, value=0.2, minutes=4.0),
            _kind("HEAD", "NEURO", mandatory=False, value=0.9, minutes=9.0),
            _kind("BRAIN", "NEURO", mandatory=True, value=1.5, minutes=14.0),
        ],
        "hospitals": [
            {"code": f"H{n}", "jurisdiction": "J", "share_of_studies": 1 / HOSPITALS} for n in range(HOSPITALS)
        ],
        "radiologists": [
            {
                "code": f"R{n}",
                "licences": ["J"],
                "credentials": [f"H{h}" for h in range(HOSPITALS) if (n + h) % 4],
                "subspecialties": ["NEURO" if n % 2 else "BODY"],
                "privileges": [],
                "estimated_speed_factor": 1.0,
            }
            for n in range(READERS)
        ],
        "shifts": [
            {
                "radiologist": f"R{n}",
                "starts_at": 60.0 * (n % 3),
                "ends_at": 60.0 * (n % 3) + 1500.0,
                "breaks": [{"starts_at": 240.0 + 40 * n, "ends_at": 270.0 + 40 * n}],
            }
            for n in range(READERS)
        ],
        "history": {
            "exam_type_share": {"CHEST": 0.4, "HEAD": 0.4, "BRAIN": 0.2},
            "weekday_arrivals_per_hour": [15.0] * 24,
            "weekend_arrivals_per_hour": [15.0] * 24,
        },
        "studies": [
            {
                "id": f"S{n}",
                "arrives_at": at,
                "hospital": f"H{chance.randrange(HOSPITALS)}",
                "exam_type": chance.choices(["CHEST", "HEAD", "BRAIN"], [4, 4, 2])[0],
                "priority": "STAT" if chance.random() < 0.2 else "ROUTINE",
            }
            | ({"upgraded_at": at + 20} if n % 40 == 0 else {})
            for n, at in enumerate(studies)
        ],
        "hidden": {
            "actual_speed_factor": {f"R{n}": 0.9 + 0.05 * n for n in range(READERS)},
            "off_subspecialty_factor": 1.2,
            "base_minutes": [round(chance.lognormvariate(2.5, 0.6), 3) for _ in studies],
            "first_opening_declined": ["S3", "S50"],
            "decline_minutes": 0.5,
            "drop_outs": [{"shift": 2, "at": 300.0}],
        },
    }


def _kind(code: str, subspecialty: str | None, *, mandatory: bool, value: float, minutes: float) -> dict[str, Any]:
    return {
        "code": code,
        "modality": "CT",
        "subspecialty": subspecialty,
        "subspecialty_mandatory": mandatory,
        "wrvu": value,
        "expected_minutes": minutes,
    }


def _run(raw: dict[str, Any], policy: str) -> Run:
    scenario = scenario_of(raw)
    return simulate(scenario, POLICIES[policy](scenario))


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_every_study_is_read_once_by_someone_eligible(raw: dict[str, Any], policy: str) -> None:
    scenario, run = scenario_of(raw), _run(raw, policy)
    eligible = scenario.is_eligible()
    busy: dict[int, list[tuple[float, float]]] = {}
    for study, record in zip(scenario.studies, run.records, strict=True):
        assert [declined for *_, declined in record.readings].count(False) == 1
        for reader, opened_at, signed_at, _ in record.readings:
            assert eligible[study.hospital, study.examination_type, reader]
            assert opened_at >= study.arrives_at
            busy.setdefault(reader, []).append((opened_at, signed_at or opened_at + 0.5))
    for spans in busy.values():
        spans.sort()
        assert all(end <= begin + 1e-9 for (_, end), (begin, _) in pairwise(spans))


def test_nobody_opens_after_dropping_out_or_in_a_break(raw: dict[str, Any]) -> None:
    openings = [
        (reader, opened_at) for record in _run(raw, "engine").records for reader, opened_at, *_ in record.readings
    ]
    assert not [at for reader, at in openings if reader == 2 and at > 300.0]
    assert not [at for reader, at in openings if reader == 0 and 240.0 < at < 270.0]
    assert [at for reader, at in openings if reader == 2]


def test_the_one_who_declined_never_gets_it_again(raw: dict[str, Any]) -> None:
    record = _run(raw, "engine").records[50]
    (first, _, _, declined), (second, _, _, read) = record.readings
    assert (declined, read) == (True, False)
    assert first != second


@pytest.mark.parametrize("until", [90.0, 200.0, 300.0, 400.0])
def test_the_engine_decides_alike_until_the_hidden_days_part(raw: dict[str, Any], until: float) -> None:
    run = _run(raw, "engine")
    twin = copy.deepcopy(raw)
    for number, record in enumerate(run.records):
        if all(opened_at > until for _, opened_at, *_ in record.readings):
            twin["hidden"]["base_minutes"][number] *= 3.0
            if twin["studies"][number]["arrives_at"] > until:
                twin["studies"][number] |= {"priority": "STAT", "exam_type": "CHEST"}
            if twin["studies"][number].get("upgraded_at", 0.0) > until:
                del twin["studies"][number]["upgraded_at"]
    twin["hidden"]["drop_outs"].append({"shift": 4, "at": until + 30.0})

    def before(simulated: Run) -> list[list[tuple[int, float]]]:
        return [[(reader, at) for reader, at, *_ in record.readings if at < until] for record in simulated.records]

    twin_run = _run(twin, "engine")
    assert before(run) == before(twin_run)
    assert [r.readings for r in run.records] != [r.readings for r in twin_run.records]


@pytest.mark.parametrize("until", [90.0, 300.0])
def test_a_run_up_to_an_instant_is_the_beginning_of_the_whole_one(raw: dict[str, Any], until: float) -> None:
    scenario = scenario_of(raw)
    beginning = simulate(scenario, POLICIES["engine"](scenario), until=until)
    opened = [[reading for reading in record.readings if reading[1] < until] for record in _run(raw, "engine").records]
    assert [record.readings for record in beginning.records] == opened
    assert any(opened)
    assert not all(opened)


def test_the_same_day_gives_the_same_decisions(raw: dict[str, Any]) -> None:
    assert [r.readings for r in _run(raw, "engine").records] == [r.readings for r in _run(raw, "engine").records]


def test_the_engine_is_less_late_than_first_come_and_matches_more_where_the_network_wants_it(
    raw: dict[str, Any],
) -> None:
    """Three of six readers have the mandatory work alone, so an even share wants the others to take what they may."""
    scenario = scenario_of(raw)
    usual_late, usual_matched = _late_and_matched(scenario, _run(raw, "fifo"))
    late, matched = _late_and_matched(scenario, _run(raw, "engine"))
    assert late < usual_late
    leaning = simulate(scenario, EnginePolicy(scenario, LEANINGS["specialist"]))
    assert _late_and_matched(scenario, leaning)[1] > max(matched, usual_matched)


def _late_and_matched(scenario: Scenario, run: Run) -> tuple[float, int]:
    """Return the weighted late minutes, and how many studies a specialist read."""
    specialist = scenario.is_specialist()
    late, matched = 0.0, 0
    for study, record in zip(scenario.studies, run.records, strict=True):
        reader, _, signed_at, _ = record.readings[-1]
        assert signed_at is not None
        late += scenario.priorities[record.priority].lateness_weight * max(0.0, signed_at - record.due_at)
        matched += int(specialist[study.examination_type, reader])
    return late, matched


def test_a_study_that_nobody_can_read_is_named(raw: dict[str, Any]) -> None:
    for entry in raw["radiologists"]:
        entry["credentials"] = ["H0"]
    with pytest.raises(RuntimeError, match="can never be read"):
        _run(raw, "fifo")


def test_the_command_writes_an_outcome_with_every_study(raw: dict[str, Any], tmp_path: Path) -> None:
    scenario, outcome = tmp_path / "small.json", tmp_path / "small.outcome.json.gz"
    scenario.write_text(json.dumps(raw))
    call_command("simulate_assignment", str(scenario), str(outcome), "--policy", "least_loaded")
    assert outcome.stat().st_size > 0
    run = _run(raw, "least_loaded")
    written = outcome_of(scenario_of(raw), run, engine_name="meridian least_loaded", decision_seconds=[0.5, 1.5])
    assert (written["engine"]["decision_seconds_total"], written["engine"]["decision_seconds_max"]) == (2.0, 1.5)
    assert len(written["studies"]) == STUDIES
    assert all(entry["assignments"] for entry in written["studies"])


def test_a_file_of_another_format_is_refused_by_name(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"format": "something-else"}')
    with pytest.raises(CommandError, match=r"other.json cannot be read as a scenario: .*something-else"):
        call_command("simulate_assignment", str(other), str(tmp_path / "out.json"))


def test_rights_given_outright_decide_instead_of_those_of_the_file(raw: dict[str, Any]) -> None:
    scenario = scenario_of(raw)
    eligible = np.zeros_like(scenario.is_eligible())
    eligible[:, :, 4] = True
    only_one = replace(scenario, eligible=eligible)
    run = simulate(only_one, POLICIES["engine"](only_one), leave_unread=True)
    assert {reader for record in run.records for reader, *_ in record.readings} == {4}


def test_a_study_held_for_one_reader_is_widened_when_its_change_comes(raw: dict[str, Any]) -> None:
    scenario = scenario_of(raw | {"studies": raw["studies"][1:2]} | {"hidden": raw["hidden"] | _nothing_hidden(1)})
    eligible = np.ones((HOSPITALS, 3, READERS), dtype=bool)
    eligible[:, 0, :] = False
    held = replace(
        scenario.studies[0], arrives_at=10.0, examination_type=0, priority=1, changes=(Change(45.0, 1, 0, 75.0),)
    )
    (record,) = _run_of(replace(scenario, studies=(held,), eligible=eligible)).records
    assert record.readings[0][1] == 45.0
    assert (record.priority, record.due_at) == (0, 75.0)


def test_a_change_to_a_study_that_is_opened_already_asks_nobody(raw: dict[str, Any]) -> None:
    scenario = scenario_of(raw | {"studies": raw["studies"][:2]} | {"hidden": raw["hidden"] | _nothing_hidden(2)})
    eligible = np.ones((HOSPITALS, 3, READERS), dtype=bool)

    def decisions(at: float) -> int:
        first, second = (
            replace(study, arrives_at=arrives_at, examination_type=0, priority=0)
            for study, arrives_at in zip(scenario.studies, (10.0, 100.0), strict=True)
        )
        studies = (replace(first, changes=(Change(at, 1),)), second)
        return _run_of(replace(scenario, studies=studies, eligible=eligible)).decisions

    assert decisions(at=50.0) == decisions(at=500.0)


def test_a_study_that_nobody_can_read_stays_unread_where_that_is_asked(raw: dict[str, Any]) -> None:
    scenario = scenario_of(raw)
    eligible = scenario.is_eligible().copy()
    eligible[0] = False
    run = simulate(nobody := replace(scenario, eligible=eligible), POLICIES["engine"](nobody), leave_unread=True)
    for study, record in zip(scenario.studies, run.records, strict=True):
        assert bool(record.readings) == (study.hospital != 0)


def _run_of(scenario: Scenario) -> Run:
    return simulate(scenario, POLICIES["engine"](scenario))


def _nothing_hidden(studies: int) -> dict[str, Any]:
    return {"base_minutes": [5.0] * studies, "first_opening_declined": [], "drop_outs": []}
