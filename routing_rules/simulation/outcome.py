"""The outcome file of a run ("assignment-outcome/1"), as the assignment benchmark scores it."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from routing_rules.simulation.scenario import Scenario
from routing_rules.simulation.simulator import Record, Run

FORMAT = "assignment-outcome/1"


def outcome_of(scenario: Scenario, run: Run, *, engine_name: str, decision_seconds: Sequence[float]) -> dict[str, Any]:
    """Return the outcome as the JSON-ready dict that the benchmark's README describes.

    `decision_seconds`: processor seconds of each decision, see `Timed`.
    """
    return {
        "format": FORMAT,
        "scenario": scenario.name,
        "engine": {
            "name": engine_name,
            "decisions": run.decisions,
            "decision_seconds_total": sum(decision_seconds),
            "decision_seconds_max": max(decision_seconds, default=0.0),
        },
        "studies": [
            {"id": study.study_id} | _entry_of(scenario, record)
            for study, record in zip(scenario.studies, run.records, strict=True)
        ],
    }


def write_outcome(path: Path, outcome: dict[str, Any]) -> None:
    """Write the outcome, gzipped when the name ends so."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8") as file:
        json.dump(outcome, file)


def _entry_of(scenario: Scenario, record: Record) -> dict[str, Any]:
    code = [reader.code for reader in scenario.readers]
    return {
        "readings": [
            {"radiologist": code[reader], "opened_at": opened_at, "signed_at": signed_at, "declined": declined}
            for reader, opened_at, signed_at, declined in record.readings
        ],
        "assignments": [
            {"at": at, "radiologist": None if reader is None else code[reader]} for at, reader in record.lists
        ],
    }
