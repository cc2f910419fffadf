"""What a draft of rules would do: how many examinations each rule takes, and how many would be treated differently."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hospitals.models.reading import SUBSPECIALTIES
from routing_rules.engine.columns import Flags, demands_of, treated_differently
from routing_rules.engine.rules import Rule, check_content
from routing_rules.errors import InvalidRule
from routing_rules.selectors.rule_facts import Examination, Sample
from routing_rules.selectors.rule_words import Names, rule_in_words

MOST_MATCHES = 100
NEVER: dict[str, Any] = {"name": "", "when": {"not": {}}, "then": {}}


@dataclass(frozen=True)
class CheckedRules:
    """Rules of a draft: `usable` has None in place of one that is not finished, `reasons` say why by position."""

    rules: Sequence[Rule]
    usable: Sequence[Rule | None]
    reasons: dict[int, str]

    @property
    def applied(self) -> list[Rule]:
        """Return rules that can be applied, as many: one that is not finished matches nothing."""
        return [rule or NEVER for rule in self.usable]


@dataclass(frozen=True)
class Taken:
    """How many examinations a rule takes of those that wait and of those of 30 days."""

    now: int
    recent: int


@dataclass(frozen=True)
class Preview:
    """`matches` are (rules, examinations) of the sample; `differs` says which would be treated differently."""

    checked: CheckedRules
    sample: Sample
    matches: Flags
    differs: Flags

    @property
    def taken(self) -> list[Taken]:
        return [Taken(int(row.sum()), int(old.sum())) for row, old in zip(self._now, self._recent, strict=True)]

    @property
    def whole(self) -> dict[str, int]:
        """Return how many examinations there are, and how many would be treated differently."""
        now, recent = self.sample.now, self.sample.recent
        return {
            "now": int(now.sum()),
            "recent": int(recent.sum()),
            "differing_now": int((self.differs & now).sum()),
            "differing_recent": int((self.differs & recent).sum()),
        }

    def both(self, first: int, second: int) -> int:
        """Return how many examinations of 30 days two rules matched."""
        return int((self._recent[first] & self._recent[second]).sum())

    def examinations_of(self, position: int, *, limit: int = MOST_MATCHES) -> list[Examination]:
        """Return examinations that a rule takes, what waits first, then the newest."""
        return list(self._chosen(self.matches[position], limit))

    def differing(self, *, limit: int = MOST_MATCHES) -> list[Examination]:
        """Return examinations that would be treated differently, what waits first, then the newest."""
        return list(self._chosen(self.differs, limit))

    def _chosen(self, flags: Flags, limit: int) -> Iterator[Examination]:
        places = np.flatnonzero(flags)
        order = np.argsort(~self.sample.now[places], kind="stable")
        for place in places[order][:limit]:
            yield self.sample.examinations[int(place)]

    @property
    def _now(self) -> Flags:
        return self.matches & self.sample.now

    @property
    def _recent(self) -> Flags:
        return self.matches & self.sample.recent


def checked(rules: Sequence[Rule]) -> CheckedRules:
    """Tell the rules that can be applied from those that still wait to be filled in."""
    usable: list[Rule | None] = []
    reasons: dict[int, str] = {}
    for position, rule in enumerate(rules):
        try:
            check_content(rule, "", subspecialties=SUBSPECIALTIES)
            usable.append(rule)
        except InvalidRule as error:
            usable.append(None)
            reasons[position] = error.reason
    return CheckedRules(rules, usable, reasons)


def preview_of(rules: Sequence[Rule], *, in_force: Sequence[Rule], sample: Sample) -> Preview:
    """Try rules on the sample's examinations and compare them with those in force; no query."""
    tried = checked(rules)
    matches = sample.columns.matches(tried.applied)
    old = demands_of(in_force, sample.columns.matches(in_force))
    differs = treated_differently(old, demands_of(tried.applied, matches))
    return Preview(tried, sample, matches, differs)


def preview_as_dict(preview: Preview, names: Names) -> dict[str, Any]:
    """Return the figures and sentences as the editor and the API give them, without findings."""
    rules = zip(preview.checked.rules, preview.taken, strict=True)
    return {
        "rules": [
            {"name": rule["name"], "words": rule_in_words(rule, names), "now": taken.now, "recent": taken.recent}
            for rule, taken in rules
        ],
        "whole": preview.whole | {"words": whole_in_words(preview)},
    }


def whole_in_words(preview: Preview) -> str:
    """Return "3 of 41 waiting and 212 of 5,120 of the last 30 days would be treated differently."."""
    whole = preview.whole
    if not whole["now"] and not whole["recent"]:
        return _("No examination has come in the last 30 days.")
    if not whole["differing_now"] and not whole["differing_recent"]:
        words = ngettext(
            "It treats the %(count)s examination of the last 30 days as the rules in force do.",
            "It treats all %(count)s examinations of the last 30 days as the rules in force do.",
            whole["recent"],
        )
        return words % {"count": f"{whole['recent']:,}"}
    words = _(
        "%(differing_now)s of %(now)s waiting and %(differing_recent)s of %(recent)s of the last 30 days "
        "would be treated differently."
    )
    return words % {name: f"{count:,}" for name, count in whole.items()}
