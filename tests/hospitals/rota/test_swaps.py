"""Swaps: each step from each state, who may, what clashes, what the taker lacks, and two takers at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from hospitals.errors import AwayThen, SwapNotPossible
from hospitals.models import Credential, Shift, ShiftSwap, TimeOff, User
from hospitals.selectors.shift_swaps import rights_lacking
from hospitals.services import shift_swaps
from hospitals.services.shift_swaps import (
    decide_swap,
    expire_swaps,
    give_back_swap,
    offer_shift,
    take_shift,
    withdraw_swap,
)
from pacs_core.events.models import Event
from tests.hospitals.rota.arrange import DAY, at, make_reader, make_shift
from tests.story import make_hospital, make_user, see_all

NOW = DAY


@pytest.fixture
def _scope(db: None) -> Iterator[None]:
    with see_all():
        yield


@pytest.fixture
def story(_scope: None) -> dict[str, User]:
    north = make_hospital()
    return {
        "ada": make_reader(north),
        "ben": make_reader(north),
        "cleo": make_reader(north),
        "olga": make_user("coordinator", north),
    }


def offered(story: dict[str, User], **values: Any) -> ShiftSwap:
    return offer_shift(shift=make_shift(story["ada"], **values), offered_by=story["ada"], now=NOW)


# Each step and the states in which it works.
STEPS = {
    "take": (lambda s, swap: take_shift(swap=swap, taken_by=s["ben"], now=NOW), {"offered": "taken"}),
    "give_back": (lambda s, swap: give_back_swap(swap=swap, taken_by=s["ben"], now=NOW), {"taken": "offered"}),
    "withdraw": (
        lambda s, swap: withdraw_swap(swap=swap, withdrawn_by=s["ada"], now=NOW),
        {"offered": "withdrawn", "taken": "withdrawn"},
    ),
    "agree": (
        lambda s, swap: decide_swap(swap=swap, agree=True, decided_by=s["olga"], now=NOW),
        {"taken": "agreed"},
    ),
    "refuse": (
        lambda s, swap: decide_swap(swap=swap, agree=False, decided_by=s["olga"], now=NOW),
        {"taken": "refused"},
    ),
}


@pytest.mark.parametrize("state", ShiftSwap.Status.values)
@pytest.mark.parametrize("step", STEPS)
def test_each_step_works_from_its_states_only(story: dict[str, User], step: str, state: str) -> None:
    swap = offered(story)
    taker = None if state in ("offered", "withdrawn", "expired") else story["ben"]
    ShiftSwap.objects.filter(pk=swap.pk).update(status=state, taken_by=taker)
    act, allowed = STEPS[step]
    if state in allowed:
        assert act(story, swap).status == allowed[state]
    else:
        with pytest.raises(SwapNotPossible):
            act(story, swap)
    swap.refresh_from_db()
    assert swap.status == allowed.get(state, state)
    holder = story["ben"] if (step, state) == ("agree", "taken") else story["ada"]
    assert Shift.objects.get().radiologist == holder


def test_the_shift_changes_hands_with_its_breaks_and_both_are_told(story: dict[str, User]) -> None:
    swap = offered(story)
    swap.shift.breaks.create(starts_at=at(9), ends_at=at(10))
    take_shift(swap=swap, taken_by=story["ben"], now=NOW)
    decide_swap(swap=swap, agree=True, decided_by=story["olga"], now=NOW)
    shift = Shift.objects.get()
    assert (shift.radiologist, shift.breaks.count()) == (story["ben"], 1)
    told = Event.objects.filter(name="RotaChanged").order_by("-pk").first()
    assert told is not None
    assert told.payload["radiologist_ids"] == sorted([story["ada"].pk, story["ben"].pk])
    swap.refresh_from_db()
    assert (swap.decided_by, swap.decided_at) == (story["olga"], NOW)


def test_only_own_coming_shifts_are_offered_and_once(story: dict[str, User]) -> None:
    swap = offered(story)
    assert offer_shift(shift=swap.shift, offered_by=story["ada"], now=NOW) == swap
    with pytest.raises(SwapNotPossible, match="own shift"):
        offer_shift(shift=swap.shift, offered_by=story["ben"], now=NOW)
    with pytest.raises(SwapNotPossible, match="lies ahead"):
        offer_shift(shift=make_shift(story["ada"], -4, 4), offered_by=story["ada"], now=NOW)
    assert ShiftSwap.objects.count() == 1


def test_own_offers_are_not_taken_and_others_not_withdrawn(story: dict[str, User]) -> None:
    swap = offered(story)
    with pytest.raises(SwapNotPossible, match="your own"):
        take_shift(swap=swap, taken_by=story["ada"], now=NOW)
    with pytest.raises(SwapNotPossible, match="withdraws"):
        withdraw_swap(swap=swap, withdrawn_by=story["ben"], now=NOW)
    take_shift(swap=swap, taken_by=story["ben"], now=NOW)
    with pytest.raises(SwapNotPossible, match="gives it back"):
        give_back_swap(swap=swap, taken_by=story["cleo"], now=NOW)


def test_who_has_a_shift_or_is_away_then_cannot_take_it(story: dict[str, User]) -> None:
    swap = offered(story)
    make_shift(story["ben"], 12, 20, is_on_call=True)
    with pytest.raises(SwapNotPossible, match="has a shift then already"):
        take_shift(swap=swap, taken_by=story["ben"], now=NOW)
    TimeOff.objects.create(radiologist=story["cleo"], starts_at=at(0), ends_at=at(7))
    with pytest.raises(AwayThen):
        take_shift(swap=swap, taken_by=story["cleo"], now=NOW)


def test_a_clash_that_came_later_stops_the_agreement(story: dict[str, User]) -> None:
    swap = take_shift(swap=offered(story), taken_by=story["ben"], now=NOW)
    make_shift(story["ben"], 13, 15)
    with pytest.raises(SwapNotPossible, match="has a shift then already"):
        decide_swap(swap=swap, agree=True, decided_by=story["olga"], now=NOW)
    swap.refresh_from_db()
    assert (swap.status, swap.shift.radiologist) == ("taken", story["ada"])


def test_offers_expire_when_the_shift_begins(story: dict[str, User]) -> None:
    swap = offered(story)
    later = offered(story, start=30, end=38)
    with pytest.raises(SwapNotPossible, match="has begun"):
        take_shift(swap=swap, taken_by=story["ben"], now=at(6))
    assert (expire_swaps(now=at(6) - timedelta(seconds=1)), expire_swaps(now=at(6)), expire_swaps(now=at(6))) == (
        0,
        1,
        0,
    )
    swap.refresh_from_db()
    later.refresh_from_db()
    assert (swap.status, later.status) == ("expired", "offered")


def test_what_the_taker_lacks_is_named(story: dict[str, User]) -> None:
    ada, ben = story["ada"], story["ben"]
    assert rights_lacking(giver=ada, taker=ben, at=at(6)) == []
    ben.radiologist_profile.subspecialties = ["body", "chest"]
    ben.radiologist_profile.is_resident = True
    ben.radiologist_profile.save()
    Credential.objects.filter(radiologist=ben).update(valid_until=at(5))
    assert rights_lacking(giver=ada, taker=ben, at=at(6)) == [
        "NORTH: no credential",
        "does not read musculoskeletal, neuro",
        "is a resident: an attending radiologist has to sign",
    ]


@pytest.fixture
def takers(committed_db: None) -> list[User]:
    return [make_reader() for _number in range(6)]


def take_at_once(swap: ShiftSwap, takers: list[User]) -> list[object]:
    start = threading.Barrier(len(takers))

    def take(taker: User) -> object:
        try:
            with see_all():
                start.wait(timeout=30)
                return take_shift(swap=swap, taken_by=taker, now=NOW)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(takers)) as pool:
        return list(pool.map(take, takers))


def make_offer() -> ShiftSwap:
    ada = make_reader()
    return ShiftSwap.objects.create(shift=make_shift(ada), offered_by=ada, offered_at=NOW)


def test_of_many_takers_one_has_the_shift(takers: list[User]) -> None:
    outcomes = take_at_once(make_offer(), takers)
    assert [type(outcome) for outcome in outcomes].count(ShiftSwap) == 1
    assert [type(outcome) for outcome in outcomes].count(SwapNotPossible) == len(takers) - 1


def test_without_the_locks_several_believe_they_have_it(takers: list[User], monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: the race is real."""
    barrier = threading.Barrier(len(takers))

    def unlocked(swap: ShiftSwap, now: object, *statuses: str) -> ShiftSwap:
        found = ShiftSwap.objects.select_related("shift__radiologist").get(pk=swap.pk)
        barrier.wait(timeout=30)
        if found.status not in statuses:
            raise SwapNotPossible("no longer open")
        return found

    monkeypatch.setattr(shift_swaps, "lock_readers", lambda ids: None)
    monkeypatch.setattr(shift_swaps, "_locked", unlocked)
    outcomes = take_at_once(make_offer(), takers)
    assert [type(outcome) for outcome in outcomes].count(ShiftSwap) > 1
