"""Who may be given an item, and the first reason why not, in words.

Reasons are asked in the order in which a coordinator would: rights, rules that keep a reader out, what happened to
the item, residents, what rules require, a hold, the rota. Items that ask for the same are judged once.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.rules import Demand
from routing_rules.engine.snapshot import ItemState, Kind, ReaderState, Snapshot

Booleans = NDArray[np.bool_]
Codes = NDArray[np.int16]


# Codes of a reader for an item; positive ones are positions among the texts.
ELIGIBLE = 0
# Readers who are off shift have words of their own, see Pool.shift_words.
_OFF_SHIFT = -1


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
        ids = np.array([reader.reader_id for reader in readers], np.int64)
        self._row_by_rank = np.argsort(ids)
        self._sorted_ids = ids[self._row_by_rank]
        self._of_subspecialty: dict[str, Booleans] = {}
        self._of_group: dict[str, Booleans] = {}

    def __len__(self) -> int:
        return len(self.readers)

    def rows(self, reader_ids: Iterable[int]) -> list[int]:
        return [self.row_of[reader_id] for reader_id in reader_ids if reader_id in self.row_of]

    def rows_of_many(self, reader_ids: NDArray[np.int64]) -> tuple[NDArray[np.int_], Booleans]:
        """Return the rows of many ids, and which of these are readers of the pool at all."""
        found = np.minimum(np.searchsorted(self._sorted_ids, reader_ids), max(len(self) - 1, 0))
        return self._row_by_rank[found], self._sorted_ids[found] == reader_ids

    def of_emails(self, emails: Iterable[str]) -> Booleans:
        mask = np.zeros(len(self), bool)
        mask[[self.row_of_email[email] for email in emails if email in self.row_of_email]] = True
        return mask

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


class Reasons:
    """Why which reader may not have which item: `codes`, shape (items, readers), 0 for who may."""

    def __init__(self, codes: Codes, texts: list[str], shift_words: list[str]) -> None:
        self.codes, self._texts, self._shift_words = codes, texts, shift_words

    @property
    def is_eligible(self) -> Booleans:
        return self.codes == ELIGIBLE

    @property
    def is_off_shift(self) -> Booleans:
        """Say who may have an item by rights and is not there."""
        return self.codes == _OFF_SHIFT

    def text(self, item: int, reader: int) -> str:
        """Return the first reason in words, "" for who may; rows as in the snapshot."""
        code = self.codes[item, reader]
        return self._shift_words[reader] if code == _OFF_SHIFT else self._texts[code]


def reasons_of_items(snapshot: Snapshot, pool: Pool) -> Reasons:
    """Return who may have which item of the snapshot and why not; caps are the plan's own matter."""
    texts = _Texts()
    kinds = _bars_of_kinds(snapshot.kinds, pool, texts)
    groups: dict[tuple[Any, ...], int] = {}
    rows: list[Codes] = []
    group_of = np.zeros(len(snapshot.items), int)
    for position, item in enumerate(snapshot.items):
        is_held = hold_is_on(item)
        key = (item.demand, is_held, item.is_widened, item.is_called, item.reading_stage)
        if key not in groups:
            groups[key] = len(rows)
            rows.append(_codes_of_demand(pool, texts, item, is_held=is_held))
        group_of[position] = groups[key]
    codes = kinds[[item.kind for item in snapshot.items]]
    codes = np.where(codes == ELIGIBLE, np.stack(rows)[group_of], codes)
    for position, item in enumerate(snapshot.items):
        for text, reader_ids in sorted(item.excluded.items()):
            out = [row for row in pool.rows(reader_ids) if kinds[item.kind, row] == ELIGIBLE]
            codes[position, out] = texts.code(text)
    return Reasons(codes, texts.all, pool.shift_words)


def hold_is_on(item: ItemState) -> bool:
    """Say whether a hold still keeps the item for its subspecialty: by the share of the service level that is used."""
    if not item.demand.hold_for_subspecialty or item.is_widened:
        return False
    return item.due_at > (1 - item.demand.hold_share) * item.service_level_minutes


class _Texts:
    """Reasons by their code; the same words have the same code."""

    def __init__(self) -> None:
        self.all = [""]
        self._codes = {"": ELIGIBLE}

    def code(self, text: str) -> int:
        if text not in self._codes:
            self._codes[text] = len(self.all)
            self.all.append(text)
        return self._codes[text]


def _bars_of_kinds(kinds: tuple[Kind, ...], pool: Pool, texts: _Texts) -> Codes:
    """Return the rights' codes, shape (kinds, readers), at one go: large networks have thousands of kinds."""
    bars = [
        (position, texts.code(text), reader_ids)
        for position, kind in enumerate(kinds)
        for text, reader_ids in sorted(kind.barred.items(), reverse=True)
    ]
    lengths = [len(reader_ids) for _, _, reader_ids in bars]
    ids = np.fromiter(chain.from_iterable(reader_ids for _, _, reader_ids in bars), np.int64, sum(lengths))
    rows, is_known = pool.rows_of_many(ids)
    codes = np.zeros((len(kinds), len(pool)), np.int16)
    kind_of = np.repeat([position for position, _, _ in bars] or [0], lengths or [0])
    code_of = np.repeat([code for _, code, _ in bars] or [0], lengths or [0])
    codes[kind_of[is_known], rows[is_known]] = code_of[is_known]
    return codes


class _Judgement:
    """One demand's codes as they grow: the first reason stays."""

    def __init__(self, pool: Pool, texts: _Texts) -> None:
        self.codes, self._texts = np.zeros(len(pool), np.int16), texts

    def keep_out(self, mask: Booleans, text: str) -> None:
        self.codes[mask & (self.codes == ELIGIBLE)] = self._texts.code(text)


def _codes_of_demand(pool: Pool, texts: _Texts, item: ItemState, *, is_held: bool) -> Codes:
    judgement, demand = _Judgement(pool, texts), item.demand
    judgement.keep_out(pool.of_emails(demand.never_readers), "Kept out by a rule")
    if demand.reading != "two_tier":
        judgement.keep_out(pool.is_resident, "A resident reads first where two-tier reading is asked for")
    elif item.reading_stage == 2:
        judgement.keep_out(pool.is_resident, "An attending radiologist reads second and signs")
    if not item.is_widened:
        _judge_requirements(judgement, pool, demand)
    if is_held:
        share = f"{demand.hold_share:.0%}"
        text = f"Held for {demand.hold_for_subspecialty} readers until {share} of the service level is used"
        judgement.keep_out(~pool.of_subspecialty(demand.hold_for_subspecialty), text)
    judgement.codes[~pool.is_on_shift & (judgement.codes == ELIGIBLE)] = _OFF_SHIFT
    if not item.is_called:
        judgement.keep_out(pool.is_on_call, "On call: asked when the deadline is in danger")
    return judgement.codes


def _judge_requirements(judgement: _Judgement, pool: Pool, demand: Demand) -> None:
    if demand.require_reader:
        name = pool.name_of_email(demand.require_reader)
        judgement.keep_out(~pool.of_emails([demand.require_reader]), f"A rule asks for {name}")
    if demand.require_group:
        judgement.keep_out(~pool.of_group(demand.require_group), f"Not in the group {demand.require_group}")
    if required := demand.require_subspecialty:
        judgement.keep_out(~pool.of_subspecialty(required), f"Does not read {required}")
