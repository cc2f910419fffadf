"""What the board shows: readers with their queues and shares, items by predicted lateness, in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from hospitals.models import Shift, ShiftBreak
from pacs_core.access.errors import NotVisible
from routing_rules.models import LearntReadingTime
from routing_rules.selectors.arrivals import ArrivalProfile
from routing_rules.selectors.board import BoardState, ReaderFilter, ReaderLine, board_state, chosen_lines
from routing_rules.selectors.board_items import ItemLine, items_page
from routing_rules.selectors.choices import choices_for, situation_at
from routing_rules.selectors.cover import cover_of_coming_hours, hours_of_clock, timeline
from routing_rules.selectors.fairness import fairness_table, gini
from routing_rules.selectors.reader_panel import reader_panel
from routing_rules.selectors.why_not import why_not
from tests.routing_rules.board.arrange import (
    Board,
    candidate,
    decide,
    demand,
    give_shift,
    make_reading,
    make_signed,
    make_waiting,
)
from tests.story import as_user, make_radiologist


@pytest.fixture
def board(db: None) -> Board:
    return Board()


def state(board: Board) -> BoardState:
    with as_user(board.coordinator):
        return board_state(timezone.now())


def line_of(board: Board, reader: Any) -> ReaderLine:
    return next(line for line in state(board).lines if line.user == reader)


def page_of(board: Board, view: str = "attention", search: str = "") -> list[ItemLine]:
    with as_user(board.coordinator):
        return items_page(board_state(timezone.now()), board.coordinator, view=view, search=search).lines


def test_a_queue_is_in_the_reader_s_own_minutes_with_what_is_left_of_the_study_being_read(board: Board) -> None:
    LearntReadingTime.objects.create(radiologist=board.ada, speed_factor=1.5, number_of_readings=50)
    make_waiting(board.north, holder=board.ada, priority="stat", minutes=10)
    make_waiting(board.north, holder=board.ada, minutes=20)
    make_waiting(board.south, holder=board.ada, priority="urgent", minutes=4)
    reading = make_reading(board.north, board.ada, since=0, minutes=8)
    line = line_of(board, board.ada)
    assert (line.stat_minutes, line.urgent_minutes, line.routine_minutes) == (15, 6, 42)
    assert (line.queue_items, line.reading, line.minutes_left) == (4, reading, 12)


def test_a_study_of_a_hospital_outside_the_view_is_not_named(board: Board) -> None:
    make_reading(board.south, board.ada, since=3)
    line = line_of(board, board.ada)
    assert (line.reading, line.reads_elsewhere) == (None, True)
    assert [entry for entry in page_of(board, "waiting") if entry.item.hospital == board.south] == []


def test_readers_of_other_hospitals_are_not_shown(board: Board) -> None:
    make_radiologist(board.south, name="Dr. South")
    assert {line.user.name for line in state(board).lines} == {
        "Dr. Ada Roth",
        "Dr. Ben Aalto",
        "Dr. Cleo Marsh",
        "Dr. Dan Ortiz",
    }


def test_a_break_inside_a_shift_does_not_end_it(board: Board) -> None:
    now = timezone.now()
    shift = Shift.objects.get(radiologist=board.ada)
    ShiftBreak.objects.create(shift=shift, starts_at=now - timedelta(minutes=10), ends_at=now + timedelta(minutes=20))
    line = line_of(board, board.ada)
    assert (line.on_shift_until, line.is_on_break) == (None, True)
    assert line.comes_at == now + timedelta(minutes=20)
    ShiftBreak.objects.update(starts_at=now + timedelta(minutes=30), ends_at=now + timedelta(minutes=60))
    assert line_of(board, board.ada).on_shift_until == shift.ends_at
    assert line_of(board, board.cleo).comes_at is not None


def test_on_call_is_not_on_shift(board: Board) -> None:
    called = make_radiologist(board.north, on_shift=False)
    give_shift(called, starts=-1, ends=5, is_on_call=True)
    line = line_of(board, called)
    assert (line.on_shift_until, line.reader.is_on_call) == (None, True)


def test_filter_and_order_of_readers(board: Board) -> None:
    make_waiting(board.north, holder=board.ben, minutes=30)
    board.cleo.radiologist_profile.subspecialties = ["breast"]
    board.cleo.radiologist_profile.save()
    found = state(board)

    def names(**chosen: Any) -> list[str]:
        return [line.user.name.split()[1] for line in chosen_lines(found, ReaderFilter(**chosen))]

    assert names() == ["Ben", "Ada", "Dan", "Cleo"]
    assert names(sort="name") == ["Ada", "Ben", "Dan", "Cleo"], "Who is on shift stands first."
    assert names(on_shift=True) == ["Ben", "Ada", "Dan"]
    assert names(subspecialty="breast") == ["Cleo"]
    assert names(hospital_id=board.south.pk) == ["Ada"]


def test_shares_stand_beside_the_mean_as_the_engine_sees_it(board: Board) -> None:
    for minutes_ago, value in ((20, 1.0), (40, 2.0)):
        demand(make_signed(board.north, board.ada, minutes_ago=minutes_ago), board.rule_set, relative_value=value)
    demand(make_signed(board.north, board.ben, minutes_ago=30), board.rule_set, relative_value=1.5)
    make_signed(board.north, board.ben, minutes_ago=600)
    shares = {line.user: line.share for line in state(board).lines}
    assert (shares[board.ada].carried.value, shares[board.ben].carried.value) == (3.0, 1.5)
    assert shares[board.ada].percent > shares[board.ben].percent == 0 > shares[board.dan].percent
    assert shares.get(board.cleo) is None
    with as_user(board.coordinator):
        table = fairness_table(timezone.now())
    of_ada = next(line for line in table.lines if line.reader.user == board.ada)
    assert of_ada.shift.per_hour == pytest.approx(1.5, abs=0.01)
    assert table.gini_of_shift == pytest.approx(gini([1.5, 0.75, 0]), abs=0.01)


def test_a_slower_reader_has_done_as_much_with_less(board: Board) -> None:
    LearntReadingTime.objects.create(radiologist=board.ben, speed_factor=2.0, number_of_readings=50)
    for reader, value in ((board.ada, 2.0), (board.ben, 1.0), (board.dan, 2.0)):
        demand(make_signed(board.north, reader, minutes_ago=10), board.rule_set, relative_value=value)
    rates = [line_of(board, reader).share.per_hour for reader in (board.ada, board.ben, board.dan)]
    assert rates == pytest.approx([1, 1, 1], abs=0.01)


def test_gini() -> None:
    assert gini([]) == gini([0, 0]) == gini([3, 3, 3]) == 0
    assert gini([0, 0, 0, 1]) == pytest.approx(0.75)


def test_items_are_sorted_by_how_late_they_are_expected(board: Board) -> None:
    late = make_waiting(board.north, holder=board.ada, priority="urgent", due=15, minutes=20, place=2)
    later = make_waiting(board.north, holder=board.ada, priority="urgent", due=5, minutes=20, place=1)
    make_waiting(board.north, holder=board.ben, due=600)
    alone = make_waiting(board.north, due=900)
    found = page_of(board)
    assert [line.item.pk for line in found] == [late.pk, later.pk, alone.pk]
    assert [line.expected.words for line in found[:2]] == ["late by 25 min", "late by 15 min"]
    assert "late by about 25 min" in found[0].expected.sentence
    assert found[2].expected.tone == "fine"


def test_views_hold_what_they_say(board: Board) -> None:
    held = make_waiting(board.north, due=1200)
    demand(held, board.rule_set, hold_for_subspecialty="breast", hold_share=0.5)
    pinned = make_waiting(board.north, holder=board.ada, is_pinned=True)
    risky = make_waiting(board.north, holder=board.ben, priority="urgent", due=20)
    make_reading(board.north, board.ben, since=2, due=300)
    views = ("attention", "at_risk", "unassigned", "held", "pinned", "waiting")
    found = {view: {line.item.pk for line in page_of(board, view)} for view in views}
    assert found == {
        "attention": {held.pk, risky.pk},
        "at_risk": {risky.pk},
        "unassigned": {held.pk},
        "held": {held.pk},
        "pinned": {pinned.pk},
        "waiting": {held.pk, pinned.pk, risky.pk},
    }
    [line] = page_of(board, "held")
    assert (line.held_for, line.held_until is not None) == ("breast", True)


def test_search_finds_a_patient_by_words(board: Board) -> None:
    wanted = make_waiting(board.north, name="NIELSEN^MARTA")
    make_waiting(board.north)
    assert [line.item.pk for line in page_of(board, search="marta niel")] == [wanted.pk]


def test_nobody_on_shift_may_read_it_until_a_reader_comes(board: Board) -> None:
    item = make_waiting(board.north, priority="stat", due=30)
    demand(item, board.rule_set, require_subspecialty="breast")
    [line] = page_of(board)
    assert line.expected.words == "nobody may read it"
    assert line.expected.sentence.startswith("Nobody in the rota may read this before")
    board.cleo.radiologist_profile.subspecialties = ["breast"]
    board.cleo.radiologist_profile.save()
    [line] = page_of(board)
    local = Shift.objects.get(radiologist=board.cleo).starts_at.astimezone(board.north.zone)
    assert line.expected.words == f"nobody until {local:%H:%M}"
    assert "late by about 2 h" in line.expected.sentence


def test_a_reader_s_list_has_its_order_and_only_minutes_of_other_hospitals(board: Board) -> None:
    second = make_waiting(board.north, holder=board.ada, place=2)
    first = make_waiting(board.north, holder=board.ada, place=1)
    make_waiting(board.south, holder=board.ada, minutes=7)
    reading = make_reading(board.north, board.ada, since=1)
    with as_user(board.coordinator):
        panel = reader_panel(board_state(timezone.now()), board.ada.pk, board.coordinator)
    assert [line.item.pk for line in panel.items] == [reading.pk, first.pk, second.pk]
    assert (panel.elsewhere, panel.elsewhere_minutes) == (1, 7)
    stranger = make_radiologist(board.south)
    with as_user(board.coordinator), pytest.raises(NotVisible):
        reader_panel(board_state(timezone.now()), stranger.pk, board.coordinator)


def sentence(board: Board, item: Any, reader: Any) -> str:
    with as_user(board.coordinator):
        return why_not(item.pk, reader.pk, board.coordinator, situation_at(timezone.now()))


def test_why_not_in_one_sentence(board: Board) -> None:
    item = make_waiting(board.north, holder=board.ada)
    decide(
        item,
        board.rule_set,
        board.ada,
        [
            candidate(board.ada, "Free now, 10 min to read", lateness=0.1, mismatch=0.0),
            candidate(board.ben, "Free in 12 min, not neuro", lateness=0.5, mismatch=4.2),
            candidate(board.dan, "No privilege for CT at NORTH", is_eligible=False),
        ],
    )
    assert sentence(board, item, board.ada) == "Dr. Ada Roth has it: free now, 10 min to read."
    assert sentence(board, item, board.ben) == (
        "Dr. Ben Aalto may read it (free in 12 min, not neuro), but Dr. Ada Roth fits better by subspecialty "
        "(free now, 10 min to read)."
    )
    assert sentence(board, item, board.dan) == "Not Dr. Dan Ortiz: no privilege for CT at NORTH."
    assert sentence(board, item, board.cleo).startswith("Not Dr. Cleo Marsh: off shift until")


def test_choices_list_who_may_take_most_first(board: Board) -> None:
    item = make_waiting(board.north)
    decide(item, board.rule_set, None, [candidate(board.ben, "Free now"), candidate(board.ada, "Free in 9 min")])
    with as_user(board.coordinator):
        _asked, choices = choices_for([item.pk], board.coordinator, timezone.now())
    assert [(choice.user.name, choice.state) for choice in choices] == [
        ("Dr. Ben Aalto", "in"),
        ("Dr. Ada Roth", "in"),
        ("Dr. Cleo Marsh", "confirm"),
        ("Dr. Dan Ortiz", "barred"),
    ]
    assert choices[0].words == "Free now"
    assert choices[3].words == "No privilege for CT at NORTH"


NOW = datetime(2026, 6, 22, 12, 40, tzinfo=UTC)


def test_hours_of_the_clock_begin_with_what_is_left_of_this_one() -> None:
    hours = hours_of_clock(NOW, "Asia/Kolkata", 3)
    assert [f"{start:%H:%M}-{end:%H:%M}" for start, end in hours] == ["12:40-13:30", "13:30-14:30", "14:30-15:30"]
    assert len(hours_of_clock(NOW, "Europe/Berlin")) == 12


def test_the_timeline_sets_work_against_cover(board: Board) -> None:
    """Eleven hours of work are overdue, and only three readers are there."""
    for _ in range(20):
        make_waiting(board.north, due=-5, minutes=30)
    make_waiting(board.south, holder=board.ada, due=-5, minutes=60)
    with as_user(board.coordinator):
        cover = cover_of_coming_hours(timezone.now(), zone="UTC")
    assert cover.hours_of_history == 0
    assert (cover.hours[0].due, cover.hours[0].is_gap) == (660, True)
    assert cover.worst == cover.hours[0]
    assert [hour.carried for hour in cover.hours[1:]] == pytest.approx([hour.short for hour in cover.hours[:-1]], abs=1)
    assert cover.hours[-1].carried == 0


def test_spare_time_goes_to_what_is_due_later(board: Board) -> None:
    items = [make_waiting(board.north, holder=board.ada, due=150, minutes=50) for _ in range(4)]
    now = timezone.now()
    made = state(board).forecast
    one_reader = {board.ada.pk: made.readers[board.ada.pk]}
    hours = [(now + timedelta(hours=h), now + timedelta(hours=h + 1)) for h in range(4)]
    cover = timeline(now, hours, one_reader, made.items, ArrivalProfile())
    assert len(items) == 4
    assert [hour.due for hour in cover.hours] == [0, 0, 80, 0], "Two hours were read ahead."
    assert [hour.short for hour in cover.hours] == [0, 0, 20, 0]
    assert cover.hours[3].carried == 20
