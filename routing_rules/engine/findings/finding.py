"""What is wrong with a rule set, as data; selectors.finding_words says it in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# A rule set with one of these is not published: an examination would be left to nobody, or a rule cannot be applied.
BLOCKING = frozenset(
    {
        "unfinished",
        "required_reader_unknown",
        "required_group_unknown",
        "node_unknown",
        "reader_required_and_never",
        "required_reader_lacks_subspecialty",
        "required_reader_not_in_group",
        "nobody_in_group_reads",
    }
)


@dataclass(frozen=True)
class Finding:
    """A finding about the rule at `positions[0]`, in which the others are involved; about none when empty.

    `values` fills the words: names of people, facts, subspecialties.
    """

    kind: str
    positions: tuple[int, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_blocking(self) -> bool:
        # Two rules that disagree leave open whether they ever meet; only one that disagrees with itself is certain.
        return self.kind in BLOCKING and len(self.positions) == 1
