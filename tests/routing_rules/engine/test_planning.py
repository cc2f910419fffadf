"""The plan: lists for everybody, by rights, rules, holds, pins and caps, without needless changes."""

from dataclasses import replace

import pytest

from routing_rules.engine.planning import plan
from routing_rules.engine.rules import Demand
from routing_rules.engine.snapshot import Kind
from tests.routing_rules.engine.arrange_snapshot import CT_HEAD, item, reader, snapshot


def test_every_item_is_on_a_list_and_places_count_up() -> None:
    readings = plan(snapshot([item(n) for n in range(1, 8)], [reader(1, "neuro"), reader(2, "neuro")])).readings
    assert {reading.reader_id for reading in readings} == {1, 2}
    for reader_id in (1, 2):
        places = sorted(reading.place for reading in readings if reading.reader_id == reader_id)
        assert places == list(range(1, len(places) + 1))


def test_stat_study_comes_before_routine_on_the_list() -> None:
    readings = plan(snapshot([item(1), item(2), item(3, "stat")], [reader(1, "neuro")])).readings
    assert [reading.place for reading in readings][2] == 1


def test_idle_specialist_gets_the_study_rather_than_an_idle_generalist() -> None:
    assert plan(snapshot([item(1)], [reader(1), reader(2, "neuro")])).reader_of() == {1: 2}


def test_stat_study_does_not_wait_for_a_busy_specialist() -> None:
    busy = reader(2, "neuro", is_idle=False, free_at=40.0)
    assert plan(snapshot([item(1, "stat")], [reader(1), busy])).reader_of() == {1: 1}


def test_item_stays_on_its_list_while_another_is_only_a_little_better() -> None:
    readers = [reader(1, "neuro", is_idle=False, free_at=12.0), reader(2, "neuro", is_idle=False, free_at=10.0)]
    assert plan(snapshot([item(1, holder_id=1)], readers)).reader_of() == {1: 1}
    assert plan(snapshot([item(1)], readers)).reader_of() == {1: 2}


def test_item_changes_lists_when_another_is_much_better() -> None:
    readers = [reader(1, "neuro", is_idle=False, free_at=60.0), reader(2, "neuro")]
    assert plan(snapshot([item(1, "stat", holder_id=1)], readers)).reader_of() == {1: 2}


def test_pinned_item_stays_whatever_would_be_better() -> None:
    away = reader(1, available_until=None)
    assert plan(snapshot([item(1, "stat", holder_id=1, is_pinned=True)], [away, reader(2, "neuro")])).reader_of() == {
        1: 1
    }


def test_reader_off_shift_gets_nothing_and_nobody_is_a_plan_too() -> None:
    assert plan(snapshot([item(1)], [reader(1, "neuro", available_until=None)])).reader_of() == {1: None}
    assert plan(snapshot([item(1)], [])).reader_of() == {1: None}


def test_cap_of_open_items_is_kept() -> None:
    readers = [reader(1, "neuro", maximum_open_items=2, open_items=1), reader(2, maximum_open_items=1)]
    readers_of = plan(snapshot([item(n) for n in range(1, 5)], readers)).reader_of()
    assert sorted(str(reader_id) for reader_id in readers_of.values()) == ["1", "2", "None", "None"]


def test_cap_of_relative_value_bars_once_it_is_reached() -> None:
    full = reader(1, "neuro", maximum_relative_value_per_shift=5.0, relative_value_of_shift=5.0)
    assert plan(snapshot([item(1)], [full, reader(2)])).reader_of() == {1: 2}


def test_on_call_reader_is_asked_only_when_called() -> None:
    on_call = reader(1, "neuro", is_on_call=True)
    assert plan(snapshot([item(1)], [on_call])).reader_of() == {1: None}
    assert plan(snapshot([item(1, is_called=True)], [on_call])).reader_of() == {1: 1}


@pytest.mark.parametrize(
    "demand",
    [
        Demand(require_subspecialty="body"),
        Demand(require_group="night"),
        Demand(require_reader="reader2@example.org"),
        Demand(never_readers=("reader1@example.org",)),
        Demand(hold_for_subspecialty="body", hold_share=0.5),
    ],
)
def test_rules_keep_others_out(demand: Demand) -> None:
    readers = [reader(1, "neuro"), reader(2, "body", groups=frozenset({"night"}), is_idle=False, free_at=300.0)]
    assert plan(snapshot([item(1, demand=demand)], readers)).reader_of() == {1: 2}
    assert plan(snapshot([item(1, demand=demand)], readers[:1])).reader_of() == {1: None}


@pytest.mark.parametrize("demand", [Demand(require_subspecialty="body"), Demand(require_group="night")])
def test_widened_pool_lets_others_in_but_never_those_whom_a_rule_keeps_out(demand: Demand) -> None:
    readers = [reader(1, "neuro"), reader(2, "neuro")]
    never = replace(demand, never_readers=("reader1@example.org",))
    assert plan(snapshot([item(1, demand=never, is_widened=True)], readers)).reader_of() == {1: 2}


def test_hold_ends_with_its_share_of_the_service_level() -> None:
    demand = Demand(hold_for_subspecialty="body", hold_share=0.5)
    assert plan(snapshot([item(1, demand=demand, due_at=361.0)], [reader(1, "neuro")])).reader_of() == {1: None}
    assert plan(snapshot([item(1, demand=demand, due_at=360.0)], [reader(1, "neuro")])).reader_of() == {1: 1}


def test_preferred_reader_wins_over_an_equal_one() -> None:
    demand = Demand(prefer_reader="reader2@example.org")
    assert plan(snapshot([item(1, demand=demand)], [reader(1, "neuro"), reader(2, "neuro")])).reader_of() == {1: 2}


def test_linked_examination_stays_with_its_reader() -> None:
    linked = item(1, demand=Demand(keep_with_one_reader=True), linked_reader_id=1)
    readers = [reader(1, is_idle=False, free_at=30.0), reader(2, "neuro")]
    assert plan(snapshot([linked], readers)).reader_of() == {1: 1}
    gone = replace(readers[0], available_until=None)
    assert plan(snapshot([linked], [gone, readers[1]])).reader_of() == {1: 2}


def test_residents_read_first_where_two_tier_reading_is_asked_for_and_only_there() -> None:
    two_tier = Demand(reading="two_tier")
    readers = [reader(1, "neuro", is_resident=True, is_idle=False, free_at=90.0), reader(2, "neuro")]
    assert plan(snapshot([item(1, demand=two_tier)], readers)).reader_of() == {1: 1}
    assert plan(snapshot([item(1, demand=two_tier, reading_stage=2)], readers)).reader_of() == {1: 2}
    assert plan(snapshot([item(1, demand=two_tier)], readers[1:])).reader_of() == {1: 2}
    assert plan(snapshot([item(1)], readers[:1])).reader_of() == {1: None}


def test_reading_rights_and_what_happened_to_the_item_bar() -> None:
    kind = Kind("NORTH", ("CT",), "neuro", {"No credential at NORTH": (1,)})
    given_back = item(1, excluded={"Has given it back": (2,)})
    readers = [reader(1, "neuro"), reader(2, "neuro"), reader(3)]
    assert plan(snapshot([given_back], readers, (kind,))).reader_of() == {1: 3}


def test_heavier_burden_loses_between_equal_readers() -> None:
    readers = [reader(1, "neuro", burden=0.3), reader(2, "neuro", burden=-0.3)]
    assert plan(snapshot([item(1)], readers, (CT_HEAD,))).reader_of() == {1: 2}
