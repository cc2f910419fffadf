"""Who may read which kinds by right, as a table: for many readers, hospitals and kinds at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hospitals.selectors.reading_rights import ReadingRights, first_bar, licence_bar
from routing_rules.engine.columns import Flags
from routing_rules.selectors.reading_bars import KindAsked

# What is asked of a kind at its hospital: modalities and subspecialty.
_Asked = tuple[tuple[str, ...], str]
_HERE = ""


@dataclass(frozen=True)
class _Standing:
    """What a reader may read at a hospital where licence and credential are there; many readers' are the same."""

    privileges: frozenset[tuple[str, str]]
    exclusions: frozenset[tuple[str, str]]


@dataclass
class _Answers:
    """What `first_bar` said of standings, asked once for each kind."""

    known: dict[tuple[_Standing, _Asked], bool] = field(default_factory=dict)

    def may_read(self, standing: _Standing, asked: _Asked) -> bool:
        key = (standing, asked)
        if key not in self.known:
            rights = ReadingRights(
                privileges=frozenset((_HERE, *one) for one in standing.privileges),
                credentials=frozenset((_HERE,)),
                exclusions=tuple((_HERE, *one, "") for one in standing.exclusions),
            )
            modalities, subspecialty = asked
            bar = first_bar(
                rights, hospital_code=_HERE, jurisdiction="", modalities=modalities, subspecialty=subspecialty
            )
            self.known[key] = not bar
        return self.known[key]


def rights_table(rights: Sequence[ReadingRights], kinds: Sequence[KindAsked]) -> Flags:
    """Return (kinds, rights): whether `first_bar` has nothing against it."""
    table = np.zeros((len(kinds), len(rights)), dtype=bool)
    answers = _Answers()
    by_place: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, kind in enumerate(kinds):
        by_place[kind.hospital_code, kind.jurisdiction].append(row)
    asked = {
        place: tuple((kinds[row].modalities, kinds[row].subspecialty) for row in by_place[place]) for place in by_place
    }
    columns: dict[tuple[_Standing, tuple[_Asked, ...]], Flags] = {}
    for column, one in enumerate(rights):
        standings = _standings(one)
        for place, rows in by_place.items():
            code, jurisdiction = place
            if code not in one.credentials or code not in standings or licence_bar(one, jurisdiction):
                continue
            key = (standings[code], asked[place])
            if key not in columns:
                columns[key] = np.array([answers.may_read(standings[code], wanted) for wanted in asked[place]])
            table[rows, column] = columns[key]
    return table


def _standings(rights: ReadingRights) -> dict[str, _Standing]:
    """Return the standing at each hospital with a privilege; without one nothing may be read there."""
    here: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for code, modality, subspecialty in rights.privileges:
        here[code].add((modality, subspecialty))
    out: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for code, modality, subspecialty, _reason in rights.exclusions:
        out[code].add((modality, subspecialty))
    return {code: _Standing(frozenset(own), frozenset(out[code] | out[""])) for code, own in here.items()}
