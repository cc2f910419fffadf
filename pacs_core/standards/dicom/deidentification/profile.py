"""The confidentiality profile as data: what the Basic Profile does with which element (PS3.15 table E.1-1)."""

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("confidentiality_profile.csv")


@dataclass(frozen=True)
class Rule:
    """`action` as in the table: X remove, Z empty, D dummy, U new UID, or a choice of them such as X/Z/D.

    Where a choice depends on the type of the element in its object we take the last one, which fits every type and
    identifies nobody either.
    """

    action: str
    is_descriptor: bool = False

    @property
    def strictest_fit(self) -> str:
        return self.action.rstrip("*").rpartition("/")[2]


@cache
def _rules() -> tuple[dict[int, Rule], list[tuple[re.Pattern[str], Rule]]]:
    exact: dict[int, Rule] = {}
    patterns: list[tuple[re.Pattern[str], Rule]] = []
    with _TABLE.open(encoding="ascii") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            rule = Rule(row["action"], row["descriptor"] == "yes")
            if "x" in row["tag"]:
                patterns.append((re.compile(row["tag"].replace("x", "[0-9A-F]")), rule))
            else:
                exact[int(row["tag"], 16)] = rule
    return exact, patterns


def rule_for(tag: int) -> Rule | None:
    """Return the table's rule for an element, None for one that it leaves alone."""
    exact, patterns = _rules()
    rule = exact.get(tag)
    if rule is None and tag >> 24 in (0x50, 0x60):
        name = f"{tag:08X}"
        rule = next((rule for pattern, rule in patterns if pattern.fullmatch(name)), None)
    return rule
