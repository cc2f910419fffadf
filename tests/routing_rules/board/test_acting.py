"""What a coordinator does by hand to many items: what is done, what is refused and why, and how it is undone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from pacs_core.access.errors import NotVisible
from routing_rules.services import coordination
from routing_rules.services.coordination import Outcome, act_on_items, restore_items
from tests.routing_rules.board.arrange import Board, candidate, decide, demand, make_reading, make_waiting
from tests.story import as_user, see_all
from worklist import services as worklist
from worklist.models import WorklistItem, WorklistItemTransition

ADDRESS = "/api/manual-assignments/"


@pytest.fixture
def board(db: None) -> Board:
    return Board()


def act(board: Board, action: str, *items: WorklistItem, to: Any = None, passes_over: bool = False) -> Outcome:
    with as_user(board.coordinator):
        return act_on_items(
            action=action,
            worklist_item_ids=[item.pk for item in items],
            user=board.coordinator,
            now=timezone.now(),
            radiologist_id=to.pk if to else None,
            passes_over=passes_over,
        )


def now_is(item: WorklistItem) -> tuple[str, Any, bool]:
    with see_all():
        item.refresh_from_db()
    return item.status, item.assigned_to, item.is_pinned


def done(outcome: Outcome) -> list[int]:
    return [entry.worklist_item_id for entry in outcome.done]


def reasons(outcome: Outcome) -> dict[int, tuple[str, bool]]:
    return {entry.worklist_item_id: (entry.reason, entry.may_be_passed) for entry in outcome.refused}


def test_several_go_to_a_reader_pinned_and_come_back_to_who_had_them(board: Board) -> None:
    free, of_ada = make_waiting(board.north), make_waiting(board.north, holder=board.ada)
    outcome = act(board, "assign", of_ada, free, to=board.ben)
    assert done(outcome) == sorted([free.pk, of_ada.pk])
    assert now_is(free) == now_is(of_ada) == ("assigned", board.ben, True)
    with as_user(board.coordinator):
        restored = restore_items(before=outcome.done, user=board.coordinator)
    assert len(restored.done) == 2
    assert now_is(free) == ("unassigned", None, False)
    assert now_is(of_ada) == ("assigned", board.ada, False)


def test_a_missing_right_refuses_whatever_the_coordinator_says_and_the_others_go_on(board: Board) -> None:
    ct, mr = make_waiting(board.north), make_waiting(board.north)
    with see_all():
        type(mr.study).objects.filter(pk=mr.study_id).update(modalities=["MR"])
    outcome = act(board, "assign", ct, mr, to=board.dan, passes_over=True)
    assert done(outcome) == [mr.pk]
    assert reasons(outcome) == {ct.pk: ("Dr. Dan Ortiz: No privilege for CT at NORTH", False)}
    assert now_is(ct) == ("unassigned", None, False)


def test_off_shift_needs_the_coordinator_s_word(board: Board) -> None:
    item = make_waiting(board.north)
    [(reason, may_be_passed)] = reasons(act(board, "assign", item, to=board.cleo)).values()
    assert reason.startswith("Dr. Cleo Marsh: Off shift until")
    assert may_be_passed
    assert now_is(item)[0] == "unassigned"
    assert done(act(board, "assign", item, to=board.cleo, passes_over=True)) == [item.pk]
    assert now_is(item) == ("assigned", board.cleo, True)


def test_a_cap_needs_the_coordinator_s_word_but_not_for_what_is_on_the_list_already(board: Board) -> None:
    board.ben.radiologist_profile.maximum_open_items = 1
    board.ben.radiologist_profile.save()
    own, another = make_waiting(board.north, holder=board.ben), make_waiting(board.north)
    outcome = act(board, "assign", own, another, to=board.ben)
    assert done(outcome) == [own.pk], "It is pinned now."
    assert reasons(outcome) == {another.pk: ("Dr. Ben Aalto: At the cap of 1 open items", True)}


def test_rules_and_what_the_last_decision_said_need_the_coordinator_s_word(board: Board) -> None:
    ruled, linked = make_waiting(board.north), make_waiting(board.north)
    demand(ruled, board.rule_set, require_subspecialty="breast")
    words = "Stays with Dr. Ada Roth, who has the linked examination"
    decide(linked, board.rule_set, board.ada, [candidate(board.ben, words, is_eligible=False)])
    assert reasons(act(board, "assign", ruled, linked, to=board.ben)) == {
        ruled.pk: ("Dr. Ben Aalto: Not breast", True),
        linked.pk: (f"Dr. Ben Aalto: {words}", True),
    }


def test_what_a_decision_said_of_its_own_hour_is_asked_again(board: Board) -> None:
    item = make_waiting(board.north)
    decide(item, board.rule_set, None, [candidate(board.ben, "Off shift, from 22:00", is_eligible=False)])
    assert done(act(board, "assign", item, to=board.ben)) == [item.pk]


def test_pins_and_what_has_none_to_take_out(board: Board) -> None:
    first, second = (make_waiting(board.north, holder=board.ada) for _ in range(2))
    free = make_waiting(board.north)
    act(board, "pin", first)
    outcome = act(board, "pin", first, second, free)
    assert (done(outcome), outcome.unchanged) == ([second.pk], [first.pk])
    assert list(reasons(outcome)) == [free.pk]
    assert done(act(board, "unpin", first, second)) == [first.pk, second.pk]
    assert now_is(first) == ("assigned", board.ada, False)


def test_taking_back_what_is_read_needs_the_coordinator_s_word(board: Board) -> None:
    waiting, reading = make_waiting(board.north, holder=board.ada), make_reading(board.north, board.ben, since=4)
    outcome = act(board, "take_back", waiting, reading)
    assert done(outcome) == [waiting.pk]
    assert reasons(outcome)[reading.pk][1]
    assert now_is(reading)[0] == "reading"
    assert done(act(board, "take_back", reading, passes_over=True)) == [reading.pk]
    assert now_is(reading) == ("unassigned", None, False)


def test_what_has_changed_since_is_not_restored(board: Board) -> None:
    item = make_waiting(board.north, holder=board.ada)
    outcome = act(board, "assign", item, to=board.ben)
    act(board, "unpin", item)
    with as_user(board.coordinator):
        restored = restore_items(before=outcome.done, user=board.coordinator)
    assert restored.done == []
    assert "changed since" in reasons(restored)[item.pk][0]
    assert now_is(item) == ("assigned", board.ben, False)


def test_an_item_of_another_hospital_stops_everything(board: Board) -> None:
    own, foreign = make_waiting(board.north), make_waiting(board.south)
    with pytest.raises(NotVisible):
        act(board, "assign", own, foreign, to=board.ada)
    assert now_is(own)[0] == now_is(foreign)[0] == "unassigned"
    with pytest.raises(NotVisible):
        act(board, "assign", own, to=board.coordinator)


def test_the_reason_stands_in_the_history(board: Board) -> None:
    item = make_waiting(board.north)
    client = Client()
    client.force_login(board.coordinator)
    wish = {
        "action": "assign",
        "worklist_items": [item.pk],
        "radiologist": board.ben.pk,
        "reason": "Asked for by phone",
    }
    answer = client.post(ADDRESS, wish, content_type="application/json").json()
    assert answer["message"] == "1 study is assigned to Dr. Ben Aalto."
    with see_all():
        transition = WorklistItemTransition.objects.get(worklist_item=item)
    assert (transition.action, transition.actor, transition.reason) == (
        "assign",
        board.coordinator,
        "Asked for by phone",
    )
    undone = client.post(f"{ADDRESS}restore/", {"before": answer["done"]}, content_type="application/json").json()
    assert undone["message"] == "1 study is as it was before."


def test_one_message_tells_what_was_done_and_why_others_were_not(board: Board) -> None:
    items = [make_waiting(board.north) for _ in range(3)]
    with see_all():
        type(items[0].study).objects.filter(pk=items[0].study_id).update(modalities=["MR"])
    client = Client()
    client.force_login(board.coordinator)
    wish = {"action": "assign", "worklist_items": [item.pk for item in items], "radiologist": board.dan.pk}
    answer = client.post(ADDRESS, wish, content_type="application/json").json()
    assert answer["message"] == (
        "1 study is assigned to Dr. Dan Ortiz. 2 studies were left as they are. "
        "Dr. Dan Ortiz: No privilege for CT at NORTH (2)."
    )


@pytest.mark.parametrize(
    "wish",
    [
        {"action": "assign", "worklist_items": [1]},
        {"action": "sign", "worklist_items": [1]},
        {"action": "pin", "worklist_items": []},
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(board: Board, wish: dict[str, Any]) -> None:
    client = Client()
    client.force_login(board.coordinator)
    assert client.post(ADDRESS, wish, content_type="application/json").status_code == 400


def test_two_coordinators_at_once_never_lock_each_other_out(committed_db: None, monkeypatch: Any) -> None:
    board = Board()
    items = [make_waiting(board.north) for _ in range(4)]
    both_wait = threading.Barrier(2)

    def assign(reader: Any, order: list[WorklistItem]) -> Outcome:
        try:
            both_wait.wait(30)
            return act(board, "assign", *order, to=reader)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(assign, board.ada, items)
        second = pool.submit(assign, board.ben, items[::-1])
        outcomes = [first.result(60), second.result(60)]
    assert [len(outcome.done) for outcome in outcomes] == [4, 4], "The second one moves what the first one gave."
    assert len({now_is(item)[1] for item in items}) == 1


def test_claimed_meanwhile_is_left_with_who_reads_it(board: Board) -> None:
    item, other = make_waiting(board.north, holder=board.ada), make_waiting(board.north, holder=board.ada)
    with as_user(board.ada):
        worklist.claim_worklist_item(worklist_item_id=item.pk, user=board.ada)
    outcome = act(board, "assign", item, other, to=board.ben)
    assert done(outcome) == [other.pk]
    assert "reading" in reasons(outcome)[item.pk][0]
    assert coordination.ACTIONS == ("assign", "pin", "unpin", "take_back")
