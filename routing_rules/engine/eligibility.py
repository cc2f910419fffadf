"""Who may be given an item, and the first reason why not, in words.

Reasons are asked in the order in which a coordinator would: rights, rules that keep a reader out, what happened to
the item, residents, what rules require, a hold, the rota. Items that ask for the same are judged once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.rules import Demand
from routing_rules.engine.snapshot import ItemState, Kind, ReaderState, Snapshot

Booleans = NDArray[np.bool_]
Codes = NDArray[np.int16]


# The code of readers who are off shift: their words are the reader's own, see Pool.shift_words.
_OFF_SHIFT = -1


@dataclass
class Reasons:
    """One item's readers: `codes` (a row each) are positions in `texts`; 0 is eligible."""

    codes: Codes
    shift_words: list[str]
    texts: list[str] = field(default_factory=lambda: [""])

    @property
    def is_eligible(self) -> Booleans:
        return self.codes == 0

    def text(self, row: int) -> str:
        code = self.codes[row]
        return self.shift_words[row] if code == _OFF_SHIFT else self.texts[code]

    def keep_out(self, rows: Any, text: str) -> None:
        """Give this reason to those of `rows` (a mask or positions) who have none yet."""
        self.texts.append(text)
        chosen = np.zeros(len(self.codes), bool)
        chosen[rows] = True
        self.codes[chosen & (self.codes == 0)] = len(self.texts) - 1


class Pool:
    """The readers of a snapshot as rows, with masks of what demands ask for."""

    def __init__(self, readers: tuple[ReaderState, ...]) -> None:
        self.readers = readers
        self.row_of = {reader.reader_id: row for row, reader in enumerate(readers)}
        self.row_of_email = {reader.email: row for row, reader in enumerate(readers)}
        self.is_resident = np.array([reader.is_resident for reader in readers], bool)
        self.is_on_shift = np.array([reader.available_until is not None for reader in readers], bool)
        self.is_on_call = np.array([reader.is_on_call for reader in readers], bool)
        self.shift_words = [", ".join(filter(None, ("Off shift", reader.shift_words))) for reader in readers]
        self._of_subspecialty: dict[str, Booleans] = {}
        self._of_group: dict[str, Booleans] = {}

    def __len__(self) -> int:
        return len(self.readers)

    def rows(self, reader_ids: Iterable[int]) -> list[int]:
        return [self.row_of[reader_id] for reader_id in reader_ids if reader_id in self.row_of]

    def rows_of_emails(self, emails: Iterable[str]) -> list[int]:
        return [self.row_of_email[email] for email in emails if email in self.row_of_email]

    def of_subspecialty(self, subspecialty: str) -> Booleans:
        if subspecialty not in self._of_subspecialty:
            mask = [subspecialty in reader.subspecialties for reader in self.readers]
            self._of_subspecialty[subspecialty] = np.array(mask, bool)
        return self._of_subspecialty[subspecialty]

    def of_group(self, group: str) -> Booleans:
        if group not in self._of_group:
            self._of_group[group] = np.array([group in reader.groups for reader in self.readers], bool)
        return self._of_group[group]

    def name_of_email(self, email: str) -> str:
        row = self.row_of_email.get(email)
        return email if row is None else self.readers[row].name


def reasons_of_items(snapshot: Snapshot, pool: Pool) -> list[Reasons]:
    """Return each item's reasons, in the order of the snapshot's items; caps are the plan's own matter."""
    shared: dict[tuple[Any, ...], Reasons] = {}
    found = []
    for item in snapshot.items:
        is_held = hold_is_on(item)
        key = (item.kind, item.demand, is_held, item.is_widened, item.is_called, item.reading_stage)
        if item.excluded:
            reasons = _reasons(pool, snapshot.kinds[item.kind], item, is_held=is_held)
        else:
            if key not in shared:
                shared[key] = _reasons(pool, snapshot.kinds[item.kind], item, is_held=is_held)
            reasons = shared[key]
        found.append(reasons)
    return found


def hold_is_on(item: ItemState) -> bool:
    """Say whether a hold still keeps the item for its subspecialty: by the share of the service level that is used."""
    if not item.demand.hold_for_subspecialty or item.is_widened:
        return False
    return item.due_at > (1 - item.demand.hold_share) * item.service_level_minutes


def _reasons(pool: Pool, kind: Kind, item: ItemState, *, is_held: bool) -> Reasons:
    reasons, demand = Reasons(np.zeros(len(pool), np.int16), pool.shift_words), item.demand
    for text, reader_ids in sorted(kind.barred.items()):
        reasons.keep_out(pool.rows(reader_ids), text)
    if demand.never_readers:
        reasons.keep_out(pool.rows_of_emails(demand.never_readers), "Kept out by a rule")
    for text, reader_ids in sorted(item.excluded.items()):
        reasons.keep_out(pool.rows(reader_ids), text)
    _judge_residents(reasons, pool, item)
    if not item.is_widened:
        _judge_requirements(reasons, pool, demand)
    if is_held:
        share = f"{demand.hold_share:.0%}"
        text = f"Held for {demand.hold_for_subspecialty} readers until {share} of the service level is used"
        reasons.keep_out(~pool.of_subspecialty(demand.hold_for_subspecialty), text)
    _judge_presence(reasons, pool, item)
    return reasons


def _judge_residents(reasons: Reasons, pool: Pool, item: ItemState) -> None:
    if item.demand.reading != "two_tier":
        reasons.keep_out(pool.is_resident, "A resident reads first where two-tier reading is asked for")
    elif item.reading_stage == 2:
        reasons.keep_out(pool.is_resident, "An attending radiologist reads second and signs")


def _judge_requirements(reasons: Reasons, pool: Pool, demand: Demand) -> None:
    if demand.require_reader:
        others = np.ones(len(pool), bool)
        others[pool.rows_of_emails([demand.require_reader])] = False
        reasons.keep_out(others, f"A rule asks for {pool.name_of_email(demand.require_reader)}")
    if demand.require_group:
        reasons.keep_out(~pool.of_group(demand.require_group), f"Not in the group {demand.require_group}")
    if demand.require_subspecialty:
        reasons.keep_out(~pool.of_subspecialty(demand.require_subspecialty), f"Not {demand.require_subspecialty}")


def _judge_presence(reasons: Reasons, pool: Pool, item: ItemState) -> None:
    reasons.codes[~pool.is_on_shift & reasons.is_eligible] = _OFF_SHIFT
    if not item.is_called:
        reasons.keep_out(pool.is_on_call, "On call: asked when the deadline is in danger")
