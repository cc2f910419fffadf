"""Plots over the simulated hours: late examinations, the queue, how busy readers are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from routing_rules.views.trial_plots import BASE, HEIGHT, Axis, axis_to, bar_of, points_of

Hours = Sequence[dict[str, Any]]
# Hours between the words below the axis, by the days shown; every twelve where more are.
_HOURS_BETWEEN_WORDS = {1: 2, 2: 4, 3: 6}
_ALMOST_FULL = 0.95
# A bar leaves this share of its hour free to its neighbours.
_GAP = 0.12
_NOTHING = 0.004


def late_plot(hours: Hours, start: datetime) -> dict[str, Any]:
    """Stack the late examinations of each hour by priority; a whisker spans what four of five runs have."""
    axis = axis_to(max([1.0, *(max(hour["late_high"], hour["late"]) for hour in hours)]), steps=3, is_whole=True)
    width, bars, whiskers = 100 / len(hours), [], []
    for number, hour in enumerate(hours):
        low = 0.0
        said = _("%(when)s: %(late)s late, %(low)s–%(high)s in four of five runs") % {
            "when": _name(start, number),
            "late": hour["late"],
            "low": hour["late_low"],
            "high": hour["late_high"],
        }
        for code, value in zip(("stat", "urgent", "routine"), hour["late_by_priority"], strict=True):
            if value > _NOTHING:
                bars.append(_bar(axis, number, width, low=low, high=low + value, code=code, said=said))
                low += value
        if hour["late_high"] > hour["late_low"]:
            at = round(width * (number + 0.5), 3)
            whiskers.append({"at": at, "top": axis.down(hour["late_high"]), "bottom": axis.down(hour["late_low"])})
    return _frame(hours, start, axis) | {"bars": bars, "whiskers": whiskers, "legend": _late_legend()}


def queue_plot(hours: Hours, start: datetime) -> dict[str, Any]:
    """Draw the queue at each hour's end, within the band that holds four of five runs."""
    axis = axis_to(max([1.0, *(hour["queue_high"] for hour in hours)]), steps=3, is_whole=True)
    above = points_of((hour["queue_high"] for hour in hours), axis, len(hours))
    below = points_of((hour["queue_low"] for hour in hours), axis, len(hours))
    legend = [{"code": "mean", "words": _("mean")}, {"code": "band", "words": _("four of five runs")}]
    line = " ".join(points_of((hour["queue"] for hour in hours), axis, len(hours)))
    return _frame(hours, start, axis) | {"line": line, "band": " ".join([*above, *reversed(below)]), "legend": legend}


def busy_plot(hours: Hours, start: datetime) -> dict[str, Any]:
    """Draw which share of their time the readers on shift read; hours without any stand out."""
    axis, width, bars = Axis(50.0, 2), 100 / len(hours), []
    for number, hour in enumerate(hours):
        percent = round(100 * (hour["busy"] or 0.0))
        if hour["readers"] == 0:
            said = _("%(when)s: nobody on shift") % {"when": _name(start, number)}
            bars.append(_bar(axis, number, width, low=0, high=100, code="nobody", said=said))
        elif percent:
            told = {"when": _name(start, number), "percent": percent, "readers": hour["readers"]}
            said = _("%(when)s: %(readers)s on shift, busy %(percent)s %%") % told
            code = "full" if percent >= 100 * _ALMOST_FULL else "busy"
            bars.append(_bar(axis, number, width, low=0, high=percent, code=code, said=said))
    legend = [
        {"code": "busy", "words": _("reading")},
        {"code": "full", "words": _("no room left")},
        {"code": "nobody", "words": _("nobody on shift")},
    ]
    return _frame(hours, start, axis) | {"bars": bars, "legend": legend}


def hour_at(start: datetime, number: int) -> datetime:
    """Return the hour on the clock of start's zone, also across a change to summer time."""
    return (start.astimezone(ZoneInfo("UTC")) + timedelta(hours=number)).astimezone(start.tzinfo)


def _late_legend() -> list[dict[str, str]]:
    return [
        {"code": "stat", "words": _("STAT")},
        {"code": "urgent", "words": _("Urgent")},
        {"code": "routine", "words": _("Routine")},
        {"code": "range", "words": _("four of five runs")},
    ]


def _bar(axis: Axis, number: int, width: float, *, low: float, high: float, code: str, said: str) -> dict[str, Any]:
    left = width * (number + _GAP / 2)
    return bar_of(axis, left=left, width=width * (1 - _GAP), low=low, high=high, code=code) | {"said": said}


def _frame(hours: Hours, start: datetime, axis: Axis) -> dict[str, Any]:
    between = _HOURS_BETWEEN_WORDS.get(len(hours) // 24, 12)
    marks = []
    for number in range(len(hours)):
        at = hour_at(start, number)
        if at.hour % between == 0:
            is_day = at.hour == 0
            words = f"{at:%a %d %b}" if is_day else f"{at:%H}"
            place = round(100 * number / len(hours), 3)
            marks.append({"at": place, "words": words, "is_day": is_day, "has_line": True})
    return {"height": HEIGHT, "base": BASE, "axis": axis, "marks": marks}


def _name(start: datetime, number: int) -> str:
    return f"{hour_at(start, number):%a %H:%M}"
