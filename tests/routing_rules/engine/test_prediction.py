"""When items are expected to be opened and signed."""

from itertools import pairwise
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from routing_rules.engine.prediction import Expected, ItemAhead, ReaderTime, late_minutes, predict

ADA, BEN = 1, 2
ALL_DAY = ((-60.0, 480.0),)


def item(item_id: int, *, place: float = 0, minutes: float = 10, holder: int | None = ADA, may=()) -> ItemAhead:
    return ItemAhead(item_id, (place,), minutes, holder, frozenset(may))


def test_a_list_is_read_in_its_order_from_when_the_reader_is_free_at_the_reader_s_pace() -> None:
    reader = ReaderTime(ADA, ALL_DAY, free_at=5, speed_factor=1.5)
    assert predict([item(7, place=2), item(8, place=1, minutes=4)], [reader]) == {
        8: Expected(8, ADA, 5, 11),
        7: Expected(7, ADA, 11, 26),
    }


def test_what_was_begun_is_finished_and_the_next_waits_for_the_next_window() -> None:
    reader = ReaderTime(ADA, ((-60, 12), (30, 60)))
    expected = predict([item(number, place=number) for number in range(1, 7)], [reader])
    assert [expected[number].starts_at for number in range(1, 7)] == [0, 10, 30, 40, 50, None]
    assert expected[6] == Expected(6, ADA)
    assert late_minutes(expected[6], 1000) == inf


def test_what_nobody_has_goes_to_who_is_done_first_behind_the_own_list() -> None:
    readers = [ReaderTime(ADA, ALL_DAY), ReaderTime(BEN, ALL_DAY, free_at=3)]
    found = predict([item(1), item(2, holder=None, may=(ADA, BEN)), item(3, place=1, holder=None, may=(ADA,))], readers)
    assert found[2] == Expected(2, BEN, 3, 13)
    assert found[3] == Expected(3, ADA, 10, 20)
    assert late_minutes(found[3], 5) == 15


def test_nobody_present_may_read_it_until_a_reader_comes() -> None:
    readers = [ReaderTime(ADA, ALL_DAY), ReaderTime(BEN, ((90, 200),))]
    found = predict(
        [item(1, holder=None, may=(BEN,)), item(2, holder=None), item(3, place=1, holder=None, may=(BEN,))], readers
    )
    assert found[1] == Expected(1, BEN, 90, 100, nobody_until=90)
    assert found[2] == Expected(2, nobody_until=inf)
    assert found[3] == Expected(3, BEN, 100, 110, nobody_until=90)


def test_a_holder_who_is_gone_leaves_the_item_without_a_time() -> None:
    assert predict([item(1, holder=9)], [ReaderTime(ADA, ALL_DAY)]) == {1: Expected(1, 9)}


minutes = st.floats(1, 60, allow_nan=False)


@given(
    st.lists(st.tuples(minutes, st.sampled_from([None, ADA, BEN]), st.integers(0, 3)), max_size=12),
    st.permutations(range(12)),
    st.floats(0, 60),
)
def test_no_reader_reads_two_at_once_and_the_input_s_order_does_not_show(rows, order, free_at) -> None:
    items = [
        item(number, minutes=length, holder=holder, place=place, may=(ADA, BEN))
        for number, (length, holder, place) in enumerate(rows)
    ]
    readers = [ReaderTime(ADA, ((-5, 100), (130, 900)), free_at), ReaderTime(BEN, ((20, 900),), 0, 1.3)]
    found = predict(items, readers)
    shuffled = sorted(items, key=lambda entry: order[entry.item_id % 12])
    assert predict(shuffled, list(reversed(readers))) == found
    for reader in readers:
        spans = sorted((e.starts_at, e.finishes_at) for e in found.values() if e.reader_id == reader.reader_id)
        assert all(earlier[1] <= later[0] + 1e-9 for earlier, later in pairwise(spans))
        assert all(any(a <= start < b for a, b in reader.windows) for start, _end in spans)
        assert all(start >= min(free_at, reader.free_at) for start, _end in spans)
