"""Why this reader, why not that one: the decision about one item in words, from the snapshot and its plan."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.costs import NOBODY
from routing_rules.engine.lists import has_room, room_of
from routing_rules.engine.problem import Problem, problem_of
from routing_rules.engine.scoring import ListCost, Pressure, list_cost, pressure_of
from routing_rules.engine.snapshot import ItemState, Plan, ReaderState, Snapshot

Floats = NDArray[np.float64]
# Whoever is within this much of the best is as good: weighted late minutes.
_AS_GOOD = 0.05


@dataclass(frozen=True)
class Candidate:
    """One reader in a decision: in or out, with the first reason out, or the score's parts, in words.

    `score` is the cost in weighted late minutes, the smallest best; `parts` its summands by name; None when out.
    `starts_in` and `finishes_in` are minutes from the decision.
    """

    reader_id: int
    name: str
    is_eligible: bool
    reason: str
    score: float | None = None
    parts: dict[str, float] | None = None
    starts_in: float | None = None
    finishes_in: float | None = None


@dataclass(frozen=True)
class Decision:
    """On whose list the item is (None: nobody's), and everything that explains it; the best candidates first."""

    reader_id: int | None
    summary: str
    place: int
    required_subspecialty: str
    matched_rules: list[str]
    candidates: list[Candidate] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        candidates = [dict(vars(candidate)) for candidate in self.candidates]
        return vars(self) | {"matched_rules": list(self.matched_rules), "candidates": candidates}


class Explainer:
    """Explains the decisions of one plan; `problem` is the snapshot's own where it is known already."""

    def __init__(self, snapshot: Snapshot, plan: Plan, problem: Problem | None = None) -> None:
        self.snapshot, self.plan = (snapshot := problem.snapshot if problem else snapshot.in_order()), plan
        self.row_of = {item.item_id: row for row, item in enumerate(snapshot.items)}
        self.problem = problem or (problem_of(snapshot) if snapshot.items and snapshot.readers else None)
        self.pressure = pressure_of(self.problem) if self.problem else None

    def explain(self, item_id: int) -> Decision:
        """Return the decision about one item of the snapshot."""
        row = self.row_of[item_id]
        item, reading = self.snapshot.items[row], self.plan.readings[row]
        candidates = self._candidates(self.problem, self.pressure, row) if self.problem and self.pressure else []
        return Decision(
            reader_id=reading.reader_id,
            summary=_summary(self.snapshot, item, reading.reader_id, reading.place, candidates),
            place=reading.place,
            required_subspecialty=item.demand.require_subspecialty,
            matched_rules=list(item.demand.matched),
            candidates=candidates,
        )

    def _candidates(self, problem: Problem, pressure: Pressure, row: int) -> list[Candidate]:
        starts_at, room = self._behind_what_is_more_urgent(problem, row)
        cost = list_cost(problem, pressure, row, starts_at)
        chosen = self.plan.readings[row].reader_id
        found = []
        for position, reader in enumerate(self.snapshot.readers):
            reason = self._reason_out(problem, row, position, room)
            if reason and reader.reader_id != chosen:
                found.append(Candidate(reader.reader_id, reader.name, False, reason))
            else:
                words = _words(problem, row, position, cost, starts_at)
                if out := problem.reasons.text(row, position):
                    words = f"{out}; {words}"
                found.append(_in(reader, words, position, cost, starts_at, problem.pairs.minutes[row]))
        return sorted(found, key=lambda entry: (not entry.is_eligible, entry.score or 0.0, entry.reader_id))

    def _reason_out(self, problem: Problem, row: int, position: int, room: Floats) -> str:
        if problem.is_pinned[row] and problem.holder[row] != position:
            return f"Pinned to {self.snapshot.readers[problem.holder[row]].name} by a person or a rule"
        reason = problem.reasons.text(row, position)
        return reason or _cap_words(self.snapshot.readers[position], room[position])

    def _behind_what_is_more_urgent(self, problem: Problem, row: int) -> tuple[Floats, Floats]:
        """Return when each reader would begin the item, and how much room the caps leave without it."""
        starts_at, room = problem.readers.free_at.copy(), room_of(problem)
        on_lists = self._on_lists
        others = on_lists.rows != row
        rows, readers = on_lists.rows[others], on_lists.readers[others]
        # One after the other in the order of the items, as if they were put on the lists.
        np.subtract.at(room, readers, on_lists.weights[others])
        own = self.plan.readings[row]
        own_reader = NOBODY if own.reader_id is None else problem.pool.row_of[own.reader_id]
        is_more_urgent = self._rank[rows] < self._rank[row]
        is_before = np.where(readers == own_reader, on_lists.places[others] < own.place, is_more_urgent)
        np.add.at(starts_at, readers[is_before], on_lists.weights[others][is_before, 1])
        return starts_at, room

    @cached_property
    def _on_lists(self) -> "_OnLists":
        problem = self.problem
        assert problem is not None
        held = [(row, reading) for row, reading in enumerate(self.plan.readings) if reading.reader_id is not None]
        rows = np.array([row for row, _ in held], int)
        readers = np.array([problem.pool.row_of[reading.reader_id or 0] for _, reading in held], int)
        minutes = problem.pairs.minutes[rows, readers]
        weights = np.column_stack((np.ones(len(rows)), minutes, problem.items.relative_value[rows]))
        return _OnLists(rows, readers, np.array([reading.place for _, reading in held], int), weights)

    @cached_property
    def _rank(self) -> NDArray[np.int_]:
        """The place of each item row in the order of urgency."""
        assert self.problem is not None
        order = self.problem.item_order()
        rank = np.empty(len(order), int)
        rank[order] = np.arange(len(order))
        return rank


@dataclass(frozen=True)
class _OnLists:
    """The items that are on a list: their rows, their readers' rows, their places, and what they weigh for the caps.

    `weights` of shape (items on lists, 3): items, minutes, relative value.
    """

    rows: NDArray[np.int_]
    readers: NDArray[np.int_]
    places: NDArray[np.int_]
    weights: Floats


def explain(snapshot: Snapshot, plan: Plan, item_id: int) -> Decision:
    """Return the decision about one item; for several items of a plan make one Explainer."""
    return Explainer(snapshot, plan).explain(item_id)


def _in(
    reader: ReaderState, words: str, position: int, cost: ListCost, starts_at: Floats, minutes: Floats
) -> Candidate:
    return Candidate(
        reader.reader_id,
        reader.name,
        True,
        words,
        score=round(float(cost.total[position]), 3),
        parts={name: round(float(values[position]), 3) for name, values in cost.by_name().items()},
        starts_in=round(float(starts_at[position]), 1),
        finishes_in=round(float(starts_at[position] + minutes[position]), 1),
    )


def _words(problem: Problem, row: int, position: int, cost: ListCost, starts_at: Floats) -> str:
    """Say in words what the score is made of."""
    item, reader = problem.snapshot.items[row], problem.snapshot.readers[position]
    begins, minutes = float(starts_at[position]), float(problem.pairs.minutes[row, position])
    words = ["free now" if begins < 1 else f"free in {begins:.0f} min", f"{minutes:.0f} min to read"]
    spare = item.due_at - begins - minutes
    words.append(f"{spare:.0f} min before the deadline" if spare >= 0 else f"{-spare:.0f} min late")
    subspecialty = problem.snapshot.kinds[item.kind].subspecialty
    if cost.parts.mismatch[position] > 0:
        is_trained = not subspecialty or subspecialty in reader.subspecialties
        words.append("not whom the rules prefer" if is_trained else f"does not read {subspecialty}")
    elif subspecialty:
        words.append(f"reads {subspecialty}")
    if abs(reader.burden) >= 0.05:
        words.append(f"relative value {abs(reader.burden):.0%} {'above' if reader.burden > 0 else 'below'} the mean")
    if cost.past_shift[position] > 0:
        words.append("not before the shift ends")
    if cost.parts.stability[position] < 0:
        words.append("has it on the list")
    text = ", ".join(words)
    return text[0].upper() + text[1:]


def _cap_words(reader: ReaderState, room: Floats) -> str:
    if has_room(room[None, :])[0]:
        return ""
    if room[0] <= 0:
        return f"At the cap of {reader.maximum_open_items} open items"
    if room[1] <= 0:
        return f"At the cap of {reader.maximum_open_minutes:.0f} waiting minutes"
    return f"At the cap of {reader.maximum_relative_value_per_shift:g} relative value units a shift"


def _summary(
    snapshot: Snapshot, item: ItemState, reader_id: int | None, place: int, candidates: list[Candidate]
) -> str:
    """Say in one sentence why it is this reader, or why nobody."""
    if reader_id is None:
        return _nobody(snapshot, item, candidates)
    chosen = next(entry for entry in candidates if entry.reader_id == reader_id)
    eligible = [entry for entry in candidates if entry.is_eligible]
    place_words = "next" if place == 1 else f"number {place}"
    lead = f"{chosen.name}, {place_words} on the list"
    if item.is_pinned and item.holder_id == reader_id:
        return f"{lead}: pinned by a person or a rule"
    if len(eligible) == 1:
        return f"{lead}: the only reader who may take it now"
    best = eligible[0]
    if chosen.score is not None and best.score is not None and chosen.score > best.score + _AS_GOOD:
        return f"{lead}: best for the whole plan of {len(eligible)} who may; {best.name} is needed for other work"
    return f"{lead}: best of {len(eligible)} who may take it"


def _nobody(snapshot: Snapshot, item: ItemState, candidates: list[Candidate]) -> str:
    kind = snapshot.kinds[item.kind]
    examination = " ".join(filter(None, (kind.subspecialty, "/".join(kind.modalities)))) or "this examination"
    reasons = sorted({entry.reason for entry in candidates})
    off_shift = sum(entry.reason.startswith("Off shift") for entry in candidates)
    if off_shift:
        count = "one reader" if off_shift == 1 else f"{off_shift} readers"
        return f"Nobody who may read {examination} at {kind.hospital} is on shift; {count} could, off shift now"
    if len(reasons) == 1:
        return f"Nobody may take it now: {reasons[0]}"
    return f"Nobody may read {examination} at {kind.hospital} now"
