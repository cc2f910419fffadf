"""One reader of the board: the list in its planned order, caps, shares."""

from dataclasses import dataclass

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from routing_rules.selectors.board import BoardState, ReaderLine
from routing_rules.selectors.board_items import ItemLine, item_lines
from routing_rules.selectors.forecast import OpenItem

MOST_SHOWN = 60


@dataclass(frozen=True)
class ReaderPanel:
    """A reader's line with the list; `elsewhere` counts what is for hospitals outside of the viewer's scope."""

    line: ReaderLine
    items: list[ItemLine]
    number: int
    elsewhere: int
    elsewhere_minutes: int

    @property
    def left_out(self) -> int:
        return self.number - len(self.items)


def reader_panel(state: BoardState, reader_id: int, user: User) -> ReaderPanel:
    """Return the reader's panel; NotVisible for a reader of none of the viewer's hospitals."""
    line = next((line for line in state.lines if line.user.pk == reader_id), None)
    if line is None:
        raise NotVisible(f"There is no reader {reader_id} for you.")
    held = sorted((item for item in state.forecast.items if item.holder_id == reader_id), key=_turn(state))
    mine = [item for item in held if item.hospital_id in state.hospital_ids]
    elsewhere = [item for item in held if item.hospital_id not in state.hospital_ids]
    pace = line.reader.speed_factor
    return ReaderPanel(
        line=line,
        items=item_lines(state, user, mine[:MOST_SHOWN]),
        number=len(mine),
        elsewhere=len(elsewhere),
        elsewhere_minutes=round(sum(item.expected_minutes for item in elsewhere) * pace),
    )


def _turn(state: BoardState) -> object:
    def key(item: OpenItem) -> tuple[float, int]:
        starts_at = state.forecast.expected[item.item_id].starts_at
        return (float("inf") if starts_at is None else starts_at, item.item_id)

    return key
