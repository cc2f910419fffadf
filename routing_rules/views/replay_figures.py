"""A replay's result as rows of tables, dots of plots and lines of a file."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from routing_rules.models import Trial
from routing_rules.selectors.trials import items_of, readers_of

PLOT_WIDTH, PLOT_MARGIN = 240, 8
DAY_HEIGHT, DAY_WIDTH = 120, 720
# Differences smaller than this share of the value are called the same.
SAME_SHARE = 0.02
Figure = Callable[[dict[str, Any]], float | None]


def column_words() -> dict[str, str]:
    return {"happened": _("What happened"), "in_force": _("Rules in force"), "tried": _("What is tried")}


def replay_context(trial: Trial) -> dict[str, Any]:
    """Return what the page of a finished replay shows."""
    result, names = trial.result or {}, column_words()
    columns = [{"key": key, "name": names[key]} for key in result["columns"]]
    return {
        "columns": columns,
        "groups": _groups(result),
        "load": _load(result),
        "days": _days(result),
        "changes": _changes(result),
        "result": result,
        "has_trial": "tried" in result["columns"],
    }


def replay_rows(trial: Trial) -> Iterator[list[Any]]:
    """Yield the figures as lines of a file, the head first."""
    result, names = trial.result or {}, column_words()
    yield [_("Figure"), _("Group"), _("Unit"), *(names[key] for key in result["columns"])]
    for group in _groups(result):
        for row in group["rows"]:
            yield [group["title"], row["name"], group["unit"], *(cell["value"] for cell in row["cells"])]
    people = readers_of(result["reader_ids"])
    for unit, name in (("items", "items"), ("value_per_hour", "wRVU/h"), ("busy_percent", "%")):
        for at, reader_id in enumerate(result["reader_ids"]):
            if reader_id in people:
                values = [result["figures"][key]["load"]["readers"][at][unit] for key in result["columns"]]
                yield [_("Load"), people[reader_id].name, name, *values]


def _groups(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the main table: figures by priority, then over all, each with its cells and its plot."""
    last = len(result["figures"]["happened"]["by_priority"]) - 1
    priorities = list(
        zip(("stat", "urgent", "routine", ""), (_("STAT"), _("Urgent"), _("Routine"), _("All")), strict=True)
    )

    def by_priority(title: str, unit: str, name: str, digits: int) -> dict[str, Any]:
        rows = [
            _row(result, label, lambda figures, at=at: figures["by_priority"][at][name], digits, priority=code)
            for at, (code, label) in enumerate(priorities)
            if result["figures"]["happened"]["by_priority"][at]["number"] or at == last
        ]
        return {"title": title, "unit": unit, "rows": rows} | _scaled(rows)

    over_all = [
        (_("Weighted late minutes, each"), "weighted_lateness", 1, True),
        (_("Subspecialty match, %"), "match", 1, False),
        (_("Uneven load (Gini)"), "gini", 3, True),
    ]
    figure: dict[str, Figure] = {
        "weighted_lateness": lambda figures: figures["weighted_lateness"],
        "match": lambda figures: figures["match"]["percent"],
        "gini": lambda figures: figures["load"]["gini"],
    }
    overall = [_row(result, name, figure[key], digits, less_is_better=less) for name, key, digits, less in over_all]
    for row in overall:
        _scaled([row])
    return [
        by_priority(_("Late"), "%", "late_percent", 1),
        by_priority(_("Median turnaround"), _("min"), "median", 0),
        by_priority(_("95th percentile of turnaround"), _("min"), "p95", 0),
        {"title": _("Over all"), "unit": "", "rows": overall},
    ]


def _row(
    result: dict[str, Any], name: str, figure: Figure, digits: int, *, priority: str = "", less_is_better: bool = True
) -> dict[str, Any]:
    values = {key: figure(result["figures"][key]) for key in result["columns"]}
    cells = [{"key": key, "value": value, "words": _number(value, digits)} for key, value in values.items()]
    before, after = values.get("in_force"), values.get("tried")
    return {
        "name": name,
        "priority": priority,
        "number": next(
            (
                group["number"]
                for code, group in zip(
                    ("stat", "urgent", "routine", ""), result["figures"]["happened"]["by_priority"], strict=True
                )
                if priority and code == priority
            ),
            None,
        ),
        "cells": cells,
        "difference": None
        if before is None or after is None
        else _difference(before, after, digits, less_is_better=less_is_better),
    }


