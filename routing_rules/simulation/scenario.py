"""A scenario: what may be known of a network's days, and apart from it what only the simulator may know.

Read from the assignment benchmark's files ("assignment-scenario/1") or made from the network's own history. All
instants are minutes from the scenario's origin, all durations minutes; readers, hospitals, priority classes and
examination types are named by their position in the scenario's lists.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = "assignment-scenario/1"


@dataclass(frozen=True)
class PriorityClass:
    """A priority with its service level from arrival to signature and its weight per late minute."""

    code: str
    service_level_minutes: float
    lateness_weight: float


@dataclass(frozen=True)
class ExaminationType:
    """What is read: `expected_minutes` is the mean for an average specialist."""

    code: str
    subspecialty: str
    is_mandatory: bool
    relative_value: float
    expected_minutes: float


@dataclass(frozen=True)
class SimulatedReader:
    """A radiologist as the engine may know one; `speed_factor` is an estimate, 1.1 = 10 % slower."""

    code: str
    hospitals: frozenset[str]
    subspecialties: frozenset[str]
    extra_examination_types: frozenset[str]
    speed_factor: float


@dataclass(frozen=True)
class Window:
    """A stretch of a planned shift in which a reader may open studies: shifts less breaks."""

    reader: int
    starts_at: float
    ends_at: float
    shift: int


@dataclass(frozen=True)
class Change:
    """From `at` on, while it waits, a study counts as another type; rules may raise it and draw its end nearer."""

    at: float
    examination_type: int
    priority: int | None = None
    due_at: float | None = None


@dataclass(frozen=True)
class Study:
    """An examination as it is known from its arrival on; `changes` follow from the rules as time passes."""

    study_id: str
    arrives_at: float
    hospital: int
    examination_type: int
    priority: int
    service_level_minutes: float | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Hidden:
    """What nobody can know beforehand: for the simulator only; `upgraded_to` is the first class where it is silent."""

    speed_factor: NDArray[np.float64]
    off_subspecialty_factor: float
    base_minutes: NDArray[np.float64]
    upgrades: dict[int, float]
    first_opening_declined: frozenset[int]
    decline_minutes: float
    shift_ends_at: dict[int, float]
    upgraded_to: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """Everything an engine may look at, the studies as they arrive; `hidden` is handed to the simulator alone.

    A network's own rights and rules give `eligible`, `specialist` and `preferred` outright, in the shapes of
    `is_eligible`, `is_specialist` and `is_preferred`; a benchmark file leaves them to be worked out.
    """

    name: str
    priorities: tuple[PriorityClass, ...]
    examination_types: tuple[ExaminationType, ...]
    hospitals: tuple[str, ...]
    hospital_share: NDArray[np.float64]
    readers: tuple[SimulatedReader, ...]
    windows: tuple[Window, ...]
    off_subspecialty_factor: float
    type_share: NDArray[np.float64]
    arrivals_per_hour: Callable[[float], float]
    studies: tuple[Study, ...]
    hidden: Hidden
    shift_starts: dict[int, float] = field(default_factory=dict)
    eligible: NDArray[np.bool_] | None = None
    specialist: NDArray[np.bool_] | None = None
    preferred: NDArray[np.bool_] | None = None

    def is_eligible(self) -> NDArray[np.bool_]:
        """Return who may read what, shape (hospitals, examination types, readers)."""
        if self.eligible is not None:
            return self.eligible
        credentials = np.array([[code in reader.hospitals for reader in self.readers] for code in self.hospitals])
        able = np.array(
            [
                [
                    not kind.is_mandatory
                    or not kind.subspecialty
                    or kind.subspecialty in reader.subspecialties
                    or kind.code in reader.extra_examination_types
                    for reader in self.readers
                ]
                for kind in self.examination_types
            ]
        )
        return credentials[:, None, :] & able[None, :, :]

    def is_specialist(self) -> NDArray[np.bool_]:
        """Return who is a specialist for which examination type, shape (examination types, readers)."""
        if self.specialist is not None:
            return self.specialist
        return np.array(
            [
                [not kind.subspecialty or kind.subspecialty in reader.subspecialties for reader in self.readers]
                for kind in self.examination_types
            ]
        )

    def is_preferred(self) -> NDArray[np.bool_]:
        """Return whom the rules would rather have, specialists where they are silent, in the shape of these."""
        return self.is_specialist() if self.preferred is None else self.preferred


def read_scenario(path: Path) -> Scenario:
    """Read a benchmark file, gzipped or not; ValueError names the file and what is wrong with it."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        raw = json.load(file)
    if raw.get("format") != FORMAT:
        raise ValueError(f"{path.name}: format is {raw.get('format')!r}, expected {FORMAT!r}")
    return scenario_of(raw)


