"""What is different between two rule sets, in words: rules added, removed, changed, moved."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from routing_rules.engine.rules import Rule
from routing_rules.selectors.rule_words import Names, rule_in_words

CHIP_WORDS = {
    "added": gettext_lazy("added"),
    "removed": gettext_lazy("removed"),
    "changed": gettext_lazy("changed"),
    "moved": gettext_lazy("moved"),
}


@dataclass(frozen=True)
class Piece:
    """A stretch of a sentence: kept, or only in the one or the other."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Change:
    """A rule that differs; `before` and `after` are its sentences, cut where they differ."""

    kind: str
    name: str
    note: str = ""
    before: tuple[Piece, ...] = field(default=())
    after: tuple[Piece, ...] = field(default=())

    @property
    def chip(self) -> str:
        return str(CHIP_WORDS[self.kind])

    @property
    def sentence(self) -> str:
        """Return the change as one line of plain words."""
        end = {"added": self.after, "removed": self.before, "changed": self.after}.get(self.kind, ())
        words = " ".join(part for part in (self.note, "".join(piece.text for piece in end)) if part)
        return _("“%(name)s” %(kind)s. %(words)s") % {"name": self.name, "kind": self.chip, "words": words}


def differences(old: Sequence[Rule], new: Sequence[Rule], names: Names | None = None) -> list[Change]:
    """Return what has to be done to `old` to get `new`, in the order of `new`, removals last; rules meet by name."""
    before = {_key(rule): (position, rule) for position, rule in enumerate(old)}
    after = {_key(rule): (position, rule) for position, rule in enumerate(new)}
    moved = _moved([key for key in before if key in after], [key for key in after if key in before])
    return [
        *_of_new(before, after, moved, names),
        *(
            Change("removed", rule["name"], before=(Piece(_sentence(rule, names)),))
            for key, (_position, rule) in before.items()
            if key not in after
        ),
    ]


def _key(rule: Rule) -> str:
    return " ".join(str(rule["name"]).casefold().split())


def _of_new(
    before: dict[str, tuple[int, Rule]], after: dict[str, tuple[int, Rule]], moved: set[str], names: Names | None
) -> Iterator[Change]:
    for key, (position, rule) in after.items():
        where = _("Rule %(number)s.") % {"number": position + 1}
        if key not in before:
            yield Change("added", rule["name"], where, after=(Piece(_sentence(rule, names)),))
            continue
        number, other = before[key]
        shift = _("From place %(old)s to %(new)s.") % {"old": number + 1, "new": position + 1} if key in moved else ""
        if _content(rule) != _content(other):
            was, now = _cut(_sentence(other, names), _sentence(rule, names))
            yield Change("changed", rule["name"], shift, was, now)
        elif key in moved:
            yield Change("moved", rule["name"], shift)


def _content(rule: Rule) -> Any:
    asked = {name: value for name, value in rule["then"].items() if value != ""}
    return rule["name"], rule["when"], asked, bool(rule.get("stop"))


def _moved(old: list[str], new: list[str]) -> set[str]:
    """Return the fewest rules whose moving explains the new order."""
    kept: set[str] = set()
    for block in SequenceMatcher(a=old, b=new, autojunk=False).get_matching_blocks():
        kept |= set(old[block.a : block.a + block.size])
    return set(new) - kept


def _sentence(rule: Rule, names: Names | None) -> str:
    after = _("Then stop.") if rule.get("stop") else _("Then go on.")
    return f"{rule_in_words(rule, names)} {after}"


def _cut(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Cut two sentences into words that both have and words that only one has."""
    words = [re.findall(r"\S+\s*", text) for text in (old, new)]
    was: list[Piece] = []
    now: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(a=words[0], b=words[1], autojunk=False).get_opcodes():
        same = kind == "equal"
        if a < b:
            was.append(Piece("".join(words[0][a:b]), "" if same else "del"))
        if c < d:
            now.append(Piece("".join(words[1][c:d]), "" if same else "ins"))
    return tuple(was), tuple(now)
