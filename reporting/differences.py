"""Where two texts differ, in words: for a resident who learns from it, and for two readers who compare."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from reporting.sections import SECTION_NAMES, SECTION_TITLES

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# Longer stretches are compared by line only: comparing words takes the square of their number.
_MOST_WORDS = 2_000


@dataclass(frozen=True)
class Piece:
    """A stretch of one of two texts; `kind` says whether the other one has it too."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, kw_only=True)
class SectionDifference:
    """A section in two texts; pieces of `before` are the same or removed, those of `after` the same or added."""

    name: str
    title: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]

    @property
    def differs(self) -> bool:
        return any(piece.kind != "same" for piece in (*self.before, *self.after))


def section_differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[SectionDifference]:
    """Compare two reports section by section, in the order of the page."""
    return [
        SectionDifference(name=name, title=SECTION_TITLES[name], before=left, after=right)
        for name in SECTION_NAMES
        for left, right in [text_difference(before[name], after[name])]
    ]


def text_difference(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return both texts in pieces: lines first, then words where a line was changed. Joined they are the texts."""
    left: list[Piece] = []
    right: list[Piece] = []
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            left.append(Piece("same", "".join(old[a:b])))
            right.append(Piece("same", "".join(new[c:d])))
        else:
            _compare_words("".join(old[a:b]), "".join(new[c:d]), left, right)
    return _joined(left), _joined(right)


def _compare_words(before: str, after: str, left: list[Piece], right: list[Piece]) -> None:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) + len(new) > _MOST_WORDS:
        left.append(Piece("removed", before))
        right.append(Piece("added", after))
        return
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for position, (tag, a, b, c, d) in enumerate(codes):
        # A space between two changed words belongs to them: one marked stretch reads better than two.
        is_gap = 0 < position < len(codes) - 1 and not "".join(old[a:b]).strip()
        kinds: tuple[Literal["same", "removed"], Literal["same", "added"]]
        kinds = ("same", "same") if tag == "equal" and not is_gap else ("removed", "added")
        left.append(Piece(kinds[0], "".join(old[a:b])))
        right.append(Piece(kinds[1], "".join(new[c:d])))


def _joined(pieces: list[Piece]) -> tuple[Piece, ...]:
    joined: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if joined and joined[-1].kind == piece.kind:
            joined[-1] = Piece(piece.kind, joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return tuple(joined)