def _difference(before: float, after: float, digits: int, *, less_is_better: bool) -> dict[str, str]:
    change = after - before
    if abs(change) < 10**-digits / 2 or abs(change) <= SAME_SHARE * abs(before):
        return {"tone": "quiet", "word": _("same"), "words": _("same")}
    is_better = (change < 0) == less_is_better
    word = _("better") if is_better else _("worse")
    return {"tone": "fine" if is_better else "overdue", "word": word, "words": f"{change:+.{digits}f}"}


def _scaled(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Place each row's cells on one axis from zero to the largest."""
    most = max((cell["value"] for row in rows for cell in row["cells"] if cell["value"] is not None), default=0) or 1
    for row in rows:
        for cell in row["cells"]:
            if cell["value"] is not None:
                share = cell["value"] / most
                cell["x"] = round(PLOT_MARGIN + share * (PLOT_WIDTH - 2 * PLOT_MARGIN), 1)
        places = [cell["x"] for cell in row["cells"] if "x" in cell]
        row["left"], row["length"] = (min(places), round(max(places) - min(places), 1)) if places else (0, 0)
        row["said"] = ", ".join(cell["words"] for cell in row["cells"])
    return {"most": most}


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _load(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each reader who belongs to a hospital in scope and had hours or items."""
    people = readers_of(result["reader_ids"])
    rows = []
    for at, reader_id in enumerate(result["reader_ids"]):
        figures = [result["figures"][key]["load"]["readers"][at] for key in result["columns"]]
        if reader_id in people and any(entry["hours"] or entry["items"] for entry in figures):
            cells = [
                {
                    "key": key,
                    "value": entry["value_per_hour"],
                    "words": _number(entry["value_per_hour"], 1),
                    "items": entry["items"],
                    "busy": entry["busy_percent"],
                }
                for key, entry in zip(result["columns"], figures, strict=True)
            ]
            rows.append({"reader": people[reader_id], "hours": figures[-1]["hours"], "cells": cells})
    rows.sort(key=lambda row: row["reader"].name)
    _scaled(rows)
    return rows


def _days(result: dict[str, Any]) -> dict[str, Any]:
    """Return late examinations by day as lines of a plot, and as a table."""
    days, columns = result["days"], result["columns"]
    most = max((day[key] for day in days for key in columns), default=0) or 1
    step = (DAY_WIDTH - 44) / max(1, len(days) - 1)
    start = datetime.fromisoformat(result["from"])
    lines = [
        {
            "key": key,
            "points": " ".join(
                f"{36 + at * step:.1f},{DAY_HEIGHT - 20 - day[key] / most * (DAY_HEIGHT - 32):.1f}"
                for at, day in enumerate(days)
            ),
        }
        for key in columns
    ]
    every = max(1, len(days) // 10)
    marks = [
        {"x": round(36 + at * step, 1), "label": f"{start + timedelta(days=at):%d %b}"}
        for at in range(0, len(days), every)
    ]
    return {
        "lines": lines,
        "marks": marks,
        "most": most,
        "width": DAY_WIDTH,
        "height": DAY_HEIGHT,
        "rows": [{"at": start + timedelta(days=at)} | day for at, day in enumerate(days)],
    }


def _changes(result: dict[str, Any]) -> dict[str, Any] | None:
    """Return the examinations whose reader changes, as far as they are in scope."""
    found = result["changes"]
    if found is None:
        return None
    items = items_of(found["items"])
    people = readers_of({change[side] for change in found["items"] for side in ("before", "after")} - {None})
    rows = [
        change
        | {"item": items[change["item"]], "before": people.get(change["before"]), "after": people.get(change["after"])}
        for change in found["items"]
        if change["item"] in items
    ]
    return found | {"rows": rows}
