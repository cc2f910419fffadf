"""The stage of an item that is read twice, on the board's rows."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hospitals.models import RadiologistProfile, User
from routing_rules.selectors.board import board_state
from routing_rules.selectors.board_items import items_page
from tests.routing_rules.board.arrange import Board, make_waiting
from tests.story import as_user, make_radiologist


@pytest.fixture
def board(db: None) -> Board:
    return Board()


@pytest.fixture
def rita(board: Board) -> User:
    rita = make_radiologist(board.north, name="Dr. Rita Young")
    RadiologistProfile.objects.filter(user=rita).update(is_resident=True)
    return rita


def stage_of(board: Board, **fields: Any) -> tuple[str, str] | None:
    item = make_waiting(board.north, **fields)
    with as_user(board.coordinator):
        page = items_page(board_state(timezone.now()), board.coordinator, view="waiting")
    (stage,) = [line.stage for line in page.lines if line.item == item]
    return stage and (stage.words, stage.sentence)


def second(board: Board) -> dict[str, Any]:
    return {"reading_stage": 2, "first_reader": board.dan, "first_finished_at": timezone.now()}


def test_a_single_reading_has_no_stage(board: Board) -> None:
    assert stage_of(board, holder=board.ada) is None


def test_two_tier_reading_is_preliminary_with_a_resident_and_final_with_an_attending(board: Board, rita: User) -> None:
    prelim = ("prelim", "Resident, then attending: the resident's preliminary reading")
    assert stage_of(board, reading_mode="two_tier", holder=rita) == prelim
    assert stage_of(board, reading_mode="two_tier") == prelim
    assert stage_of(board, reading_mode="two_tier", holder=board.ada) == (
        "final",
        "Resident, then attending: an attending has it and reads it alone",
    )
    assert stage_of(board, reading_mode="two_tier", holder=board.ada, **second(board)) == (
        "final",
        "Resident, then attending: the final reading, read first by Dr. Dan Ortiz",
    )


def test_double_reading_counts_its_readings(board: Board) -> None:
    assert stage_of(board, reading_mode="double", holder=board.ada) == ("1st", "Double reading: the first one")
    assert stage_of(board, reading_mode="double", holder=board.ada, **second(board)) == (
        "2nd",
        "Double reading: the second one, read first by Dr. Dan Ortiz",
    )


def test_the_rows_and_the_panels_say_the_stage(board: Board, rita: User) -> None:
    first = make_waiting(board.north, holder=rita, reading_mode="two_tier")
    client = Client()
    client.force_login(board.coordinator)
    rows = client.get("/coordination/live/?view=waiting").content.decode()
    sentence = "Resident, then attending: the resident&#x27;s preliminary reading"
    assert f'class="chip stage" title="{sentence}">prelim<' in rows
    assert ">prelim<" in client.get(f"/coordination/readers/{rita.pk}/").content.decode()
    assert "preliminary reading" in client.get(f"/assignments/{first.pk}/why/").content.decode()
