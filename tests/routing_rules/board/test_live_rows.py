"""The board's live answer holds what has changed; rows that the browser has as they are come without cells."""

import re

import pytest
from django.test import Client

from tests.routing_rules.board.arrange import Board, make_waiting
from tests.story import see_all
from worklist.models import WorklistItem

ROW = re.compile(r'<tr data-key="(\d+)" data-version="(\w+)"([^>]*)>(.*?)</tr>', re.DOTALL)
ADDRESS = "/coordination/live/"


@pytest.fixture
def board(db: None) -> Board:
    return Board()


@pytest.fixture
def olga(board: Board) -> Client:
    client = Client()
    client.force_login(board.coordinator)
    return client


def rows_of(html: str) -> dict[str, dict[int, tuple[str, str]]]:
    """Return by table the rows' marks and cells, by key."""
    readers, items = html.split('data-rows-of="item-table"')
    return {
        name: {int(key): (f"{key}.{version}", cells) for key, version, _, cells in ROW.findall(part)}
        for name, part in (("readers", readers), ("items", items))
    }


def ask(client: Client, **known: str) -> dict[str, dict[int, tuple[str, str]]]:
    return rows_of(client.post(ADDRESS, {"view": "waiting"} | known).content.decode())


def marks(rows: dict[int, tuple[str, str]]) -> str:
    return ",".join(mark for mark, _cells in rows.values())


def test_rows_that_the_browser_has_come_as_key_and_version_alone(board: Board, olga: Client) -> None:
    items = [make_waiting(board.north, holder=reader) for reader in (board.ada, board.ben)]
    before = ask(olga)
    assert all("</td>" in cells for rows in before.values() for _mark, cells in rows.values())
    again = ask(olga, known_readers=marks(before["readers"]), known_items=marks(before["items"]))
    assert {name: list(rows) for name, rows in again.items()} == {name: list(rows) for name, rows in before.items()}
    assert {cells for rows in again.values() for _mark, cells in rows.values()} == {""}
    with see_all():
        WorklistItem.objects.filter(pk=items[0].pk).update(is_pinned=True, version=2)
    changed = ask(olga, known_readers=marks(before["readers"]), known_items=marks(before["items"]))
    assert [key for key, (_mark, cells) in changed["items"].items() if cells] == [items[0].pk]


def test_one_reader_s_longer_queue_does_not_change_the_other_rows(board: Board, olga: Client) -> None:
    make_waiting(board.north, holder=board.ada, minutes=20)
    before = ask(olga)
    make_waiting(board.north, holder=board.ada, minutes=10)
    after = ask(olga, known_readers=marks(before["readers"]))
    assert [key for key, (_mark, cells) in after["readers"].items() if cells] == [board.ada.pk]


def test_marks_of_another_version_count_for_nothing(board: Board, olga: Client) -> None:
    item = make_waiting(board.north, holder=board.ada)
    answer = ask(olga, known_items=f"{item.pk}.0000000000000000,,nonsense")
    assert "</td>" in answer["items"][item.pk][1]


def test_the_page_itself_always_draws_its_rows(board: Board, olga: Client) -> None:
    make_waiting(board.north, holder=board.ada)
    known = marks(ask(olga)["items"])
    page = olga.get("/coordination/", {"view": "waiting", "known_items": known}).content.decode()
    assert "</td>" in rows_of(page.replace('id="item-table"', 'data-rows-of="item-table"', 1))["items"].popitem()[1][1]


@pytest.mark.parametrize("address", ["/coordination/", ADDRESS])
def test_a_search_counts_in_a_body_alone(board: Board, olga: Client, address: str) -> None:
    item = make_waiting(board.north, holder=board.ada)
    looked_for = {"view": "waiting", "find": "nobody of this name"}
    shown = f'data-key="{item.pk}"'
    assert shown in olga.get(address, looked_for).content.decode().split('id="item-table"')[-1]
    assert shown not in olga.post(ADDRESS, looked_for).content.decode().split('"item-table"')[-1]


@pytest.mark.parametrize("address", ["/coordination/", ADDRESS])
def test_page_and_live_rows_go_out_compressed_to_who_takes_that(board: Board, olga: Client, address: str) -> None:
    plain = olga.get(address).content
    packed = olga.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) < len(plain) / 2
