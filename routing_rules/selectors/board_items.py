"""The items of the board: which of them need a coordinator, how late each is expected to be, in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospitals.models import User
from pacs_core.web.templatetags.meridian import minutes_words
from routing_rules.selectors.board import BoardState
from routing_rules.selectors.forecast import HORIZON_MINUTES, OpenItem, Status
from routing_rules.selectors.row_versions import row_mark, row_version
from worklist.models import WorklistItem
from worklist.selectors.items import SHOWN_WITH, ItemFilter, narrowed
from worklist.selectors.stages import StageWords, stage_words

MOST_ITEMS = 200
# Expected to be done with less to spare than this share of its service level, within these minutes, is called tight.
_TIGHT_SHARE, _LEAST_TIGHT, _MOST_TIGHT = 0.1, 5, 15
WAITING = (Status.UNASSIGNED, Status.ASSIGNED)


@dataclass(frozen=True)
class ExpectedWords:
    """What is expected of an item: in a few words with their tone, and in a whole sentence."""

    tone: str
    words: str
    sentence: str


@dataclass(frozen=True)
class ItemLine:
    """An item of the board; `row` orders the list, the latest first."""

    item: WorklistItem
    open: OpenItem
    expected: ExpectedWords
    late_minutes: float
    held_until: datetime | None
    held_for: str
    stage: StageWords | None

    @property
    def version(self) -> str:
        stage = self.stage and self.stage.words
        return row_version((self.item.version, self.expected.words, self.held_until and self.held_for, stage))

    @property
    def mark(self) -> str:
        return row_mark(self.item.pk, self.version)

    @property
    def order(self) -> int:
        return -round(self.late_minutes)


@dataclass(frozen=True)
class ItemView:
    """A named part of the open items, with its tone when it holds any."""

    key: str
    label: Promise
    holds: Callable[[BoardState, OpenItem], bool]
    tone: str = ""


def is_at_risk(state: BoardState, item: OpenItem) -> bool:
    """Say whether the item is expected late, or waits and is expected so tight that little must go wrong."""
    late = state.forecast.late_minutes(item)
    return late > (-tight_minutes(item) if _waits(item) else 0)


def tight_minutes(item: OpenItem) -> float:
    return max(_LEAST_TIGHT, min(_MOST_TIGHT, item.service_level_minutes * _TIGHT_SHARE))


def _waits(item: OpenItem) -> bool:
    return item.status in WAITING


ITEM_VIEWS: dict[str, ItemView] = {
    view.key: view
    for view in (
        ItemView(
            "attention",
            gettext_lazy("Unassigned or at risk"),
            lambda state, item: item.status == Status.UNASSIGNED or is_at_risk(state, item),
        ),
        ItemView("at_risk", gettext_lazy("At risk"), is_at_risk, "overdue"),
        ItemView(
            "unassigned", gettext_lazy("Unassigned"), lambda state, item: item.status == Status.UNASSIGNED, "soon"
        ),
        ItemView("held", gettext_lazy("Held"), lambda state, item: item.is_held(state.now)),
        ItemView("pinned", gettext_lazy("Pinned"), lambda state, item: item.is_pinned and _waits(item)),
        ItemView("waiting", gettext_lazy("All waiting"), lambda state, item: _waits(item)),
    )
}
DEFAULT_VIEW = "attention"


@dataclass(frozen=True)
class ItemPage:
    """The items shown, how many there are, and how many each view holds."""

    lines: list[ItemLine]
    total: int
    counts: dict[str, int]

    @property
    def left_out(self) -> int:
        return self.total - len(self.lines)


def items_page(state: BoardState, user: User, *, view: str, search: str = "") -> ItemPage:
    """Return a view's items that match the search, those expected latest first; one query, with a search two."""
    mine = [item for item in state.forecast.items if item.hospital_id in state.hospital_ids]
    if search.strip():
        rows = WorklistItem.objects.filter(pk__in=[item.item_id for item in mine])
        matching = set(narrowed(rows, ItemFilter(search=search), user).values_list("pk", flat=True))
        mine = [item for item in mine if item.item_id in matching]
    counts = {entry.key: sum(entry.holds(state, item) for item in mine) for entry in ITEM_VIEWS.values()}
    holds = ITEM_VIEWS.get(view, ITEM_VIEWS[DEFAULT_VIEW]).holds
    found = [item for item in mine if holds(state, item)]
    found.sort(key=lambda item: (-round(state.forecast.late_minutes(item)), item.item_id))
    return ItemPage(item_lines(state, user, found[:MOST_ITEMS]), len(found), counts)


