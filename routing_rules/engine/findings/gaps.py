"""Kinds of examinations that nobody on the rota may read at some hour: rights, what rules require, and who is there.

Holds and preferences leave nobody out for good, so that they make no gap; a required subspecialty, group or reader
and readers kept out do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing_rules.engine.columns import FactColumns, Flags
from routing_rules.engine.conditions import Condition, comparisons
from routing_rules.engine.effects import texts
from routing_rules.engine.facts import TIME_FACTS
from routing_rules.engine.findings.network import NamedReader
from routing_rules.engine.rules import Rule

Numbers = NDArray[np.int64]
_REQUIRED = ("require_subspecialty", "require_group", "require_reader")
# More readers kept out by name than bits: the others are taken for eligible, which makes no false gap.
_MOST_NEVER = 62


@dataclass(frozen=True)
class Cover:
    """Who is there when, `is_there` (lines, hours), and who may read a kind by right, `may_read` (kinds, lines).

    A line is a reader, `emails` says which, with the rights of some of the hours; a reader whose rights change has more
    than one, each there only in its own hours.
    """

    emails: Sequence[str]
    readers: Mapping[str, NamedReader]
    is_there: Flags
    may_read: Flags


@dataclass(frozen=True)
class KindsAndHours:
    """Kinds by the facts of one examination each.

    `times` are facts of time, `time_of` says which of them holds for a kind in an hour, (kinds, hours).
    """

    facts: Sequence[Mapping[str, Any]]
    times: Sequence[Mapping[str, Any]]
    time_of: NDArray[np.intp]


@dataclass(frozen=True)
class Uncovered:
    """For each kind and hour whether nobody may read it then, and the subspecialty that rules require of it."""

    hours: Flags
    subspecialties: Sequence[str]


def uncovered(rules: Sequence[Rule], kinds: KindsAndHours, cover: Cover) -> Uncovered:
    """Return what nobody on the rota may read under these rules, which have to be checked."""
    required = _Required(rules, kinds)
    base = np.arange(len(kinds.facts), dtype=np.int64)[:, None]
    demands, codes = np.unique(required.key(base), return_inverse=True)
    eligible = np.array([required.eligible(int(demand), cover) for demand in demands], dtype=np.float32)
    is_covered = (eligible.reshape(len(demands), -1) @ cover.is_there.astype(np.float32)) > 0
    of_kind = codes.reshape(len(kinds.facts), -1)
    hours = np.arange(cover.is_there.shape[1])[None, :]
    in_effect = of_kind[base, kinds.time_of] if of_kind.shape[1] > 1 else of_kind
    return Uncovered(~is_covered[in_effect, hours], required.subspecialties())


class _Required:
    """What the rules require of each kind at each time, as numbers: places in lists of names, 0 for nothing."""

    def __init__(self, rules: Sequence[Rule], kinds: KindsAndHours) -> None:
        self._static = FactColumns(kinds.facts)
        self._timed = FactColumns(kinds.times)
        self.names: dict[str, list[str]] = {effect: [""] for effect in _REQUIRED}
        self.never: list[str] = []
        shape = (len(kinds.facts), len(kinds.times) if _asks_for_time(rules) else 1)
        self.places: dict[str, Numbers] = {effect: np.zeros(shape, dtype=np.int64) for effect in _REQUIRED}
        self._kept_out: Numbers = np.zeros(shape, dtype=np.int64)
        self._apply(rules, shape)
        # Most kinds ask for the same people: who fits is found once for each combination.
        self._fitting: dict[tuple[int | str, ...], Flags] = {}
        self._masks, self._mask_codes = np.unique(self._kept_out, return_inverse=True)

    def key(self, base: Numbers) -> Numbers:
        """Return one number for each combination of a kind with what is required of it."""
        key = base * len(self._masks) + self._mask_codes.reshape(self._kept_out.shape)
        for effect in _REQUIRED:
            key = key * len(self.names[effect]) + self.places[effect]
        return key

    def eligible(self, key: int, cover: Cover) -> Flags:
        """Return who may read by right and by rule, for one of the combinations."""
        wanted: dict[str, str] = {}
        for effect in reversed(_REQUIRED):
            key, place = divmod(key, len(self.names[effect]))
            wanted[effect] = self.names[effect][place]
        kind, mask = divmod(key, len(self._masks))
        asked = (mask, *wanted.values())
        if asked not in self._fitting:
            out = {email for bit, email in enumerate(self.never) if int(self._masks[mask]) >> bit & 1}
            may = [email not in out and _fits(email, cover.readers.get(email), wanted) for email in cover.emails]
            self._fitting[asked] = np.array(may, dtype=bool)
        return cover.may_read[kind] & self._fitting[asked]

    def subspecialties(self) -> list[str]:
        """Return for each kind the subspecialty required of it most of the time, "" for none."""
        names = self.names["require_subspecialty"]
        return [names[int(np.bincount(row).argmax())] for row in self.places["require_subspecialty"]]

    def _apply(self, rules: Sequence[Rule], shape: tuple[int, int]) -> None:
        is_left = np.ones(shape, dtype=bool)
        for rule in rules:
            hit = self._holds(rule["when"]) & is_left
            for effect in _REQUIRED:
                if name := rule["then"].get(effect):
                    place = _place(self.names[effect], name)
                    self.places[effect][hit & (self.places[effect] == 0)] = place
            for email in texts(rule["then"].get("never_reader") or ()):
                bit = _place(self.never, email)
                if bit < _MOST_NEVER:
                    self._kept_out[hit] |= 1 << bit
            if rule.get("stop"):
                is_left &= ~hit

    def _holds(self, condition: Condition) -> Flags:
        """Return whether a condition holds, (kinds or 1, times or 1): only what asks for both has both."""
        if not condition:
            return np.ones((1, 1), dtype=bool)
        if "not" in condition:
            return ~self._holds(condition["not"])
        for key, join in (("all", np.logical_and), ("any", np.logical_or)):
            if key in condition:
                first, *others = (self._holds(part) for part in condition[key])
                for other in others:
                    first = join(first, other)
                return first
        if condition["fact"] in TIME_FACTS:
            return self._timed.holds(condition)[None, :]
        return self._static.holds(condition)[:, None]


def _place(names: list[str], name: str) -> int:
    if name not in names:
        names.append(name)
    return names.index(name)


def _fits(email: str, reader: NamedReader | None, wanted: Mapping[str, str]) -> bool:
    if reader is None:
        return False
    return (
        wanted["require_subspecialty"] in ("", *reader.subspecialties)
        and wanted["require_group"] in ("", *reader.groups)
        and wanted["require_reader"] in ("", email)
    )


def _asks_for_time(rules: Sequence[Rule]) -> bool:
    return any(one["fact"] in TIME_FACTS for rule in rules for one in comparisons(rule["when"]))
