"""A replay's result as rows of tables, dots and bars of plots, and lines of a file."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from routing_rules.models import Trial
from routing_rules.selectors.trials import items_of, readers_of
from routing_rules.views.trial_conclusions import replay_conclusion
from routing_rules.views.trial_plots import BASE, HEIGHT, axis_to, bar_of, dots_of

# Differences smaller than this share of the value are called the same.
SAME_SHARE = 0.02
# More days than these are drawn by the week.
_MOST_DAYS_DRAWN = 31
_PRIORITIES = ("stat", "urgent", "routine", "")
Figure = Callable[[dict[str, Any]], float | None]


def column_words() -> dict[str, str]:
    return {"happened": _("What happened"), "in_force": _("Rules in force"), "tried": _("What is tried")}


def short_column_words() -> dict[str, str]:
    return {"happened": _("Happened"), "in_force": _("In force"), "tried": _("Tried")}


def replay_context(trial: Trial, zone: str) -> dict[str, Any]:
    """Return what the page of a finished replay shows; days on the clock of `zone`."""
    result, names, short = trial.result or {}, column_words(), short_column_words()
    return {
        "columns": [{"key": key, "name": names[key], "short": short[key]} for key in result["columns"]],
        "conclusion": replay_conclusion(result),
        "groups": _groups(result),
        "load": _load(result),
        "days": _days(result, zone),
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
    for unit, name in (("items", _("examinations")), ("value_per_hour", "wRVU/h"), ("busy_percent", "%")):
        for at, reader_id in enumerate(result["reader_ids"]):
            if reader_id in people:
                values = [result["figures"][key]["load"]["readers"][at][unit] for key in result["columns"]]
                yield [_("Load"), people[reader_id].name, name, *values]
    start = datetime.fromisoformat(result["from"])
    for at, day in enumerate(result["days"]):
        begins = (start + timedelta(days=at)).isoformat()
        yield [_("Late by day of arrival"), begins, _("examinations"), *(day[key] for key in result["columns"])]


def _groups(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the main table: figures by priority, then over all; each group with its axis, its rows with their dots."""
    happened = result["figures"]["happened"]["by_priority"]
    last = len(happened) - 1
    words = (_("STAT"), _("Urgent"), _("Routine"), _("All"))

    def by_priority(title: str, unit: str, name: str, digits: int) -> dict[str, Any]:
        rows = [
            _row(result, words[at], lambda figures, at=at: figures["by_priority"][at][name], digits)
            | {"priority": code, "number": happened[at]["number"]}
            for at, code in enumerate(_PRIORITIES)
            if happened[at]["number"] or at == last
        ]
        return _group(title, unit, rows)

    def over_all(title: str, unit: str, figure: Figure, digits: int, *, is_less_better: bool = True) -> dict[str, Any]:
        return _group(title, unit, [_row(result, _("All"), figure, digits, is_less_better=is_less_better)])

    return [
        by_priority(_("Late"), "%", "late_percent", 1),
        by_priority(_("Median turnaround"), _("min"), "median", 0),
        by_priority(_("95th percentile of turnaround"), _("min"), "p95", 0),
        over_all(_("Weighted late minutes"), _("an examination"), lambda figures: figures["weighted_lateness"], 1),
        over_all(_("Subspecialty match"), "%", lambda figures: figures["match"]["percent"], 1, is_less_better=False),
        over_all(_("Uneven load"), _("Gini, 0 is even"), lambda figures: figures["load"]["gini"], 3),
    ]


def _group(title: str, unit: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    values = [cell["value"] for row in rows for cell in row["cells"] if cell["value"] is not None]
    axis = axis_to(max(values, default=0.0))
    return {
        "title": title,
        "unit": unit,
        "axis": axis,
        "rows": [row | {"plot": dots_of(axis, row["cells"])} for row in rows],
    }


def _row(
    result: dict[str, Any], name: str, figure: Figure, digits: int, *, is_less_better: bool = True
) -> dict[str, Any]:
    values = {key: figure(result["figures"][key]) for key in result["columns"]}
    cells = [{"key": key, "value": value, "words": _number(value, digits)} for key, value in values.items()]
    before, after = values.get("in_force"), values.get("tried")
    difference = (
        None if before is None or after is None else _difference(before, after, digits, is_less_better=is_less_better)
    )
    return {"name": name, "priority": "", "number": None, "cells": cells, "difference": difference}


def _difference(before: float, after: float, digits: int, *, is_less_better: bool) -> dict[str, str]:
    change = after - before
    if abs(change) < 10**-digits / 2 or abs(change) <= SAME_SHARE * abs(before):
        return {"tone": "quiet", "word": _("same"), "words": ""}
    is_better = (change < 0) == is_less_better
    words = f"{change:+.{digits}f}".replace("-", "−")
    return {
        "tone": "fine" if is_better else "overdue",
        "word": _("better") if is_better else _("worse"),
        "words": words,
    }


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _load(result: dict[str, Any]) -> dict[str, Any]:
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
    values = [cell["value"] for row in rows for cell in row["cells"] if cell["value"] is not None]
    axis = axis_to(max(values, default=0.0), steps=2)
    return {"axis": axis, "rows": [row | {"plot": dots_of(axis, row["cells"])} for row in rows]}


def _days(result: dict[str, Any], zone: str) -> dict[str, Any]:
    """Return late examinations by the day, or week, of their arrival as bars of a plot, and as a table."""
    columns, names = result["columns"], column_words()
    start = datetime.fromisoformat(result["from"]).astimezone(ZoneInfo(zone))
    length = 1 if len(result["days"]) <= _MOST_DAYS_DRAWN else 7
    spans = [result["days"][at : at + length] for at in range(0, len(result["days"]), length)]
    rows = [
        {
            "at": start + timedelta(days=number * length),
            "number": sum(day["number"] for day in span),
            "late": {key: sum(day[key] for day in span) for key in columns},
        }
        for number, span in enumerate(spans)
    ]
    axis = axis_to(max(value for row in rows for value in row["late"].values()), steps=3, is_whole=True)
    width = 100 / len(rows)
    bars = [
        bar_of(
            axis,
            left=width * (number + 0.14 + 0.72 * at / len(columns)),
            width=width * 0.68 / len(columns),
            low=0,
            high=row["late"][key],
            code=key,
        )
        | {"said": f"{row['at']:%a %d %b}: {names[key]} {row['late'][key]}"}
        for number, row in enumerate(rows)
        for at, key in enumerate(columns)
    ]
    every = max(1, -(-len(rows) // 8))
    marks = [
        {"at": round(width * (number + 0.5), 2), "words": f"{rows[number]['at']:%d %b}"}
        for number in range(0, len(rows), every)
    ]
    return {
        "plot": {"height": HEIGHT, "base": BASE, "axis": axis, "marks": marks, "bars": bars},
        "legend": [{"code": key, "words": names[key]} for key in columns],
        "rows": [row | {"cells": list(row["late"].values())} for row in rows],
        "is_by_week": length > 1,
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