def scenario_of(raw: dict[str, Any]) -> Scenario:
    """Return the scenario of a benchmark file's content."""
    reader_number = {entry["code"]: number for number, entry in enumerate(raw["radiologists"])}
    types, hospitals = raw["exam_types"], [entry["code"] for entry in raw["hospitals"]]
    history = raw["history"]
    hidden, shift_starts = _hidden_of(raw), {n: s["starts_at"] for n, s in enumerate(raw["shifts"])}
    weekday, weekend = history["weekday_arrivals_per_hour"], history["weekend_arrivals_per_hour"]
    return Scenario(
        name=raw["name"],
        priorities=tuple(
            PriorityClass(entry["code"], entry["sla_minutes"], entry["tardiness_weight"])
            for entry in raw["priority_classes"]
        ),
        examination_types=tuple(
            ExaminationType(
                entry["code"],
                entry["subspecialty"] or "",
                entry["subspecialty_mandatory"],
                entry["wrvu"],
                entry["expected_minutes"],
            )
            for entry in types
        ),
        hospitals=tuple(hospitals),
        hospital_share=np.array([entry["share_of_studies"] for entry in raw["hospitals"]]),
        readers=tuple(
            SimulatedReader(
                entry["code"],
                frozenset(entry["credentials"]),
                frozenset(entry["subspecialties"]),
                frozenset(entry["privileges"]),
                entry["estimated_speed_factor"],
            )
            for entry in raw["radiologists"]
        ),
        windows=_windows_of(raw["shifts"], reader_number),
        off_subspecialty_factor=raw["off_subspecialty_factor"],
        type_share=np.array([history["exam_type_share"][entry["code"]] for entry in types]),
        arrivals_per_hour=lambda instant: (weekend if instant // 1440 % 7 >= 5 else weekday)[int(instant // 60) % 24],
        studies=_studies_of(raw),
        hidden=hidden,
        shift_starts=shift_starts,
    )


def _studies_of(raw: dict[str, Any]) -> tuple[Study, ...]:
    hospital = {entry["code"]: number for number, entry in enumerate(raw["hospitals"])}
    kind = {entry["code"]: number for number, entry in enumerate(raw["exam_types"])}
    priority = {entry["code"]: number for number, entry in enumerate(raw["priority_classes"])}
    return tuple(
        Study(
            row["id"], row["arrives_at"], hospital[row["hospital"]], kind[row["exam_type"]], priority[row["priority"]]
        )
        for row in raw["studies"]
    )


def _windows_of(shifts: list[dict[str, Any]], reader_number: dict[str, int]) -> tuple[Window, ...]:
    windows = []
    for number, shift in enumerate(shifts):
        begins = shift["starts_at"]
        for pause in [*shift["breaks"], {"starts_at": shift["ends_at"], "ends_at": shift["ends_at"]}]:
            if pause["starts_at"] > begins:
                windows.append(Window(reader_number[shift["radiologist"]], begins, pause["starts_at"], number))
            begins = pause["ends_at"]
    return tuple(sorted(windows, key=lambda window: (window.starts_at, window.reader)))


def _hidden_of(raw: dict[str, Any]) -> Hidden:
    hidden = raw["hidden"]
    number = {row["id"]: position for position, row in enumerate(raw["studies"])}
    return Hidden(
        speed_factor=np.array([hidden["actual_speed_factor"][entry["code"]] for entry in raw["radiologists"]]),
        off_subspecialty_factor=hidden["off_subspecialty_factor"],
        base_minutes=np.array(hidden["base_minutes"]),
        upgrades={number[row["id"]]: row["upgraded_at"] for row in raw["studies"] if "upgraded_at" in row},
        first_opening_declined=frozenset(number[code] for code in hidden["first_opening_declined"]),
        decline_minutes=hidden["decline_minutes"],
        shift_ends_at={entry["shift"]: entry["at"] for entry in hidden["drop_outs"]},
    )