def item_lines(state: BoardState, user: User, items: Sequence[OpenItem]) -> list[ItemLine]:
    """Return the lines of these open items, in their order; one query."""
    rows = WorklistItem.objects.filter(pk__in=[item.item_id for item in items]).select_related(*SHOWN_WITH)
    by_id = {row.pk: row for row in rows.prefetch_related(None)}
    return [_line(state, by_id[item.item_id], item, user) for item in items if item.item_id in by_id]


def _line(state: BoardState, row: WorklistItem, item: OpenItem, user: User) -> ItemLine:
    late = state.forecast.late_minutes(item)
    held_until = None
    if item.is_held(state.now):
        used = timedelta(minutes=item.service_level_minutes * (1 - (item.hold_share or 0.0)))
        held_until = item.deadline_at - used
    reader = state.forecast.readers.get(row.claimed_by_id or row.assigned_to_id or 0)
    stage = stage_words(row, is_resident=reader.rights.is_resident if reader else None)
    expected = expected_words(state, item, user.time_zone)
    return ItemLine(row, item, expected, late, held_until, item.hold_for or "", stage)


def expected_words(state: BoardState, item: OpenItem, zone: str) -> ExpectedWords:
    """Say what is expected of the item, clocks in `zone`."""
    forecast = state.forecast
    expected, late = forecast.expected[item.item_id], forecast.late_minutes(item)
    nobody_until, done_at = expected.nobody_until, forecast.instant(expected.finishes_at)
    if nobody_until == float("inf"):
        until = clock(forecast.instant(HORIZON_MINUTES), state.now, zone)
        words = _("Nobody in the rota may read this before %(clock)s") % {"clock": until}
        return ExpectedWords("overdue", _("nobody may read it"), words + _late_clause(late, is_least=True))
    if nobody_until is not None:
        until = clock(forecast.instant(nobody_until), state.now, zone)
        words = _("Nobody on shift may read this until %(clock)s") % {"clock": until}
        tone = "overdue" if late > 0 else "soon"
        return ExpectedWords(tone, _("nobody until %(clock)s") % {"clock": until}, words + _late_clause(late))
    if done_at is None:
        words = _("The reader's rota ends before this one's turn comes")
        return ExpectedWords("overdue", _("no time for it"), words + _late_clause(late, is_least=True))
    done = clock(done_at, state.now, zone)
    being_read = "" if _waits(item) else _("being read, ")
    if late > 0:
        words = being_read + _("late by %(minutes)s") % {"minutes": minutes_words(max(late, 1))}
        sentence = _("Expected at about %(clock)s, late by about %(minutes)s") % {
            "clock": done,
            "minutes": minutes_words(max(late, 1)),
        }
        return ExpectedWords("overdue", words, sentence)
    if late > -tight_minutes(item):
        return ExpectedWords("soon", _("tight, %(clock)s") % {"clock": done}, _about(done, late))
    return ExpectedWords("fine", _("done %(clock)s") % {"clock": done}, _about(done, late))


def clock(instant: datetime | None, now: datetime, zone: str) -> str:
    """Write an instant as a clock shows it, with the weekday when it is not within twenty hours."""
    if instant is None:
        return "–"
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M}" if abs(instant - now) < timedelta(hours=20) else f"{local:%a %H:%M}"


def _about(done: str, late: float) -> str:
    return _("Expected at about %(clock)s, %(minutes)s before its deadline") % {
        "clock": done,
        "minutes": minutes_words(-late),
    }


def _late_clause(late: float, *, is_least: bool = False) -> str:
    if late <= 0:
        return ""
    words = _(", late by at least %(minutes)s") if is_least else _(", late by about %(minutes)s")
    return words % {"minutes": minutes_words(late)}
