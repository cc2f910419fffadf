"""A simulation's result as rows of tables, bars of plots, sentences and lines of a file."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hospitals.models import User
from routing_rules.models import Trial
from routing_rules.selectors.trials import readers_of
from routing_rules.views.trial_conclusions import about, simulation_conclusion
from routing_rules.views.trial_hours import busy_plot, hour_at, late_plot, queue_plot
from routing_rules.views.trial_plots import Axis, axis_to

_ALMOST_FULL = 0.95
# Weighted late minutes an hour: who saves less is not worth a line.
_LEAST_SAVED = 1.0


def simulation_context(trial: Trial, zone: str) -> dict[str, Any]:
    """Return what the page of a finished simulation shows; hours on the clock of `zone`."""
    result = trial.result or {}
    start = datetime.fromisoformat(result["start"]).astimezone(ZoneInfo(zone))
    people = readers_of({entry["like"] for entry in result["one_more"]})
    priorities = zip(
        ("stat", "urgent", "routine"), (_("STAT"), _("Urgent"), _("Routine")), result["by_priority"], strict=True
    )
    highest = (entry["minutes_per_hour"] + 2 * entry["error_per_hour"] for entry in result["one_more"])
    axis = axis_to(max(highest, default=1.0), steps=2)
    at_risk = [_at_risk(span, start) for span in result["at_risk"]]
    one_more = [_one_more(entry, start, people, axis) for entry in result["one_more"] if _is_of_use(entry)]
    return {
        "result": result,
        "conclusion": simulation_conclusion(result, at_risk, one_more),
        "priorities": [{"code": code, "name": name} | figures for code, name, figures in priorities],
        "at_risk": at_risk,
        "one_more": one_more,
        "one_more_axis": axis,
        "late_plot": late_plot(result["hours"], start),
        "queue_plot": queue_plot(result["hours"], start),
        "busy_plot": busy_plot(result["hours"], start),
        "hours": [
            {"at": hour_at(start, number), "busy_percent": _percent(hour["busy"])} | hour
            for number, hour in enumerate(result["hours"])
        ],
        "zone": zone,
    }


def simulation_rows(trial: Trial, zone: str) -> Iterator[list[Any]]:
    """Yield the hours as lines of a file, the head first."""
    result = trial.result or {}
    start = datetime.fromisoformat(result["start"]).astimezone(ZoneInfo(zone))
    yield [
        _("Hour"),
        _("Arrive"),
        _("Late, expected"),
        _("Late, low"),
        _("Late, high"),
        _("Late STAT"),
        _("Late urgent"),
        _("Late routine"),
        _("Queue"),
        _("Queue, low"),
        _("Queue, high"),
        _("Readers"),
        _("Busy"),
    ]
    names = ("late", "late_low", "late_high")
    for number, hour in enumerate(result["hours"]):
        yield [
            hour_at(start, number).isoformat(),
            hour["arrived"],
            *(hour[name] for name in names),
            *hour["late_by_priority"],
            hour["queue"],
            hour["queue_low"],
            hour["queue_high"],
            hour["readers"],
            hour["busy"],
        ]


def _at_risk(span: dict[str, Any], start: datetime) -> dict[str, Any]:
    """Say what threatens a stretch of hours: "Sat 28 Nov 22:00–02:00"."""
    sentences = []
    if span["readers"] == 0:
        sentences.append(_("nobody on shift for some of it"))
    else:
        words = ngettext("%(readers)s reader on shift", "%(readers)s readers on shift", span["readers"])
        sentences.append(words % {"readers": span["readers"]})
        if span["busy"] is not None and span["busy"] >= _ALMOST_FULL:
            sentences.append(_("no room left"))
    if span["queue"] >= 1:
        sentences.append(_("up to %(queue)s wait") % {"queue": round(span["queue"])})
    return {
        "when": _span(start, span["from_hour"], span["to_hour"]),
        "words": ", ".join(sentences),
        "late": _("%(late)s of %(arrived)s") % {"late": about(span["late"]), "arrived": about(span["arrived"])},
        "late_items": span["late"],
        "tone": "overdue" if span["late"] >= 2 or span["readers"] == 0 else "soon",
    }


def _one_more(entry: dict[str, Any], start: datetime, people: dict[int, User], axis: Axis) -> dict[str, Any]:
    like = people.get(entry["like"])
    low = max(0.0, entry["minutes_per_hour"] - 2 * entry["error_per_hour"])
    high = max(0.0, entry["minutes_per_hour"] + 2 * entry["error_per_hour"])
    left = axis.across(low)
    return entry | {
        "when": _span(start, entry["from_hour"], entry["to_hour"]),
        "profile": entry["subspecialty"] or _("any examination"),
        "like": like.name if like else _("a reader of another hospital"),
        "low": round(low, 1),
        "high": round(high, 1),
        "plot": {
            "dots": [{"key": "tried", "at": axis.across(entry["minutes_per_hour"])}],
            "span": {"left": left, "length": round(axis.across(high) - left, 2)},
            "said": f"{low:.0f}–{high:.0f}",
        },
        "is_sure": entry["minutes_per_hour"] > 2 * entry["error_per_hour"],
    }


def _is_of_use(entry: dict[str, Any]) -> bool:
    return entry["minutes_per_hour"] >= _LEAST_SAVED


def _span(start: datetime, from_hour: int, to_hour: int) -> str:
    begins, ends = hour_at(start, from_hour), hour_at(start, to_hour)
    same_day = begins.date() == ends.date()
    return (
        f"{begins:%a %d %b %H:%M}–{ends:%H:%M}"
        if same_day or to_hour - from_hour <= 12
        else f"{begins:%a %d %b %H:%M}–{ends:%a %H:%M}"
    )


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)
