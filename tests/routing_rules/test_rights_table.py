"""The table of who may read what says of each pair what asking for the first bar says."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hospitals.selectors.reading_rights import ReadingRights, first_bar
from routing_rules.selectors.reading_bars import KindAsked
from routing_rules.selectors.rights_table import rights_table

CODES, PLACES, MODALITIES, SPECIALS = (
    ("NORTH", "SOUTH", "EAST"),
    ("", "DE", "FR"),
    ("", "CT", "MR"),
    ("", "neuro", "body"),
)


def _rights(chance: Random) -> ReadingRights:
    def some(*names: tuple[str, ...], most: int) -> list[tuple[str, ...]]:
        return [tuple(chance.choice(one) for one in names) for _number in range(chance.randint(0, most))]

    return ReadingRights(
        privileges=frozenset((a, b, c) for a, b, c in some(CODES, MODALITIES, SPECIALS, most=6)),
        credentials=frozenset(chance.sample(CODES, chance.randint(0, 3))),
        licences=frozenset(chance.sample(PLACES[1:], chance.randint(0, 2))),
        jurisdiction_of_reading=chance.choice(PLACES),
        exclusions=tuple((a, b, c, "x") for a, b, c in some(("", *CODES), MODALITIES, SPECIALS, most=1)),
    )


def _kind(chance: Random) -> KindAsked:
    modalities = tuple(chance.sample(MODALITIES[1:], chance.randint(0, 2)))
    return KindAsked(chance.choice(CODES), chance.choice(PLACES), modalities, chance.choice(SPECIALS))


@settings(max_examples=300)
@given(st.integers(min_value=0))
def test_each_pair_is_as_the_first_bar_says(seed: int) -> None:
    chance = Random(seed)
    rights = [_rights(chance) for _number in range(4)]
    kinds = [_kind(chance) for _number in range(8)]
    table = rights_table(rights, kinds)
    for row, kind in enumerate(kinds):
        for column, one in enumerate(rights):
            bar = first_bar(
                one,
                hospital_code=kind.hospital_code,
                jurisdiction=kind.jurisdiction,
                modalities=kind.modalities,
                subspecialty=kind.subspecialty,
            )
            assert table[row, column] == (not bar), bar
