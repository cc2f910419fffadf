"""The decision: who is eligible and why not, then the least loaded by expected minutes.

Pure: same facts, same rules, same readers, same decision; no database, no clock, no randomness.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from routing_rules.engine.facts import ExaminationFacts
from routing_rules.engine.rules import Demand, demand_of


@dataclass(frozen=True)
class Reader:
    """A radiologist at the moment of the decision.

    `privileges` are (hospital code, modality) pairs, modality "" for any; `on_shift_until` HH:MM on the reader's
    clock, "" when off shift; `barred_because` the reading right that is missing for this examination, in words;
    `open_minutes` the expected minutes of everything given to the reader and not signed.
    """

    reader_id: int
    name: str
    email: str
    subspecialties: frozenset[str]
    privileges: frozenset[tuple[str, str]]
    on_shift_until: str
    open_items: int
    open_minutes: float
    maximum_open_items: int
    excluded_because: str = ""
    barred_because: str = ""


@dataclass(frozen=True)
class Candidate:
    """One reader in the decision: in or out, with the first reason out or the load that ranked it, in words."""

    reader_id: int
    name: str
    is_eligible: bool
    reason: str
    open_minutes: float
    open_items: int


@dataclass(frozen=True)
class Decision:
    """Whom the engine chose (None: nobody is eligible), and everything that explains it."""

    reader_id: int | None
    summary: str
    required_subspecialty: str
    matched_rules: list[str]
    candidates: list[Candidate] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def decide(
    facts: ExaminationFacts, rules: list[dict[str, Any]], readers: list[Reader], *, keep_reader_id: int | None = None
) -> Decision:
    """Choose a reader; `keep_reader_id`, who has the item now, keeps it while eligible, so lists don't flicker."""
    demand = demand_of(rules, facts.as_dict())
    candidates = sorted(
        (_judge(reader, facts, demand) for reader in readers),
        key=lambda candidate: (not candidate.is_eligible, candidate.open_minutes, candidate.reader_id),
    )
    eligible = [candidate for candidate in candidates if candidate.is_eligible]
    kept = next((candidate for candidate in eligible if candidate.reader_id == keep_reader_id), None)
    chosen = kept or (eligible[0] if eligible else None)
    return Decision(
        reader_id=chosen.reader_id if chosen else None,
        summary=_summary(chosen, kept is not None, eligible, demand, facts),
        required_subspecialty=demand.require_subspecialty,
        matched_rules=list(demand.matched),
        candidates=candidates,
    )


def _judge(reader: Reader, facts: ExaminationFacts, demand: Demand) -> Candidate:
    reason = _first_reason_out(reader, facts, demand)
    words = reason or f"{_minutes(reader.open_minutes)} waiting in {reader.open_items} open items"
    return Candidate(reader.reader_id, reader.name, not reason, words, reader.open_minutes, reader.open_items)


def _first_reason_out(reader: Reader, facts: ExaminationFacts, demand: Demand) -> str:
    """Name the first hard condition that fails, in the order in which a coordinator would ask."""
    if reader.barred_because:
        return reader.barred_because
    here = {modality for hospital, modality in reader.privileges if hospital == facts.hospital}
    if not here:
        return f"No reading privilege at {facts.hospital}"
    if "" not in here and facts.modality not in here:
        return f"No privilege for {facts.modality} at {facts.hospital}"
    if reader.email in demand.never_readers:
        return "Excluded by a rule"
    if demand.require_subspecialty and demand.require_subspecialty not in reader.subspecialties:
        return f"Does not read {demand.require_subspecialty}"
    if not reader.on_shift_until:
        return "Off shift now"
    if reader.open_items >= reader.maximum_open_items:
        return f"At the cap of {reader.maximum_open_items} open items"
    return reader.excluded_because


def _summary(
    chosen: Candidate | None, was_kept: bool, eligible: list[Candidate], demand: Demand, facts: ExaminationFacts
) -> str:
    kind = f"{demand.require_subspecialty} " if demand.require_subspecialty else ""
    if chosen is None:
        return f"No {kind}reader is eligible for {facts.modality} at {facts.hospital} now"
    if was_kept:
        return f"Stays with {chosen.name}, who is still eligible"
    if len(eligible) == 1:
        return f"{chosen.name} is the only eligible {kind}reader now"
    waiting = _minutes(chosen.open_minutes)
    return f"{chosen.name} has the least waiting of {len(eligible)} eligible {kind}readers: {waiting}"


def _minutes(value: float) -> str:
    return f"{value:.0f} min"
